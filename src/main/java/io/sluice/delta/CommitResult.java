package io.sluice.delta;

/**
 * One batch as the table holds it.
 *
 * @param version the table version whose commit holds the batch
 * @param rows the rows that the commit added, changed or deleted
 * @param replayed whether the commit was there already, made by an earlier run of the same batch
 * @param rejected the events of the batch that cannot be merged and are not, or not as a whole, in
 *     the table
 */
public record CommitResult(long version, long rows, boolean replayed, long rejected) {

  /** A batch of which every row is in the table. */
  public CommitResult(long version, long rows, boolean replayed) {
    this(version, rows, replayed, 0);
  }

  /** The same batch with a number of events that are not in the table. */
  CommitResult rejecting(long events) {
    return new CommitResult(version, rows, replayed, events);
  }
}
