package io.sluice.delta;

import io.delta.tables.DeltaMergeBuilder;
import io.delta.tables.DeltaTable;
import io.sluice.spec.SchemaEvolution;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.StructType;

/**
 * Merges the batches of a job into a table, each exactly once, as {@link OncePerBatch} says.
 *
 * <p>A merge takes its ids from the session. They are there while it runs and never longer: any
 * later statement of the session would be taken for the same batch and left out.
 */
final class MergeCommit {

  /** A merge into a table as it is now. */
  @FunctionalInterface
  interface Statement {

    /**
     * Builds the merge.
     *
     * @param table the table, under the name {@code t}
     * @param now its columns
     * @param grown its columns once it has grown by those of the batch
     */
    DeltaMergeBuilder on(DeltaTable table, StructType now, StructType grown) throws Exception;
  }

  /** The name of the table in a merge. */
  static final String TABLE = "t";

  /** The name of the batch in a merge. */
  static final String SOURCE = "s";

  /** The name of the merge of a job's events within a batch. */
  static final String STEP = "merge";

  private static final String APP = "spark.databricks.delta.write.txnAppId";
  private static final String VERSION = "spark.databricks.delta.write.txnVersion";
  private static final String METADATA = "spark.databricks.delta.commitInfo.userMetadata";

  private final DeltaTarget target;
  private final OncePerBatch once;
  private final TableGrowth growth;

  /**
   * A merge of every batch of a job.
   *
   * @param step the name of the merge within a batch
   * @param evolution how the table may grow with the batch: in a commit before that of the merge
   */
  MergeCommit(DeltaTarget target, String step, SchemaEvolution evolution) {
    this.target = target;
    this.once = new OncePerBatch(target, step);
    this.growth = TableGrowth.of(evolution);
  }

  /**
   * Merges a batch, unless the table has it.
   *
   * @param columns the columns that the batch brings
   */
  CommitResult run(SparkSession spark, CommitRange range, StructType columns, Statement statement)
      throws Exception {
    return once.run(
        spark, range, (before, app) -> merge(spark, range, columns, statement, before, app));
  }

  private void merge(
      SparkSession spark,
      CommitRange range,
      StructType columns,
      Statement statement,
      Snapshot before,
      String app)
      throws Exception {
    StructType now = before.schema();
    if (growth.prepare(spark, target, before, columns)) {
      grow(spark, columns);
      now = target.columns(spark);
    }
    DeltaTable table = DeltaTable.forPath(spark, target.location()).as(TABLE);
    DeltaMergeBuilder merge = statement.on(table, now, growth.apply(now, columns));
    Map<String, String> ids =
        Map.of(APP, app, VERSION, Long.toString(range.batch()), METADATA, range.toJson());
    SessionSettings.during(spark, ids, merge::execute);
  }

  /**
   * Gives the table the batch's columns, in a commit before that of the merge: a merge resolves
   * what it makes of a nested column by the columns of before.
   */
  private void grow(SparkSession spark, StructType columns) {
    spark
        .createDataFrame(List.<Row>of(), columns.asNullable())
        .write()
        .format("delta")
        .mode("append")
        .option("mergeSchema", true)
        .save(target.location());
  }
}
