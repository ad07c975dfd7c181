package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.ChangeEvent.RowChange;
import io.sluice.change.Document.Fields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Changes of rows in known columns. What the columns do not hold is told as what is needed. Made
 * for one thread.
 */
final class RowReader {

  private final StructType columns;
  private final Set<String> reserved;
  private final Map<String, Integer> ordinals = new HashMap<>();
  private final Map<String, DataType> declared = new HashMap<>();
  private final Fit untyped;
  private final Placeholder placeholder;
  private final IdentityHashMap<WireType.Struct, Map<String, FieldPlan>> typedPlans =
      new IdentityHashMap<>();
  private final Map<String, FieldPlan> untypedPlans = new HashMap<>();

  /**
   * How one field is read.
   *
   * @param ordinal its column, -1 if there is none
   * @param column its column's name
   * @param type what the writer says, null if nothing
   * @param needed the type that its column should have, null if nothing is needed or it depends on
   *     the value
   */
  private record FieldPlan(
      int ordinal,
      String column,
      @Nullable WireType type,
      ValueReader reader,
      @Nullable DataType needed) {}

  /**
   * A row.
   *
   * @param values one per column, in Spark's external form
   * @param keys the key's columns by the names that they have here
   * @param unwritten the columns that the event does not carry
   * @param needed columns that the event needs and that are not there, or are too narrow
   * @param error why the values are not to be used, null if they are
   * @param otherKey the key that the row had before, or has from now on, in the key's columns of a
   *     row that is null otherwise; null if the row keeps its key
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on, neither kept nor compared.
  record Decoded(
      @Nullable Object[] values,
      List<String> keys,
      List<String> unwritten,
      StructType needed,
      @Nullable BadEventException error,
      @Nullable Object @Nullable [] otherKey) {}

  /**
   * A reader for columns.
   *
   * @param reserved names that no field may have, in lower case
   */
  RowReader(StructType columns, ChangeOptions options, Set<String> reserved) {
    this.columns = columns;
    this.reserved = reserved;
    this.untyped = new Fit(true, options.textDecimals());
    this.placeholder = new Placeholder(options.placeholder());
    for (int i = 0; i < columns.length(); i++) {
      ordinals.put(ColumnGrowth.key(columns.apply(i).name()), i);
    }
    for (StructField field : options.declared().fields()) {
      declared.put(ColumnGrowth.key(field.name()), field.dataType());
    }
  }

  /** The change in columns. */
  Decoded read(RowChange change) {
    var row = new RowInProgress(new Object[columns.length()]);
    for (Fields part : change.values()) {
      WireType.Struct type = part.type();
      if (change.complete() && type != null && type.names().size() != part.values().size()) {
        row.fail(
            new BadEventException(Kind.MISSING_ROW, "the row has not the fields of its schema"));
      }
      for (String name : ChangeReader.names(part.values())) {
        try {
          add(row, plan(type, name), part.values().path(name));
        } catch (BadEventException e) {
          row.fail(e.within(name));
        }
      }
    }
    List<String> keys = change.keys().stream().map(this::column).toList();
    return new Decoded(row.values, keys, row.unwritten, row.needed(), row.error, otherKey(change));
  }

  private @Nullable Object @Nullable [] otherKey(RowChange change) {
    Fields other = change.otherKey();
    if (other == null) {
      return null;
    }
    var row = new RowInProgress(new Object[columns.length()]);
    for (String name : change.keys()) {
      String field = ChangeReader.field(other.values(), name);
      if (field == null) {
        return null;
      }
      try {
        add(row, plan(other.type(), field), other.values().path(field));
      } catch (BadEventException unreadable) {
        return null;
      }
    }
    return row.values;
  }

  private void add(RowInProgress row, FieldPlan plan, JsonNode value) {
    if (row.seen.contains(ColumnGrowth.key(plan.column))) {
      throw new BadEventException(
          Kind.COLUMN_NAME,
          "two fields have this name but for its case, and a table has one column for both");
    }
    row.seen.add(ColumnGrowth.key(plan.column));
    boolean unwritten = placeholder.is(value, plan.type);
    DataType needed =
        plan.type == null && plan.ordinal < 0 && plan.needed == null
            ? UntypedValues.type(value)
            : plan.needed;
    if (needed != null) {
      row.need(plan.column, needed);
    }
    if (plan.ordinal < 0 || value.isNull()) {
      return;
    }
    if (unwritten) {
      row.unwritten.add(plan.column);
      return;
    }
    try {
      row.values[plan.ordinal] = plan.reader.read(value);
    } catch (BadEventException e) {
      if (e.kind() == Kind.DOES_NOT_FIT && plan.type == null) {
        needWider(row, plan, value);
      }
      throw e;
    }
  }

  private void needWider(RowInProgress row, FieldPlan plan, JsonNode value) {
    DataType known = columns.apply(plan.ordinal).dataType();
    DataType wanted = UntypedValues.type(value, known);
    if (wanted == null || declared.containsKey(ColumnGrowth.key(plan.column))) {
      return;
    }
    DataType grown = ColumnGrowth.grown(known, wanted);
    if (grown != null && !grown.equals(known)) {
      row.need(plan.column, grown);
    }
  }

  private FieldPlan plan(WireType.@Nullable Struct type, String name) {
    Map<String, FieldPlan> plans =
        type == null ? untypedPlans : typedPlans.computeIfAbsent(type, each -> new HashMap<>());
    FieldPlan plan = plans.get(name);
    if (plan == null) {
      plan = newPlan(type, name);
      plans.put(name, plan);
    }
    return plan;
  }

  private FieldPlan newPlan(WireType.@Nullable Struct struct, String name) {
    String key = ColumnGrowth.key(name);
    if (reserved.contains(key)) {
      throw new BadEventException(
          Kind.COLUMN_NAME, "the name is Sluice's own; rename the column at the source");
    }
    WireType type = struct == null ? null : struct.field(name);
    if (struct != null && type == null) {
      throw new BadEventException(Kind.MALFORMED, "the schema has no such field");
    }
    DataType chosen = declared.get(key);
    Integer ordinal = ordinals.get(key);
    if (ordinal == null) {
      DataType needed = chosen == null && type != null ? type.natural() : chosen;
      return new FieldPlan(-1, name, type, node -> node, needed);
    }
    StructField column = columns.apply(ordinal);
    return new FieldPlan(
        ordinal,
        column.name(),
        type,
        type == null
            ? ValueReader.untyped(column.dataType(), untyped)
            : ValueReader.of(type, column.dataType(), untyped),
        chosen != null || type == null ? null : grownFor(column.dataType(), type));
  }

  private static @Nullable DataType grownFor(DataType column, WireType type) {
    DataType grown = ColumnGrowth.grown(column, type.natural());
    return grown == null || grown.equals(column) ? null : grown;
  }

  private String column(String name) {
    Integer ordinal = ordinals.get(ColumnGrowth.key(name));
    return ordinal == null ? name : columns.apply(ordinal).name();
  }

  /** What is known of a row while its fields are read. */
  private static final class RowInProgress {

    private final @Nullable Object[] values;
    private final Set<String> seen = new java.util.HashSet<>();
    private final List<String> unwritten = new ArrayList<>();
    private final List<StructField> needed = new ArrayList<>();
    private @Nullable BadEventException error;

    RowInProgress(@Nullable Object[] values) {
      this.values = values;
    }

    void fail(BadEventException first) {
      if (error == null) {
        error = first;
      }
    }

    void need(String column, DataType type) {
      needed.add(DataTypes.createStructField(column, type, true));
    }

    StructType needed() {
      return new StructType(needed.toArray(StructField[]::new));
    }
  }
}
