package io.sluice.runtime;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one run of a job has done, told at its end.
 *
 * @param job the job's name; of a job with a table for each topic, that of the topic's own
 * @param table the table as the job names it
 * @param location the table's directory with its scheme; null if there is no table yet, or if the
 *     process was asked to stop
 * @param version the table's newest version at the end, whoever made it; null likewise
 * @param batches the batches that this run has found or put in the table
 * @param rows the rows that it has added, changed or deleted there
 * @param bad the messages of these batches that were quarantined or dropped
 * @param completeUntil every message that was stored in the topics by then is in the table, or is
 *     one of the bad; null when the run was not one over all that there was
 */
public record JobSummary(
    String job,
    String table,
    @Nullable String location,
    @Nullable Long version,
    long batches,
    long rows,
    long bad,
    @Nullable Instant completeUntil) {}
