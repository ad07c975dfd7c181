package io.sluice.delta;

import java.time.Instant;

/**
 * A batch of a job as the table's log has it.
 *
 * @param version the table version that it made
 * @param time when it was committed, by the clock of the driver
 * @param range the batch and its messages
 */
public record BatchCommit(long version, Instant time, CommitRange range) {}
