package io.sluice.delta;

import io.sluice.delta.ChangeHistory.Carries;
import io.sluice.delta.ChangeHistory.Event;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a table has to show, found the plain way: put all events in order and replay them.
 *
 * @param bySequence whether events are ordered by their point, their rank and their content, rather
 *     than by the topic
 * @param carries whether the values are columns or fields, as the digest of the content tells
 * @param ignored the columns in which a null writes nothing
 * @param tracked the columns whose changes open a version
 * @param mistake what is done wrong, to see whether a comparison finds it
 */
record ChangeOracle(
    boolean bySequence,
    Carries carries,
    Set<String> ignored,
    Set<String> tracked,
    Mistake mistake) {

  /** What an implementation might do wrong. */
  enum Mistake {
    NONE,
    DELETES_ARE_FORGOTTEN,
    TRUNCATES_ARE_IGNORED,
    TIES_GO_TO_THE_LATER_ARRIVAL,
    NULL_FOR_UNWRITTEN,
    DELETED_VALUES_COME_BACK,
    RUNS_ARE_NOT_JOINED
  }

  private static final class State {
    @Nullable Map<String, @Nullable Object> row;
    Map<String, @Nullable Object> deleted = new HashMap<>();
    long start;
    List<String> versions = new ArrayList<>();
  }

  /** The events that can be merged, in their order, each once. */
  private List<Event> inOrder(List<Event> events) {
    List<Event> usable = new ArrayList<>();
    for (Event event : events) {
      boolean keyed = event.kind() == 2 || event.id() != null;
      if (keyed && (!bySequence || event.point() != null)) {
        usable.add(event);
      }
    }
    Comparator<Event> order =
        bySequence
            ? Comparator.<Event>comparingLong(event -> Objects.requireNonNull(event.point()))
                .thenComparing(Event::kind)
                .thenComparing(
                    mistake == Mistake.TIES_GO_TO_THE_LATER_ARRIVAL
                        ? Comparator.comparing(Event::entry)
                        : (x, y) -> Arrays.compareUnsigned(digest(x), digest(y)))
            : Comparator.comparing(Event::entry);
    usable.sort(order);
    return usable;
  }

  /** One line per row of a table of newest states. */
  Set<String> states(List<Event> events) {
    Set<String> lines = new TreeSet<>();
    replay(events)
        .forEach(
            (key, state) -> {
              if (state.row != null) {
                lines.add(key + " " + state.row);
              }
            });
    return lines;
  }

  /** One line per row of a table of versions. */
  Set<String> versions(List<Event> events) {
    Set<String> lines = new TreeSet<>();
    replay(events)
        .forEach(
            (key, state) -> {
              if (state.row != null) {
                state.versions.add(state.start + ".. " + state.row);
              }
              state.versions.forEach(version -> lines.add(key + " " + version));
            });
    return lines;
  }

  /** What the tracked columns of each key were at a point, by replaying up to it. */
  Map<String, Map<String, @Nullable Object>> asOf(List<Event> events, long at) {
    Map<String, Map<String, @Nullable Object>> rows = new TreeMap<>();
    replay(events.stream().filter(event -> standsUpTo(event, at)).toList())
        .forEach(
            (key, state) -> {
              if (state.row != null) {
                Map<String, @Nullable Object> row = new TreeMap<>(state.row);
                row.keySet().retainAll(tracked);
                rows.put(key, row);
              }
            });
    return rows;
  }

  private boolean standsUpTo(Event event, long at) {
    if (bySequence && event.point() == null) {
      return false;
    }
    return place(event) <= at;
  }

  private Map<String, State> replay(List<Event> events) {
    Map<String, State> states = new TreeMap<>();
    for (Event event : inOrder(events)) {
      if (event.kind() == 2) {
        if (mistake == Mistake.TRUNCATES_ARE_IGNORED) {
          continue;
        }
        for (State state : states.values()) {
          close(state, event);
          state.deleted = state.row == null ? state.deleted : state.row;
          state.row = null;
        }
        continue;
      }
      apply(event, states.computeIfAbsent(event.key(), key -> new State()));
    }
    return states;
  }

  private void apply(Event event, State state) {
    Map<String, @Nullable Object> before = state.row;
    if (event.kind() == 0) {
      if (mistake == Mistake.DELETES_ARE_FORGOTTEN && event.entry() % 2 == 0) {
        return;
      }
      close(state, event);
      state.deleted = before == null ? state.deleted : before;
      state.row = null;
      return;
    }
    Map<String, @Nullable Object> after = new TreeMap<>();
    after.put("a", null);
    after.put("b", null);
    if (before != null) {
      after.putAll(before);
    } else if (mistake == Mistake.DELETED_VALUES_COME_BACK) {
      after.putAll(state.deleted);
    }
    write(event, "a", event.a(), after);
    write(event, "b", event.b(), after);
    boolean same =
        before != null
            && mistake != Mistake.RUNS_ARE_NOT_JOINED
            && tracked.stream().allMatch(name -> Objects.equals(before.get(name), after.get(name)));
    if (!same) {
      close(state, event);
      state.start = place(event);
    }
    state.row = after;
  }

  private void write(
      Event event, String name, @Nullable Object value, Map<String, @Nullable Object> row) {
    boolean unwritten =
        event.unwritten().contains(name)
            || event.late().contains(name)
            || (ignored.contains(name) && value == null);
    if (!unwritten) {
      row.put(name, value);
    } else if (mistake == Mistake.NULL_FOR_UNWRITTEN) {
      row.put(name, null);
    }
  }

  private void close(State state, Event event) {
    if (state.row != null && state.start != place(event)) {
      state.versions.add(state.start + ".." + place(event) + " " + state.row);
    }
  }

  private long place(Event event) {
    return bySequence ? Objects.requireNonNull(event.point()) : event.entry();
  }

  /** The content's digest as the reference documents it, made by hand. */
  private byte[] digest(Event event) {
    String a = event.a() == null ? "" : "\"a\":\"" + event.a() + "\"";
    String b = event.b() == null ? "" : "\"b\":" + event.b();
    List<String> fields = new ArrayList<>();
    List<String> unwritten = event.unwritten();
    if (carries != Carries.SOME_FIELDS) {
      Stream.of(a, b).filter(field -> !field.isEmpty()).forEach(fields::add);
    } else {
      if (!a.isEmpty() || !b.isEmpty()) {
        fields.add("\"n\":{" + b + (b.isEmpty() ? "" : ",") + "\"deep\":{" + a + "}}");
      }
      unwritten = unwritten.isEmpty() ? List.of() : List.of("n");
    }
    if (!unwritten.isEmpty()) {
      fields.add("\"_unwritten\":[\"" + String.join("\",\"", unwritten) + "\"]");
    }
    fields.add("\"__sluice_kind\":" + event.kind());
    String json = "{" + String.join(",", fields) + "}";
    try {
      return MessageDigest.getInstance("MD5").digest(json.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
