package io.sluice.change;

import io.sluice.change.ChangeDecoder.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A table as the messages of its topic leave it when the last one of each key wins. It is written
 * for tests only and shares nothing with the merge that the product does.
 */
final class ReplayedTable {

  private final StructType columns;
  private final Map<Object, Map<String, @Nullable Object>> rows = new LinkedHashMap<>();
  private final List<Outcome> outcomes = new ArrayList<>();
  private final Map<String, Map<String, @Nullable Object>> gone = new LinkedHashMap<>();

  private ReplayedTable(StructType columns) {
    this.columns = columns;
  }

  /** Replays messages; the columns grow as the events need it, as a job would do it. */
  static ReplayedTable of(List<RawMessage> messages, ChangeOptions options) {
    StructType columns = new StructType();
    for (int pass = 0; pass < 3; pass++) {
      var table = new ReplayedTable(columns);
      var decoder = new ChangeDecoder(columns, options, Set.of());
      StructType needed = new StructType();
      for (RawMessage message : messages) {
        for (Outcome outcome : decoder.decode(message)) {
          table.add(outcome);
          if (outcome.row() != null) {
            needed = ColumnGrowth.union(needed, outcome.row().needed());
          }
        }
      }
      StructType grown = ColumnGrowth.grown(columns, needed);
      if (grown.equals(columns)) {
        return table;
      }
      columns = grown;
    }
    throw new IllegalStateException("The columns do not come to rest: " + columns);
  }

  /**
   * Replays what messages were decoded to, for the columns that the table has in the end.
   *
   * @param columns the columns
   */
  static ReplayedTable replay(StructType columns, Iterable<List<Outcome>> decoded) {
    var table = new ReplayedTable(columns);
    decoded.forEach(outcomes -> outcomes.forEach(table::add));
    return table;
  }

  StructType columns() {
    return columns;
  }

  List<Map<String, @Nullable Object>> rows() {
    return List.copyOf(rows.values());
  }

  /** What became of the messages, in their order. */
  List<Outcome> outcomes() {
    return outcomes;
  }

  /** Why messages could not be told. */
  List<String> errors() {
    List<String> errors = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      BadEventException error = outcome.error();
      if (error != null) {
        errors.add(error.kind() + " " + error.field() + ": " + error.reason());
      }
    }
    return errors;
  }

  private void add(Outcome outcome) {
    outcomes.add(outcome);
    var change = outcome.change();
    var decoded = outcome.row();
    if (change == null || decoded == null || outcome.error() != null) {
      return;
    }
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    for (int i = 0; i < columns.length(); i++) {
      row.put(columns.apply(i).name(), decoded.values()[i]);
    }
    List<@Nullable Object> key = new ArrayList<>();
    decoded.keys().forEach(name -> key.add(row.get(name)));
    String position = String.valueOf(change.source().position());
    switch (change.op()) {
      case TRUNCATE -> rows.clear();
      case DELETE -> {
        if (decoded.keys().isEmpty()) {
          rows.values().removeIf(new Once(row)::isFirst);
        } else {
          Map<String, @Nullable Object> old = rows.remove(key);
          if (old != null) {
            gone.merge(position, old, ReplayedTable::completed);
          }
        }
      }
      default -> {
        if (decoded.keys().isEmpty()) {
          rows.put(new Object(), row);
          return;
        }
        Map<String, @Nullable Object> old = rows.getOrDefault(key, gone.get(position));
        for (String name : decoded.unwritten()) {
          row.put(name, old == null ? null : old.get(name));
        }
        rows.put(key, row);
      }
    }
  }

  /** A row that is told once more, with what was known of it before. */
  private static Map<String, @Nullable Object> completed(
      Map<String, @Nullable Object> before, Map<String, @Nullable Object> again) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>(before);
    again.forEach(
        (name, value) -> {
          if (value != null) {
            row.put(name, value);
          }
        });
    return row;
  }

  /** The first of several equal rows. */
  private static final class Once {

    private final Map<String, @Nullable Object> wanted;
    private boolean found;

    Once(Map<String, @Nullable Object> wanted) {
      this.wanted = wanted;
    }

    boolean isFirst(Map<String, @Nullable Object> row) {
      boolean first = !found && row.equals(wanted);
      found |= first;
      return first;
    }
  }
}
