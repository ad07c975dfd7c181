package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.TRUNCATE;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.sluice.Condition;
import io.sluice.SluiceException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;

/** Events that empty the table: they have no key, and end what there is of every key. */
final class Truncates {

  private Truncates() {}

  /** The events that empty the table. */
  static Dataset<Row> of(Dataset<Row> events) {
    return events.where(
        column(KIND).equalTo(TRUNCATE).and(column(ChangeColumns.ORDER).isNotNull()));
  }

  /** The events, of which those that empty the table have no key, whatever they came with. */
  static Dataset<Row> withoutKeys(Dataset<Row> events, ChangeColumns columns) {
    if (!columns.mayTruncate()) {
      return events;
    }
    Dataset<Row> result = events;
    for (StructField key : columns.keys()) {
      result =
          result.withColumn(key.name(), when(column(KIND).notEqual(TRUNCATE), column(key.name())));
    }
    return result;
  }

  /**
   * A delete of each key for each event that empties the table.
   *
   * @param keys the key columns, each key once
   */
  static Dataset<Row> asDeletes(Dataset<Row> truncates, Dataset<Row> keys) {
    return keys.crossJoin(truncates.drop(keys.columns())).withColumn(KIND, lit(DELETE));
  }

  /**
   * Lets no batch pass that empties the table at a moment that other partitions do not know.
   *
   * @throws SluiceException UNORDERED_EVENTS
   */
  static void requireOnePartition(CommitRange range) {
    long partitions = range.to().byTopic().values().stream().mapToLong(topic -> topic.size()).sum();
    if (partitions > 1) {
      throw new SluiceException(
          Condition.UNORDERED_EVENTS,
          "Batch %d of the job %s has an event that empties the table, and the job reads %d partitions: nothing says which events of the others are later. Nothing was written. To go on without emptying the table, set target.auto_cdc.apply_as_truncates to \"false\": an event without a key then goes to the quarantine table. To have it applied, build the table anew from a topic of one partition, or with target.auto_cdc.sequence_by."
              .formatted(range.batch(), range.job(), partitions));
    }
  }
}
