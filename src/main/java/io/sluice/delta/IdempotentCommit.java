package io.sluice.delta;

import io.sluice.spec.SchemaEvolution;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.delta.Snapshot;

/** Appends the batches of a job to a table, each exactly once, as {@link OncePerBatch} says. */
public final class IdempotentCommit implements TableWrite {

  /** The name of the write of a job's rows within a batch. */
  public static final String STEP = "append";

  private final DeltaTarget target;
  private final OncePerBatch once;
  private final TableGrowth growth;

  /**
   * A write of every batch of a job.
   *
   * @param target the table; it gets one such write per batch
   * @param step the name of the write within a batch
   * @param evolution how the table may grow with the rows: in the commit that adds them
   */
  public IdempotentCommit(DeltaTarget target, String step, SchemaEvolution evolution) {
    this.target = target;
    this.once = new OncePerBatch(target, step);
    this.growth = TableGrowth.of(evolution);
  }

  /**
   * {@inheritDoc}
   *
   * @param rows the rows, with columns that fit the table's by name, or that it may grow by
   */
  @Override
  public CommitResult write(Dataset<Row> rows, CommitRange range) throws Exception {
    return once.run(rows.sparkSession(), range, (before, app) -> append(rows, range, before, app));
  }

  private void append(Dataset<Row> rows, CommitRange range, Snapshot before, String app) {
    boolean grow = growth.prepare(rows.sparkSession(), target, before, rows.schema());
    rows.write()
        .format("delta")
        .mode("append")
        .option("txnAppId", app)
        .option("txnVersion", range.batch())
        .option("userMetadata", range.toJson())
        .option("mergeSchema", grow)
        .save(target.location());
  }
}
