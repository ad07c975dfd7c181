package io.sluice.runtime;

import io.sluice.FaultPoint;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.CommitRange;
import io.sluice.delta.CommitResult;
import io.sluice.delta.TableWrite;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The steps of one batch, in their order.
 *
 * <p>Spark has recorded the batch's messages before it calls, and records the batch as done after.
 * So whatever the process dies of in between, the same messages come again under the same id, and
 * {@link TableWrite} tells whether the table has them.
 */
final class BatchPipeline implements VoidFunction2<Dataset<Row>, Long> {

  /** Who is told of a batch that is in the table, with the number of its bad messages. */
  @FunctionalInterface
  interface Done {

    void committed(long batch, CommitResult result, long bad);
  }

  private final BatchRanges ranges;
  private final TableWrite write;
  private final BadRecordStep badRecords;
  private final DrainGate gate;
  private final Done done;

  /**
   * The pipeline of one job.
   *
   * @param ranges the messages of each batch
   * @param write the write to the table
   * @param badRecords what becomes of messages that cannot be decoded
   * @param gate what a batch passes first
   * @param done told of each batch that is in the table
   */
  BatchPipeline(
      BatchRanges ranges, TableWrite write, BadRecordStep badRecords, DrainGate gate, Done done) {
    this.ranges = ranges;
    this.write = write;
    this.badRecords = badRecords;
    this.gate = gate;
    this.done = done;
  }

  @Override
  public void call(Dataset<Row> rows, Long batch) throws Exception {
    gate.enter();
    try {
      FaultPoint.hit("runtime.batch-start");
      CommitRange range = ranges.of(batch);
      FaultPoint.hit("runtime.before-commit");
      long seen = badRecords.seen();
      CommitResult result = write.write(rows, range);
      FaultPoint.hit("runtime.after-commit");
      long bad = badRecords.apply(range, seen, result.replayed());
      if (result.rejected() > 0 && write instanceof AutoCdcWrite cdc) {
        bad += badRecords.reject(cdc.rejected(rows), result.rejected(), range);
      }
      done.committed(batch, result, bad);
    } finally {
      gate.leave();
    }
  }
}
