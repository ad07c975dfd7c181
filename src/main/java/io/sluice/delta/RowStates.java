package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.END;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.OTHER_KEY;
import static io.sluice.delta.ChangeColumns.START;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.last;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.StructField;

/**
 * What the rows of some keys come to, event by event, where the topic orders the events.
 *
 * <p>The keys are few beside the batch and are looked at often, so what is stored of them and what
 * the batch has of them is read once.
 */
final class RowStates {

  /** STRUCT of the values that a key has come to with an event. */
  static final String STATE = "__sluice_state";

  private static final String WAS = "__sluice_was";
  private static final int NOW = 0;

  private final ChangeColumns columns;
  private final Dataset<Row> events;
  private final Optional<Dataset<Row>> stored;

  private RowStates(ChangeColumns columns, Dataset<Row> events, Optional<Dataset<Row>> stored) {
    this.columns = columns;
    this.events = events;
    this.stored = stored;
  }

  /**
   * Reads what there is of some keys, in the batch and before it. Runs queries.
   *
   * @param these events with these keys; of one with another key that one is meant, too
   * @param departed rows that the table no longer has, as {@link Departures#rows} gives them
   */
  static RowStates of(
      KeyedTable table, Dataset<Row> batch, Dataset<Row> these, Optional<Dataset<Row>> departed) {
    ChangeColumns columns = table.columns();
    Dataset<Row> keys = keys(these, columns).localCheckpoint();
    Dataset<Row> stored = stored(table, keys, departed).localCheckpoint();
    return new RowStates(columns, of(batch, keys, columns).localCheckpoint(), Optional.of(stored));
  }

  /** As {@link #of}, but of what is in the batch alone, to be looked at once. Runs no query. */
  static RowStates ofBatch(ChangeColumns columns, Dataset<Row> batch, Dataset<Row> these) {
    return new RowStates(columns, of(batch, keys(these, columns), columns), Optional.empty());
  }

  private static Dataset<Row> keys(Dataset<Row> these, ChangeColumns columns) {
    return KeyFacts.perKey(these.unionByName(underOtherKey(these, columns)), columns);
  }

  private static Dataset<Row> underOtherKey(Dataset<Row> events, ChangeColumns columns) {
    Dataset<Row> other = events.where(column(OTHER_KEY).isNotNull());
    for (StructField key : columns.keys()) {
      other = other.withColumn(key.name(), column(OTHER_KEY).getField(key.name()));
    }
    return other;
  }

  /** The batch's events of the keys. */
  Dataset<Row> events() {
    return events;
  }

  /**
   * Events of the keys behind what is stored of them, each with its {@link #STATE} and, for {@link
   * #isThere}, the kind of what was before.
   *
   * <p>What an upsert lacks was never null, so the last value that is not is the one that it lacks:
   * also where the events are told once more and begin in the middle of a row's life.
   */
  Dataset<Row> history(Dataset<Row> events) {
    WindowSpec inOrder = Window.partitionBy(columns.keyColumns()).orderBy(column(ORDER).asc());
    WindowSpec soFar = inOrder.rowsBetween(Window.unboundedPreceding(), Window.currentRow());
    WindowSpec before = inOrder.rowsBetween(Window.unboundedPreceding(), -1);
    Column isUpsert = column(KIND).equalTo(UPSERT);
    Column[] state = values(columns, value -> last(when(isUpsert, value), true).over(soFar));
    Dataset<Row> batch =
        events.withColumn(Versions.KNOWN, lit(false)).withColumn(WAS, column(KIND));
    return stored
        .map(rows -> batch.unionByName(rows, true))
        .orElse(batch)
        .withColumn(STATE, struct(state))
        .withColumn(WAS, last(column(WAS)).over(before));
  }

  /** Whether there is a row under the key of an event of {@link #history} before the event. */
  static Column isThere() {
    return coalesce(column(WAS).equalTo(UPSERT), lit(false));
  }

  /** What is known of each of these keys before the batch: a row for each. */
  private static Dataset<Row> stored(
      KeyedTable table, Dataset<Row> keys, Optional<Dataset<Row>> departed) {
    ChangeColumns columns = table.columns();
    Column within = KeyFacts.of(keys, columns).within();
    Dataset<Row> rows = table.rows(keys.sparkSession()).as(MergeCommit.TABLE).where(within);
    List<StructField> fields = new ArrayList<>(columns.keys());
    fields.addAll(columns.values());
    Dataset<Row> found;
    if (columns.keepsVersions()) {
      fields.add(columns.table().apply(START));
      fields.add(columns.table().apply(END));
      Column open = column(END).getField("ledger").isNull();
      found =
          newest(
              of(KeyedTable.conformed(rows, rows.schema(), fields), keys, columns),
              max(when(open, UPSERT).otherwise(DELETE)),
              START,
              columns);
    } else {
      found =
          of(KeyedTable.conformed(rows, rows.schema(), fields), keys, columns)
              .withColumn(WAS, lit(UPSERT));
      if (departed.isPresent()) {
        Dataset<Row> gone =
            of(departed.get().drop(Departures.TOPIC, Departures.AT), keys, columns)
                .withColumn(WAS, lit(DELETE));
        Dataset<Row> now = found.withColumn(Departures.AGE, lit(NOW));
        found = newest(now.unionByName(gone), max(WAS), Departures.AGE, columns);
      }
    }
    return found.withColumn(KIND, lit(UPSERT)).withColumn(Versions.KNOWN, lit(true));
  }

  /** One row for each key: of every value the last that is not null. */
  private static Dataset<Row> newest(
      Dataset<Row> rows, Column was, String order, ChangeColumns columns) {
    Column[] values =
        values(columns, value -> max_by(value, when(value.isNotNull(), column(order))));
    return rows.groupBy(columns.keyColumns()).agg(was.as(WAS), values);
  }

  /** The values, by what each of their parts comes to. */
  private static Column[] values(ChangeColumns columns, UnaryOperator<Column> part) {
    return columns.values().stream()
        .map(
            value ->
                columns
                    .whole(value, each -> part.apply(each.in(column(value.name()))))
                    .as(value.name()))
        .toArray(Column[]::new);
  }

  private static Dataset<Row> of(Dataset<Row> rows, Dataset<Row> keys, ChangeColumns columns) {
    String[] names = columns.keyNames();
    return rows.join(keys.select(columns.keyColumns()), names, "left_semi");
  }
}
