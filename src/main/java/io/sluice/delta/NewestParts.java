package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.COLUMN_ORDERS;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.ChangeColumns.quoted;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_contains_key;
import static org.apache.spark.sql.functions.map_filter;
import static org.apache.spark.sql.functions.map_from_arrays;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The values of rows whose events may write some of their parts only: each part is that of its own
 * newest write, and null unless that is above what the row's key has ended at. The orders of these
 * writes stand in the row as far as they are not its own.
 */
final class NewestParts {

  private static final String WRITTEN = "__sluice_written_";
  private static final String VALUE = "__sluice_value_";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final Column ended = column(SOURCE, Remembered.ENDED);
  private final Column floor = column(SOURCE, Remembered.FLOOR);
  private final DataType orderType;

  /** The parts of a table's rows, in a merge whose source has what {@link Remembered} knows. */
  NewestParts(KeyedTable table) {
    this.table = table;
    this.columns = table.columns();
    this.orderType = columns.table().apply(ORDER).dataType();
  }

  /**
   * What the merge's source has of a key's parts: of each the newest write.
   *
   * @param upsert the order of an event that writes, null for the others
   */
  List<Column> aggregates(Column upsert) {
    List<Column> aggregates = new ArrayList<>();
    for (ColumnPart part : columns.parts()) {
      Column writes = when(columns.writes(part), upsert);
      Column value = part.in(column(part.column().name()));
      aggregates.add(max(writes).as(WRITTEN + part.number()));
      aggregates.add(max_by(value, writes).as(VALUE + part.number()));
    }
    return aggregates;
  }

  /** The names of the {@link #aggregates}. */
  Stream<String> aggregated() {
    return columns.parts().stream()
        .flatMap(part -> Stream.of(VALUE + part.number(), WRITTEN + part.number()));
  }

  /** The values of a new row, and their orders. */
  Map<String, Column> inserted() {
    Map<String, Column> row = new LinkedHashMap<>();
    for (StructField value : columns.values()) {
      row.put(quoted(value.name()), columns.whole(value, part -> when(isNew(part), value(part))));
    }
    row.put(COLUMN_ORDERS, orders(part -> when(isNew(part), written(part)), column(SOURCE, ORDER)));
    return row;
  }

  /** The values of a row that the batch has events of, and their orders. */
  Map<String, Column> updated(StructType now, StructType grown) {
    Choice newer =
        (part, order, here, there) ->
            when(counts(part).and(isAbove(written(part), order)).and(isJudged(part, order)), here)
                .when(isAbove(order, ended), there);
    return chosen(now, grown, newer, greatest(column(TABLE, ORDER), column(SOURCE, ORDER)));
  }

  /**
   * The values of a row that stays while a truncate ends some of its parts, and their orders.
   *
   * @param mark the truncate's order
   */
  Map<String, Column> truncated(StructType now, StructType grown, Column mark) {
    Choice kept = (part, order, here, there) -> when(isAbove(order, mark), there);
    return chosen(now, grown, kept, column(TABLE, ORDER));
  }

  /** What a part, or its order, comes to. */
  private interface Choice {
    /**
     * What the batch has, what the table has, or null.
     *
     * @param order that of the table's
     */
    Column of(ColumnPart part, Column order, Column here, Column there);
  }

  /**
   * The values of the table's row, and their orders.
   *
   * @param newest the order that the row gets
   */
  private Map<String, Column> chosen(
      StructType now, StructType grown, Choice choice, Column newest) {
    Map<String, Column> row = new LinkedHashMap<>();
    for (StructField value : columns.values()) {
      row.put(
          quoted(value.name()),
          table.updated(
              value,
              now,
              grown,
              (part, there) ->
                  choice.of(part, storedOrder(part, there, now), value(part), part.in(there))));
    }
    row.put(
        COLUMN_ORDERS,
        orders(
            part -> {
              Column there = KeyedTable.stored(now, grown, part.column().name());
              Column order = storedOrder(part, there, now);
              return choice.of(part, order, written(part), order);
            },
            newest));
    return row;
  }

  /** The batch's newest write of a part. */
  private static Column value(ColumnPart part) {
    return column(SOURCE, VALUE + part.number());
  }

  /** The order of the batch's newest write of a part. */
  static Column written(ColumnPart part) {
    return column(SOURCE, WRITTEN + part.number());
  }

  /** Whether the batch writes a part, and nothing has ended that since. */
  private Column counts(ColumnPart part) {
    return isAbove(written(part), ended);
  }

  /** Whether a row that the batch brings has a part. */
  private Column isNew(ColumnPart part) {
    return counts(part).and(isAbove(written(part), floor));
  }

  /**
   * Whether nothing that is forgotten can have ended the batch's newest write of a part of the
   * table's row: what is known of the row came after all that.
   *
   * @param order that of the part in the table; null when none of the row's events has written it
   */
  private Column isJudged(ColumnPart part, Column order) {
    return order
        .isNotNull()
        .or(isAbove(written(part), column(TABLE, ORDER)))
        .or(isAbove(written(part), floor));
  }

  /**
   * The opposite of {@link #isJudged}.
   *
   * @param stored the columns of the table's row
   */
  Column isUnjudged(ColumnPart part, StructType stored) {
    Column there = column(TABLE, part.column().name());
    return not(isJudged(part, storedOrder(part, there, stored)));
  }

  /**
   * The order of the event that wrote a part of the table's row; null when none has.
   *
   * @param there the part's column in the table's row
   */
  private Column storedOrder(ColumnPart part, Column there, StructType now) {
    Column rowOrder = column(TABLE, ORDER);
    Column order = rowOrder;
    if (now.getFieldIndex(COLUMN_ORDERS).isDefined()) {
      Column map = column(TABLE, COLUMN_ORDERS);
      Column name = lit(part.name());
      order =
          when(coalesce(map_contains_key(map, name), lit(false)), element_at(map, name))
              .otherwise(rowOrder);
    }
    return columns.ignoresNull(part.column()) ? when(part.in(there).isNotNull(), order) : order;
  }

  /** What of the parts' orders does not follow from the row's. */
  private Column orders(Function<ColumnPart, Column> orders, Column newest) {
    List<Column> names = new ArrayList<>();
    List<Column> values = new ArrayList<>();
    for (ColumnPart part : columns.parts()) {
      Column order = orders.apply(part);
      names.add(lit(part.name()));
      // A null there says by itself that nothing was written.
      Column known = columns.ignoresNull(part.column()) ? coalesce(order, newest) : order;
      values.add(known.cast(orderType));
    }
    Column all =
        map_from_arrays(array(names.toArray(Column[]::new)), array(values.toArray(Column[]::new)));
    return map_filter(all, (name, order) -> not(order.eqNullSafe(newest)));
  }

  /** Whether an order is there and above another, which may be lacking. */
  static Column isAbove(Column order, Column other) {
    return coalesce(order.isNotNull().and(other.isNull().or(order.gt(other))), lit(false));
  }
}
