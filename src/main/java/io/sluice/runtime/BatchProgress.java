package io.sluice.runtime;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One batch that is in the table.
 *
 * @param job the job's name
 * @param batch the batch id
 * @param rows the rows it added
 * @param bad its messages that could not be decoded
 * @param time how long it took, from planning to the checkpoint
 * @param lagEntries the entries that wait in the topics after it; null when unknown
 * @param lagBytes the bytes that wait, as stored in Pulsar; null when unknown
 * @param version the table version that holds it
 * @param replayed whether an earlier run had written it already
 */
public record BatchProgress(
    String job,
    long batch,
    long rows,
    long bad,
    Duration time,
    @Nullable Long lagEntries,
    @Nullable Long lagBytes,
    long version,
    boolean replayed) {

  /** Rows per second over the whole batch. */
  public double rowsPerSecond() {
    return time.isZero() ? rows : rows * 1e9 / time.toNanos();
  }
}
