package io.sluice.runtime;

import io.sluice.SluiceException;
import java.time.Duration;
import java.util.List;

/** Who is told what running jobs do; called from several threads. */
public interface ProgressReporter {

  /** A job has started, or goes on after an earlier run. */
  void started(String job, String table, String checkpoint);

  /** A batch is in the table. */
  void batch(BatchProgress progress);

  /**
   * A job goes on with other columns, because a schema has changed.
   *
   * @param changes one line per column: {@code + name TYPE}, {@code ~ name OLD -> NEW}
   */
  void evolved(String job, List<String> changes);

  /**
   * A job whose query had stopped for a change of a schema runs again.
   *
   * @param pause how long it did not run
   */
  void startedAgain(String job, Duration pause);

  /** A job has ended without failure, or was stopped after a batch. */
  void ended(JobSummary summary);

  /** A job has failed, and others of its kind go on. */
  void failed(String job, SluiceException reason);

  /** The process was asked to stop; the batches in flight are finished first. */
  void draining();
}
