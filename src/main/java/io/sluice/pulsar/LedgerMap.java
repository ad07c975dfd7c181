package io.sluice.pulsar;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.common.policies.data.ManagedLedgerInternalStats.CursorStats;
import org.apache.pulsar.common.policies.data.ManagedLedgerInternalStats.LedgerInfo;
import org.apache.pulsar.common.policies.data.PersistentTopicInternalStats;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the ledgers of a source's partitions.
 *
 * <p>The broker's internal statistics are dear, and closed ledgers never change: a partition is
 * asked about again only when a range reaches a ledger that is not known yet.
 */
public final class LedgerMap {

  /**
   * An open ledger's figures count until it has grown so much: it is asked for a few times only.
   */
  private static final int STALE_GROWTH = 2;

  private final Cluster cluster;
  private final Map<TopicPartition, TopicLedgers> known = new ConcurrentHashMap<>();

  /** Creates a map that knows nothing yet. */
  public LedgerMap(Cluster cluster) {
    this.cluster = cluster;
  }

  /** The ledgers of a partition as last seen, or null if never asked for. */
  @Nullable TopicLedgers known(TopicPartition partition) {
    return known.get(partition);
  }

  /**
   * Makes sure that the ledgers of each range are known, asking the broker where they are not.
   * Partitions that do not exist any more stay unknown.
   */
  public void know(Map<TopicPartition, Pos> ends) {
    refresh(
        ends.entrySet().stream()
            .filter(
                each -> {
                  TopicLedgers ledgers = known.get(each.getKey());
                  return ledgers == null || !ledgers.lists(each.getValue().ledger());
                })
            .map(Map.Entry::getKey)
            .toList());
  }

  /** As {@link #know}, and gives the ledgers of those that exist. */
  Map<TopicPartition, TopicLedgers> knowing(Map<TopicPartition, Pos> ends) {
    know(ends);
    Map<TopicPartition, TopicLedgers> ledgers = new TreeMap<>(known);
    ledgers.keySet().retainAll(ends.keySet());
    return ledgers;
  }

  /** As {@link #know}, and also makes sure that there is a fair figure for the size of an entry. */
  public void knowSizes(Map<TopicPartition, Pos> ends) {
    know(ends);
    refresh(
        ends.entrySet().stream()
            .filter(each -> !knowsSize(each.getKey(), each.getValue()))
            .map(Map.Entry::getKey)
            .toList());
  }

  private boolean knowsSize(TopicPartition partition, Pos end) {
    TopicLedgers ledgers = known.get(partition);
    TopicLedgers.Ledger last = ledgers == null ? null : ledgers.byId().get(end.ledger());
    return last != null && last.entries() > 0 && end.entry() <= STALE_GROWTH * last.entries();
  }

  /**
   * Forgets the ledgers that were read long ago, so that what is kept of a topic does not grow with
   * its history.
   *
   * @param done positions that nothing will be read or acknowledged before again
   */
  public void forgetBefore(Positions done) {
    done.byPartition()
        .forEach(
            (partition, position) ->
                known.computeIfPresent(
                    partition, (key, ledgers) -> ledgers.withoutHistoryOf(position)));
  }

  /**
   * The oldest stored position of each partition that exists.
   *
   * @param compacted whether what compaction has left of removed ledgers is read, too: it is older
   *     than every ledger, so the position is {@link Pos#EARLIEST} then
   */
  public Map<TopicPartition, Pos> firstPositions(
      Collection<TopicPartition> partitions, boolean compacted) {
    refresh(partitions);
    Map<TopicPartition, Pos> first = new TreeMap<>();
    for (TopicPartition partition : partitions) {
      TopicLedgers ledgers = known.get(partition);
      if (ledgers != null) {
        boolean older = compacted && ledgers.compactedUpTo() != null;
        first.put(partition, older ? Pos.EARLIEST : ledgers.first());
      }
    }
    return first;
  }

  /** The position behind what compaction has looked at, as far as known; else the earliest. */
  Pos compactedUpTo(TopicPartition partition) {
    TopicLedgers ledgers = known.get(partition);
    Pos upTo = ledgers == null ? null : ledgers.compactedUpTo();
    return upTo == null ? Pos.EARLIEST : upTo;
  }

  /**
   * What is stored between positions, as far as known.
   *
   * @param entries entry ids, among them those that are never delivered
   * @param bytes the estimated stored size
   */
  public record Size(long entries, long bytes) {}

  /** How much lies between two sets of positions. */
  public Size sizeBetween(Positions from, Positions to) {
    long entries = 0;
    long bytes = 0;
    for (Map.Entry<TopicPartition, Pos> each : to.byPartition().entrySet()) {
      Size size = sizeBetween(each.getKey(), from.getOrEarliest(each.getKey()), each.getValue());
      entries += size.entries();
      bytes += size.bytes();
    }
    return new Size(entries, bytes);
  }

  /** How much lies between two positions of a partition. */
  public Size sizeBetween(TopicPartition partition, Pos from, Pos to) {
    List<Segment> segments = segments(partition, from, to);
    return segments.isEmpty() && from.ledger() == to.ledger()
        ? new Size(Math.max(0, to.entry() - from.entry()), 0)
        : new Size(
            segments.stream().mapToLong(Segment::entries).sum(),
            Math.round(segments.stream().mapToDouble(Segment::bytes).sum()));
  }

  /**
   * When the oldest of some messages was published.
   *
   * @param next the next position to read, of few partitions, as each is one request; those at
   *     which no message can be seen are passed over
   * @param patience how long to wait for the answers
   * @return milliseconds since the epoch, empty if nothing could be seen in time
   */
  public OptionalLong oldestPublishTime(Map<TopicPartition, Pos> next, Duration patience) {
    List<CompletableFuture<OptionalLong>> answers = new ArrayList<>();
    next.forEach(
        (partition, position) ->
            answers.add(publishTime(partition, firstEntry(partition, position))));
    return answers.stream()
        .map(
            answer ->
                answer
                    .completeOnTimeout(
                        OptionalLong.empty(), patience.toMillis(), TimeUnit.MILLISECONDS)
                    .join())
        .flatMapToLong(OptionalLong::stream)
        .min();
  }

  /** The entry that a position means, which may be the first of a later ledger. */
  private Pos firstEntry(TopicPartition partition, Pos position) {
    TopicLedgers ledgers = known.get(partition);
    return ledgers == null ? position : ledgers.entryFrom(position);
  }

  private CompletableFuture<OptionalLong> publishTime(TopicPartition partition, Pos entry) {
    return cluster
        .admin()
        .topics()
        .getMessagesByIdAsync(partition.fullName(), entry.ledger(), entry.entry())
        .handle(
            (messages, failure) ->
                failure == null && !messages.isEmpty()
                    ? OptionalLong.of(messages.get(0).getPublishTime())
                    : OptionalLong.empty());
  }

  /**
   * Looks at single entries to see how many messages an entry holds.
   *
   * @param entries which entries to look at, by partition; few, as each is one request
   * @return the mean, at least 1
   */
  public double meanMessagesPerEntry(Map<TopicPartition, List<Pos>> entries) {
    List<CompletableFuture<Integer>> answers = new ArrayList<>();
    entries.forEach(
        (partition, some) -> some.forEach(entry -> answers.add(messagesIn(partition, entry))));
    return Math.max(
        1,
        answers.stream()
            .map(CompletableFuture::join)
            .filter(count -> count > 0)
            .mapToInt(Integer::intValue)
            .average()
            .orElse(1));
  }

  /** How many messages the entry holds, 0 if it is none that can be looked at. */
  private CompletableFuture<Integer> messagesIn(TopicPartition partition, Pos entry) {
    return cluster
        .admin()
        .topics()
        .getMessagesByIdAsync(partition.fullName(), entry.ledger(), entry.entry())
        .handle((messages, failure) -> failure == null ? messages.size() : 0);
  }

  /** Asks the broker about these partitions again, and gives the ledgers of those that exist. */
  Map<TopicPartition, TopicLedgers> refreshed(Collection<TopicPartition> partitions) {
    refresh(partitions);
    Map<TopicPartition, TopicLedgers> ledgers = new TreeMap<>(known);
    ledgers.keySet().retainAll(partitions);
    return ledgers;
  }

  /** Asks the broker about these partitions again. */
  void refresh(Collection<TopicPartition> partitions) {
    Cluster.patiently(() -> Cluster.forAll(partitions, this::ask));
  }

  /** The stored runs of entries in a range, as far as known; empty if nothing is. */
  public List<Segment> segments(TopicPartition partition, Pos start, Pos end) {
    TopicLedgers ledgers = known.get(partition);
    return ledgers == null ? List.of() : ledgers.segments(start, end);
  }

  /** Whether it is known that the range, which spans ledgers, holds no entry any more. */
  public boolean holdsNothing(TopicPartition partition, Pos start, Pos end) {
    TopicLedgers ledgers = known.get(partition);
    return ledgers != null && ledgers.segments(start, end).isEmpty();
  }

  private CompletableFuture<Boolean> ask(TopicPartition partition) {
    return cluster
        .admin()
        .topics()
        .getInternalStatsAsync(partition.fullName())
        .handle(
            (stats, failure) -> {
              if (failure == null) {
                known.merge(partition, ledgers(stats), (before, now) -> now.after(before));
              } else if (PulsarFailures.isMissing(failure)) {
                known.remove(partition);
              } else {
                throw PulsarFailures.named(
                    failure, "read the ledgers of " + partition, cluster.connection());
              }
              return true;
            });
  }

  private static TopicLedgers ledgers(PersistentTopicInternalStats stats) {
    TreeMap<Long, TopicLedgers.Ledger> byId = new TreeMap<>();
    for (LedgerInfo each : stats.ledgers) {
      byId.put(each.ledgerId, new TopicLedgers.Ledger(each.entries, each.size));
    }
    // The open ledger is listed as empty; its true figures stand beside the list.
    if (!byId.isEmpty() && byId.lastEntry().getValue().entries() == 0) {
      byId.put(
          byId.lastKey(),
          new TopicLedgers.Ledger(stats.currentLedgerEntries, stats.currentLedgerSize));
    }
    Map<String, TopicLedgers.Cursor> cursors = new HashMap<>();
    for (Map.Entry<String, CursorStats> each : stats.cursors.entrySet()) {
      String[] marked = each.getValue().markDeletePosition.split(":", 2);
      long ledger = Long.parseLong(marked[0]);
      Map<String, Long> properties = each.getValue().properties;
      cursors.put(
          each.getKey(),
          new TopicLedgers.Cursor(
              ledger < 0 ? Pos.EARLIEST : Pos.after(ledger, Long.parseLong(marked[1])),
              properties == null ? Map.of() : properties,
              each.getValue().waitingReadOp ? Pos.parse(each.getValue().readPosition) : null));
    }
    return new TopicLedgers(byId, cursors);
  }
}
