package io.sluice.delta;

/**
 * One batch as the table holds it.
 *
 * @param version the table version whose commit holds the batch
 * @param rows the rows of that commit
 * @param replayed whether the commit was there already, made by an earlier run of the same batch
 */
public record CommitResult(long version, long rows, boolean replayed) {}
