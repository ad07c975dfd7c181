package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.CHANGE;
import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.OTHER_KEY;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.UNWRITTEN;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The delete and the upsert that a database tells of a row whose key changes, where the messages do
 * not say that they belong together: both stand at the same place of the database's log.
 *
 * <p>Pulsar IO's connectors do not pass on the headers by which Debezium says it.
 */
final class ChangePairs {

  private static final String TOPIC = Departures.TOPIC;
  private static final String AT = Departures.AT;
  private static final String KEY = "__sluice_key";
  private static final String GONE = "__sluice_gone";
  private static final String CAME = "__sluice_came";
  private static final String LAST = "__sluice_last";

  private final ChangeColumns columns;
  private final boolean spread;

  /**
   * The pairs of a batch.
   *
   * @param spread whether the two may be in different partitions, so that the upsert may long be
   *     there when the delete comes, or the other way round: a pair of which the messages do say
   *     that they belong together is then looked for in the batches before like the others
   */
  ChangePairs(ChangeColumns columns, boolean spread) {
    this.columns = columns;
    this.spread = spread;
  }

  /** Whether an upsert lacks what a delete of the same change may know. */
  Column mayLack() {
    return isAlone().and(column(KIND).equalTo(UPSERT)).and(size(column(UNWRITTEN)).gt(0));
  }

  /** Whether a delete may be of a row that an upsert of the same change brings again. */
  Column mayReturn() {
    return isAlone().and(column(KIND).equalTo(DELETE));
  }

  /** The place of an event's change in the database's log; null if it is not known. */
  Column change() {
    return columns.hasChange() ? column(CHANGE) : lit(null).cast("STRING");
  }

  private Column isAlone() {
    return column(OTHER_KEY)
        .isNull()
        .or(lit(spread))
        .and(change().isNotNull())
        .and(not(columns.isRejected()));
  }

  /**
   * The events, each with the other key of its row. A place of the log at which several keys go, or
   * come, tells none. Runs a query.
   *
   * @param departed the rows that batches before have deleted, as {@link Departures#rows} gives
   *     them
   */
  Dataset<Row> told(Dataset<Row> events, Optional<Dataset<Row>> departed) {
    Column key = struct(columns.keyColumns()).as(KEY);
    Dataset<Row> deleted = places(events.where(mayReturn()), key);
    Dataset<Row> gone =
        keys(
            departed
                .map(rows -> deleted.unionAll(rows.select(column(TOPIC), column(AT), key)))
                .orElse(deleted),
            GONE);
    Dataset<Row> came = keys(places(events.where(mayLack()), key), CAME);
    // What follows reads the events several times; the pairs are few and would be sought each time.
    Dataset<Row> pairs = gone.join(came, new String[] {TOPIC, AT}).localCheckpoint();
    Column same = topic().eqNullSafe(column(TOPIC)).and(column(CHANGE).equalTo(column(AT)));
    Column other =
        when(column(OTHER_KEY).isNotNull(), key(column(OTHER_KEY)))
            .when(column(KIND).equalTo(DELETE), column(CAME))
            .when(column(KIND).equalTo(UPSERT), column(GONE));
    return events
        // Joined by sorting, all events that have no place would meet in one task.
        .join(broadcast(pairs), same, "left_outer")
        .select(
            Arrays.stream(events.columns())
                .map(name -> (name.equals(OTHER_KEY) ? other : column(name)).as(name))
                .toArray(Column[]::new));
  }

  /** The places of the changes that bring rows which lack something. */
  Dataset<Row> lackingPlaces(Dataset<Row> events) {
    return events.where(mayLack()).select(topic().as(TOPIC), column(CHANGE).as(AT));
  }

  private static Dataset<Row> places(Dataset<Row> events, Column key) {
    return events.select(topic().as(TOPIC), column(CHANGE).as(AT), key);
  }

  /** The keys by the place of their change, where there is but one. */
  private static Dataset<Row> keys(Dataset<Row> places, String name) {
    return places
        .groupBy(column(TOPIC), column(AT))
        .agg(min(KEY).as(name), max(KEY).as(LAST))
        .where(column(name).equalTo(column(LAST)))
        .drop(LAST);
  }

  /** A row of nothing but the key's columns. */
  private Column key(Column row) {
    return struct(
        columns.keys().stream()
            .map(key -> row.getField(key.name()).as(key.name()))
            .toArray(Column[]::new));
  }

  private static Column topic() {
    return column(POSITION).getField("topic");
  }
}
