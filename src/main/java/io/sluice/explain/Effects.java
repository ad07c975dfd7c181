package io.sluice.explain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which events of a key a table shows, as a pure function of all that it has merged.
 *
 * @param columns by event that has a part in what the table shows, the columns that have its values
 * @param shown the events that the table's rows name as theirs, in order
 */
record Effects(Map<KeyMessage, Set<String>> columns, List<KeyMessage> shown) {

  /** A value and the event that wrote it. */
  private record Cell(@Nullable String value, KeyMessage writer) {}

  /**
   * A run of events that make one version.
   *
   * @param first the event that begins it
   * @param last its latest event
   * @param cells its values, after its latest event
   */
  private record Run(KeyMessage first, KeyMessage last, Map<String, Cell> cells) {
    boolean isVersion() {
      return first.kind() == KeyMessage.Kind.UPSERT;
    }
  }

  /** The effects of events in their order, each once. */
  static Effects of(TableFacts table, List<KeyMessage> events) {
    return table.hasVersions() ? versions(table, events) : newest(table, events);
  }

  boolean has(KeyMessage event) {
    return columns.containsKey(event);
  }

  private static Effects newest(TableFacts table, List<KeyMessage> events) {
    KeyMessage ended = null;
    KeyMessage newest = null;
    Map<String, KeyMessage> writers = new LinkedHashMap<>();
    Set<String> cleared = new HashSet<>();
    for (KeyMessage event : events) {
      if (event.kind() == KeyMessage.Kind.UPSERT) {
        newest = event;
        event.written().forEach(column -> writers.put(column, event));
        cleared.removeAll(event.written());
      } else {
        ended = event;
        newest = null;
        cleared.addAll(writers.keySet());
        writers.clear();
      }
    }
    Effects effects = new Effects(new HashMap<>(), newest == null ? List.of() : List.of(newest));
    if (newest != null) {
      effects.part(newest);
      writers.forEach((column, writer) -> effects.part(writer).add(column));
    }
    boolean isPartial = newest != null && !newest.written().containsAll(table.columns());
    if (ended != null && (newest == null || (isPartial && !cleared.isEmpty()))) {
      effects.part(ended);
    }
    return effects;
  }

  private static Effects versions(TableFacts table, List<KeyMessage> events) {
    List<Run> runs = runs(table, events);
    List<KeyMessage> shown = new ArrayList<>();
    Effects effects = new Effects(new HashMap<>(), shown);
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      Run next = i + 1 < runs.size() ? runs.get(i + 1) : null;
      if (!run.isVersion()) {
        if (next == null) {
          effects.part(run.first());
        }
        continue;
      }
      if (next != null && next.first().startsAt().equals(run.first().startsAt())) {
        continue;
      }
      shown.add(run.last());
      effects.part(run.first());
      effects.part(run.last());
      run.cells().forEach((column, cell) -> effects.part(cell.writer()).add(column));
      if (next != null) {
        effects.part(next.first());
      }
    }
    return effects;
  }

  private static List<Run> runs(TableFacts table, List<KeyMessage> events) {
    List<Run> runs = new ArrayList<>();
    Map<String, Cell> cells = Map.of();
    for (KeyMessage event : events) {
      Run before = runs.isEmpty() ? null : runs.get(runs.size() - 1);
      boolean isUpsert = event.kind() == KeyMessage.Kind.UPSERT;
      Map<String, Cell> after = new LinkedHashMap<>();
      if (isUpsert) {
        after.putAll(cells);
        event.written().forEach(c -> after.put(c, new Cell(event.content().get(c), event)));
      }
      if (before != null && isUpsert && before.isVersion() && sameTracked(table, cells, after)) {
        runs.set(runs.size() - 1, new Run(before.first(), event, after));
      } else {
        runs.add(new Run(event, event, after));
      }
      cells = after;
    }
    return runs;
  }

  private static boolean sameTracked(
      TableFacts table, Map<String, Cell> before, Map<String, Cell> after) {
    return table.tracked().stream()
        .allMatch(column -> Objects.equals(value(before, column), value(after, column)));
  }

  private static @Nullable String value(Map<String, Cell> cells, String column) {
    Cell cell = cells.get(column);
    return cell == null ? null : cell.value();
  }

  private Set<String> part(KeyMessage event) {
    return columns.computeIfAbsent(event, e -> new HashSet<>());
  }
}
