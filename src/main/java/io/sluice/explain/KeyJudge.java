package io.sluice.explain;

import io.sluice.delta.BatchCommit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Says of every message of a key what became of it, by doing again, batch by batch, what the merge
 * has done. A pure function of the messages and of what the table and its log say.
 *
 * <p>An event has a part in what the table shows after its batch, or it has none: then a later
 * event has its place, of the same batch or of one before. The rules of who is later are those of
 * the merge: where the topic orders, batch, then place in the topic; otherwise the order that the
 * events carry, as Spark compares it.
 */
public final class KeyJudge {

  /** The number of a batch that the log has forgotten: before all that it has. */
  private static final int FORGOTTEN = -1;

  private final TableFacts table;
  private final boolean complete;
  private final Map<KeyMessage, Integer> batches = new HashMap<>();
  private final Map<KeyMessage, KeyMessage> firsts = new HashMap<>();
  private final TreeMap<Integer, Effects> effects = new TreeMap<>();

  private KeyJudge(TableFacts table, boolean complete) {
    this.table = table;
    this.complete = complete;
  }

  /**
   * Judges the messages of a key.
   *
   * @param complete whether these are all messages of the key that the table has read
   */
  public static Verdict judge(TableFacts table, List<KeyMessage> messages, boolean complete) {
    KeyJudge judge = new KeyJudge(table, complete);
    judge.replay(messages);
    List<Judged> judged =
        messages.stream()
            .map(judge::judged)
            .sorted(
                Comparator.comparingLong(KeyJudge::arrival)
                    .thenComparing(each -> each.message().position(), Position.IN_PARTITION)
                    .thenComparing(each -> each.message().place()))
            .toList();
    Set<Position> rows = new HashSet<>();
    table.rows().forEach(row -> rows.add(row.position()));
    return new Verdict(judged, rows.equals(judge.shown()));
  }

  /**
   * What became of the messages of a key.
   *
   * @param messages the messages in the order in which the table has read them
   * @param agrees whether they give the rows that the table has
   */
  public record Verdict(List<Judged> messages, boolean agrees) {

    /** Copies the messages. */
    public Verdict {
      messages = List.copyOf(messages);
    }
  }

  private static long arrival(Judged judged) {
    Judged.Taken taken = judged.taken();
    if (taken != null) {
      return taken.version();
    }
    return judged.outcome() == Outcome.NOT_READ ? Long.MAX_VALUE : FORGOTTEN;
  }

  private Set<Position> shown() {
    Set<Position> shown = new HashSet<>();
    if (!effects.isEmpty()) {
      effects.lastEntry().getValue().shown().forEach(event -> shown.add(event.position()));
    }
    return shown;
  }

  private void replay(List<KeyMessage> messages) {
    Set<Position> vouched = new HashSet<>();
    table.rows().forEach(row -> vouched.add(row.position()));
    for (KeyMessage message : messages) {
      if (message.kind().isEvent()) {
        batch(message)
            .or(
                () ->
                    message.gone() || vouched.contains(message.position())
                        ? Optional.of(FORGOTTEN)
                        : Optional.empty())
            .ifPresent(batch -> batches.put(message, batch));
      }
    }
    List<KeyMessage> inOrder = inOrder(vouched);
    for (int batch : new HashSet<>(batches.values())) {
      effects.put(
          batch,
          Effects.of(table, inOrder.stream().filter(each -> number(each) <= batch).toList()));
    }
  }

  /** The events that count, in the order of the merge; one that came before has its first. */
  private List<KeyMessage> inOrder(Set<Position> vouched) {
    List<KeyMessage> all = new ArrayList<>(batches.keySet());
    // Of events of one batch that are the same, the table says itself which it took.
    all.sort(
        order()
            .thenComparing(this::number)
            .thenComparing(each -> !vouched.contains(each.position()))
            .thenComparing(KeyMessage::position, Position.IN_PARTITION));
    if (!table.bySequence()) {
      return all;
    }
    List<KeyMessage> once = new ArrayList<>();
    for (KeyMessage event : all) {
      KeyMessage last = once.isEmpty() ? null : once.get(once.size() - 1);
      if (last != null && last.place() == event.place()) {
        firsts.put(event, last);
      } else {
        once.add(event);
      }
    }
    return once;
  }

  /** Which event is later, as the merge has it. */
  private Comparator<KeyMessage> order() {
    return table.bySequence()
        ? Comparator.comparingInt(KeyMessage::place)
        : Comparator.<KeyMessage>comparingInt(this::number)
            .thenComparing(KeyMessage::position, Position.IN_PARTITION)
            .thenComparing(KeyMessage::place);
  }

  /** The number of the batch that has a merged event. */
  private int number(KeyMessage event) {
    return batches.getOrDefault(event, FORGOTTEN);
  }

  private Optional<Integer> batch(KeyMessage message) {
    for (int i = 0; i < table.commits().size(); i++) {
      if (Reach.holds(table.commits().get(i).range(), message.position())) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  private Judged judged(KeyMessage message) {
    Optional<BatchCommit> commit = batch(message).map(table.commits()::get);
    if (!message.kind().isEvent()) {
      return plain(message, commit.orElse(null), other(message, commit.isPresent()));
    }
    Integer batch = batches.get(message);
    return batch == null
        ? plain(message, null, unread(message))
        : merged(message, commit.orElse(null), batch);
  }

  private Judged merged(KeyMessage event, @Nullable BatchCommit commit, int batch) {
    boolean late =
        batches.keySet().stream()
            .anyMatch(each -> number(each) < batch && order().compare(each, event) > 0);
    KeyMessage first = firsts.get(event);
    if (first != null) {
      return judged(event, commit, Outcome.REPEATED, late, Set.of(), first);
    }
    Effects then = effects.floorEntry(batch).getValue();
    if (!then.has(event)) {
      KeyMessage later = later(event, then);
      boolean before = later != null && number(later) < batch;
      Outcome none = before ? Outcome.LATE : Outcome.SUPERSEDED;
      Outcome outcome = event.reason() == null ? none : Outcome.QUARANTINED;
      return judged(event, commit, outcome, late, Set.of(), later);
    }
    Set<String> columns = effects.lastEntry().getValue().columns().get(event);
    KeyMessage by = null;
    if (columns == null) {
      for (Effects each : effects.tailMap(batch, false).values()) {
        if (!each.has(event)) {
          by = later(event, each);
          break;
        }
      }
    }
    return judged(event, commit, Outcome.APPLIED, late, columns, by);
  }

  /**
   * An event with what became of it.
   *
   * @param columns the columns of the rows that have its values; null if it has no part in them
   */
  private Judged judged(
      KeyMessage event,
      @Nullable BatchCommit commit,
      Outcome outcome,
      boolean late,
      @Nullable Set<String> columns,
      @Nullable KeyMessage by) {
    boolean applied = outcome == Outcome.APPLIED;
    boolean stands = applied && columns != null;
    return new Judged(
        event,
        taken(commit),
        outcome,
        late,
        complete || stands || !applied || !table.bySequence(),
        stands,
        columns == null ? Set.of() : columns,
        by == null ? null : by.position());
  }

  /** The next event that has a part where this one has none. */
  private @Nullable KeyMessage later(KeyMessage event, Effects effects) {
    Comparator<KeyMessage> order = order();
    return effects.columns().keySet().stream()
        .filter(each -> order.compare(each, event) > 0)
        .min(order)
        .orElse(null);
  }

  private Outcome unread(KeyMessage message) {
    Position position = message.position();
    List<BatchCommit> commits = table.commits();
    if (commits.stream().noneMatch(commit -> Reach.endsBehind(commit.range(), position))) {
      return Outcome.NOT_READ;
    }
    return table.wholeLog()
            && commits.stream().allMatch(commit -> Reach.beginsBehind(commit.range(), position))
        ? Outcome.BEFORE_START
        : Outcome.UNKNOWN;
  }

  private Outcome other(KeyMessage message, boolean read) {
    if (table.quarantined().contains(message.position())) {
      return Outcome.QUARANTINED;
    }
    if (!read) {
      return unread(message);
    }
    return switch (message.kind()) {
      case SKIPPED -> Outcome.SKIPPED;
      case LEFT_OUT -> Outcome.LEFT_OUT;
      default -> table.drops() ? Outcome.DROPPED : Outcome.UNKNOWN;
    };
  }

  private static Judged plain(KeyMessage message, @Nullable BatchCommit commit, Outcome outcome) {
    return new Judged(
        message, taken(commit), outcome, false, outcome != Outcome.UNKNOWN, false, Set.of(), null);
  }

  private static Judged.@Nullable Taken taken(@Nullable BatchCommit commit) {
    return commit == null
        ? null
        : new Judged.Taken(
            commit.range().batch(), commit.range().epoch(), commit.version(), commit.time());
  }
}
