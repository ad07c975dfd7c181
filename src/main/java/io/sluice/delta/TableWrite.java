package io.sluice.delta;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

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

  /**
   * Uses up the ids of an epoch's batches, so that no driver left in it can write again, and makes
   * the next one known.
   *
   * @param last the epoch's newest batch, as the table has it
   * @param successor the epoch that goes on
   * @throws io.sluice.SluiceException FENCED if the table has another batch of it by now, or
   *     another epoch goes on already; the table's rows are the same in any case
   */
  void shutOut(SparkSession spark, CommitRange last, String successor) throws Exception;
}
