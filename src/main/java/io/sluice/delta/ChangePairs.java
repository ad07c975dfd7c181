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
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
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

  private static final String TOPIC = "__sluice_topic";
  private static final String AT = "__sluice_change";
  private static final String GONE = "__sluice_gone";
  private static final String CAME = "__sluice_came";
  private static final String LAST = "__sluice_last";

  private final ChangeColumns columns;

  ChangePairs(ChangeColumns columns) {
    this.columns = columns;
  }

  /** Whether an upsert lacks what a delete of the same change may know. */
  Column mayLack() {
    return isAlone().and(column(KIND).equalTo(UPSERT)).and(size(column(UNWRITTEN)).gt(0));
  }

  private Column isAlone() {
    return column(OTHER_KEY)
        .isNull()
        .and(column(CHANGE).isNotNull())
        .and(not(columns.isRejected()));
  }

  /**
   * The events, each with the other key of its row. A place of the log at which several keys go, or
   * come, tells none. Runs a query.
   */
  Dataset<Row> told(Dataset<Row> events) {
    Dataset<Row> gone = keys(events, isAlone().and(column(KIND).equalTo(DELETE)), GONE);
    Dataset<Row> came = keys(events, mayLack(), CAME);
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

  /** The keys of these events by the place of their change, where there is but one. */
  private Dataset<Row> keys(Dataset<Row> events, Column which, String name) {
    Column key = struct(columns.keyColumns());
    return events
        .where(which)
        .groupBy(topic().as(TOPIC), column(CHANGE).as(AT))
        .agg(min(key).as(name), max(key).as(LAST))
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
