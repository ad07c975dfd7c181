package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.END;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.OTHER_KEY;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.START;
import static io.sluice.delta.ChangeColumns.UNWRITTEN;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.last;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Rows whose key changes, where the topic orders the events.
 *
 * <p>A database tells it as a delete of the old key and an upsert of the new one. The upsert lacks
 * what the change has not touched where the database's log lacks it, as PostgreSQL's does with
 * large values. These are known under the old key only: they are taken from the newest state of it
 * before the upsert, in the batch or in the table, unless there is a row under the new key already.
 *
 * <p>A batch may end between the two. A table of versions still has the old key's then; in one of
 * newest states the row is put under its new key as soon as the old one goes.
 */
final class MovedRows {

  private static final String STATE = "__sluice_state";
  private static final String WAS = "__sluice_was";
  private static final String AT = "__sluice_at";
  private static final String SOURCE = "old";
  private static final String EVENT = "event";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final ChangePairs pairs;

  MovedRows(KeyedTable table) {
    this.table = table;
    this.columns = table.columns();
    this.pairs = new ChangePairs(columns);
  }

  /** The events, with nothing missing that the old keys of their rows know. Runs queries. */
  Dataset<Row> completed(Dataset<Row> given) {
    Dataset<Row> events = given;
    if (columns.hasChange() && !given.where(pairs.mayLack()).isEmpty()) {
      events = pairs.told(given);
    }
    return completedByKey(events);
  }

  private Dataset<Row> completedByKey(Dataset<Row> events) {
    Column moved = column(OTHER_KEY).isNotNull().and(not(columns.isRejected()));
    Column lacking = moved.and(isUpsert()).and(size(column(UNWRITTEN)).gt(0));
    Column leaving = columns.keepsVersions() ? lit(false) : moved.and(isDelete());
    Row counts = events.agg(count_if(lacking), count_if(leaving)).head();
    if (counts.getLong(0) == 0 && counts.getLong(1) == 0) {
      return events;
    }
    Dataset<Row> moves = events.where(lacking.or(leaving));
    Dataset<Row> keys = KeyFacts.perKey(moves.unionByName(underOtherKey(moves)), columns);
    Dataset<Row> stored = stored(keys);
    Dataset<Row> done = counts.getLong(0) == 0 ? events : filled(events, lacking, keys, stored);
    return counts.getLong(1) == 0
        ? done
        : done.unionByName(arrived(history(done, keys, stored), leaving, events.schema()));
  }

  /**
   * The upserts with the state of the old key; those of old keys that were new ones before, too.
   */
  private Dataset<Row> filled(
      Dataset<Row> events, Column lacking, Dataset<Row> keys, Dataset<Row> stored) {
    Dataset<Row> incomplete =
        history(events, keys, stored)
            .where(not(column(Versions.KNOWN)).and(lacking).and(not(isThere())));
    Dataset<Row> filled = filled(events, incomplete, history(events, keys, stored));
    Dataset<Row> moved = events.where(lacking);
    Dataset<Row> links = following(moved, moved);
    while (!links.isEmpty()) {
      filled = filled(events, incomplete, history(filled, keys, stored));
      links = following(links, moved);
    }
    return filled;
  }

  /** The events whose old key is the key of one of these. */
  private Dataset<Row> following(Dataset<Row> these, Dataset<Row> moved) {
    Column follows = column(SOURCE, ORDER).lt(column(EVENT, ORDER));
    return moved.as(EVENT).join(these.as(SOURCE), isOldKey().and(follows), "left_semi");
  }

  private Dataset<Row> filled(Dataset<Row> events, Dataset<Row> incomplete, Dataset<Row> history) {
    Column[] state =
        columns.values().stream()
            .map(value -> column(STATE).getField(value.name()).as(value.name()))
            .toArray(Column[]::new);
    Column partition = column(SOURCE, POSITION).getField("partition");
    Column topic = column(SOURCE, POSITION).getField("topic");
    Column earlier =
        column(SOURCE, Versions.KNOWN)
            .or(not(topic.eqNullSafe(column(EVENT, POSITION).getField("topic"))))
            .or(not(partition.eqNullSafe(column(EVENT, POSITION).getField("partition"))))
            .or(column(SOURCE, ORDER).lt(column(EVENT, ORDER)));
    Dataset<Row> states =
        incomplete
            .as(EVENT)
            .join(history.where(isUpsert()).as(SOURCE), isOldKey().and(earlier))
            .groupBy(column(EVENT, POSITION).as(POSITION), column(EVENT, ORDER).as(ORDER))
            .agg(max_by(column(SOURCE, STATE), struct(column(SOURCE, ORDER))).as(STATE))
            .select(column(POSITION).as(AT), column(ORDER).as(WAS), struct(state).as(STATE));
    Dataset<Row> joined =
        events.join(
            states,
            column(POSITION).eqNullSafe(column(AT)).and(column(ORDER).eqNullSafe(column(WAS))),
            "left_outer");
    Column found = column(STATE).isNotNull();
    return joined.select(
        Arrays.stream(events.columns())
            .map(
                name ->
                    columns.values().stream()
                        .filter(value -> value.name().equals(name))
                        .findFirst()
                        .map(
                            value ->
                                columns.whole(
                                    value,
                                    part ->
                                        when(
                                                found.and(not(columns.writes(part))),
                                                part.in(column(STATE).getField(name)))
                                            .otherwise(part.in(column(name)))))
                        .orElseGet(
                            () ->
                                name.equals(UNWRITTEN)
                                    ? when(not(found), column(name))
                                    : column(name))
                        .as(name))
            .toArray(Column[]::new));
  }

  /** The rows of keys that go, under the keys that they have from now on. */
  private Dataset<Row> arrived(Dataset<Row> history, Column leaving, StructType schema) {
    Dataset<Row> gone = history.where(not(column(Versions.KNOWN)).and(leaving).and(isThere()));
    List<String> keys = columns.keys().stream().map(StructField::name).toList();
    Column order = column(ORDER);
    Column[] row =
        Arrays.stream(schema.fields())
            .map(
                field -> {
                  String name = field.name();
                  Column value = lit(null);
                  if (keys.contains(name)) {
                    value = column(OTHER_KEY).getField(name);
                  } else if (columns.values().contains(field)) {
                    value = column(STATE).getField(name);
                  } else if (name.equals(KIND)) {
                    value = lit(UPSERT);
                  } else if (name.equals(POSITION)) {
                    value = column(POSITION);
                  } else if (name.equals(ORDER)) {
                    value =
                        order
                            .withField("index", order.getField("index").plus(lit(1)))
                            .withField("rank", lit(UPSERT));
                  }
                  return value.cast(field.dataType()).as(name);
                })
            .toArray(Column[]::new);
    return gone.select(row)
        .join(history.select(columns.keyColumns()).distinct(), names(keys), "left_anti")
        .select(
            Arrays.stream(schema.fieldNames()).map(ChangeColumns::column).toArray(Column[]::new));
  }

  /**
   * The batch's events of these keys behind what the table has of them, each with the values that
   * its key has come to, and the kind of what was before.
   *
   * <p>What an upsert lacks was never null, so the last value that is not is the one that it lacks:
   * also where the events are told once more and begin in the middle of a row's life.
   */
  private Dataset<Row> history(Dataset<Row> events, Dataset<Row> keys, Dataset<Row> stored) {
    WindowSpec inOrder = Window.partitionBy(columns.keyColumns()).orderBy(column(ORDER).asc());
    WindowSpec soFar = inOrder.rowsBetween(Window.unboundedPreceding(), Window.currentRow());
    WindowSpec before = inOrder.rowsBetween(Window.unboundedPreceding(), -1);
    Column[] state =
        columns.values().stream()
            .map(
                value ->
                    columns
                        .whole(
                            value,
                            part ->
                                last(when(isUpsert(), part.in(column(value.name()))), true)
                                    .over(soFar))
                        .as(value.name()))
            .toArray(Column[]::new);
    return of(events.withColumn(Versions.KNOWN, lit(false)), keys)
        .withColumn(WAS, column(KIND))
        .unionByName(stored, true)
        .withColumn(STATE, struct(state))
        .withColumn(WAS, last(column(WAS)).over(before));
  }

  /** What the table has of each of these keys: a row for each. */
  private Dataset<Row> stored(Dataset<Row> keys) {
    Column within = KeyFacts.of(keys, columns).within();
    Dataset<Row> rows = table.rows(keys.sparkSession()).as(MergeCommit.TABLE).where(within);
    List<StructField> fields = new ArrayList<>(columns.keys());
    fields.addAll(columns.values());
    Dataset<Row> found;
    if (columns.keepsVersions()) {
      fields.add(columns.table().apply(START));
      fields.add(columns.table().apply(END));
      Dataset<Row> versions = of(KeyedTable.conformed(rows, rows.schema(), fields), keys);
      Column open = max(column(END).getField("ledger").isNull());
      found =
          versions
              .groupBy(columns.keyColumns())
              .agg(
                  when(open, UPSERT).otherwise(DELETE).as(WAS),
                  columns.values().stream().map(this::newest).toArray(Column[]::new));
    } else {
      found =
          of(KeyedTable.conformed(rows, rows.schema(), fields), keys).withColumn(WAS, lit(UPSERT));
    }
    return found.withColumn(KIND, lit(UPSERT)).withColumn(Versions.KNOWN, lit(true));
  }

  private Column newest(StructField value) {
    return columns
        .whole(
            value,
            part -> {
              Column known = part.in(column(value.name()));
              return max_by(known, when(known.isNotNull(), column(START)));
            })
        .as(value.name());
  }

  private Dataset<Row> of(Dataset<Row> rows, Dataset<Row> keys) {
    List<String> names = columns.keys().stream().map(StructField::name).toList();
    return rows.join(keys.select(columns.keyColumns()), names(names), "left_semi");
  }

  private Dataset<Row> underOtherKey(Dataset<Row> moves) {
    Dataset<Row> other = moves;
    for (StructField key : columns.keys()) {
      other = other.withColumn(key.name(), column(OTHER_KEY).getField(key.name()));
    }
    return other;
  }

  private Column isOldKey() {
    Column same = lit(true);
    for (StructField key : columns.keys()) {
      same =
          same.and(
              column(EVENT, OTHER_KEY).getField(key.name()).equalTo(column(SOURCE, key.name())));
    }
    return same;
  }

  private static Column isThere() {
    return coalesce(column(WAS).equalTo(UPSERT), lit(false));
  }

  private static Column isUpsert() {
    return column(KIND).equalTo(UPSERT);
  }

  private static Column isDelete() {
    return column(KIND).equalTo(DELETE);
  }

  private static String[] names(List<String> names) {
    return names.toArray(String[]::new);
  }
}
