package io.sluice.delta;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** How the batches of a job get into its table, each exactly once. */
public interface TableWrite {

  /**
   * Brings a batch into the table, unless the table has it.
   *
   * @param rows the batch as the job's steps leave it
   * @param range the batch and the messages it holds
   * @return the commit that holds the batch
   * @throws io.sluice.SluiceException FENCED, CHECKPOINT_MISMATCH, TABLE_MISMATCH, STORAGE_FAILED,
   *     or what the rows themselves are refused for
   * @throws Exception what else Spark throws, as it is: Spark knows its own interruptions by type
   */
  CommitResult write(Dataset<Row> rows, CommitRange range) throws Exception;
}
