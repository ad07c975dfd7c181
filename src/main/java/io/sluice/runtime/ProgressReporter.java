package io.sluice.runtime;

/** Who is told what running jobs do; called from several threads. */
public interface ProgressReporter {

  /** A job has started, or goes on after an earlier run. */
  void started(String job, String table, String checkpoint);

  /** A batch is in the table. */
  void batch(BatchProgress progress);

  /** A job has ended without failure. */
  void ended(String job, long batches, long rows);

  /** The process was asked to stop; the batches in flight are finished first. */
  void draining();
}
