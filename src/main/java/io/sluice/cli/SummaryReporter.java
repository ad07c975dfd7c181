package io.sluice.cli;

import io.sluice.SluiceException;
import io.sluice.runtime.BatchProgress;
import io.sluice.runtime.JobSummary;
import io.sluice.runtime.ProgressReporter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps how jobs have ended, and passes on all that it is told. */
final class SummaryReporter implements ProgressReporter {

  private final ProgressReporter next;
  private final List<JobSummary> ended = new CopyOnWriteArrayList<>();
  private volatile boolean stopped;

  SummaryReporter(ProgressReporter next) {
    this.next = next;
  }

  /** The jobs that have ended without failure, in the order of their ends. */
  List<JobSummary> ended() {
    return List.copyOf(ended);
  }

  /** Whether the process was asked to stop. */
  boolean isStopped() {
    return stopped;
  }

  @Override
  public void started(String job, String table, String checkpoint) {
    next.started(job, table, checkpoint);
  }

  @Override
  public void batch(BatchProgress progress) {
    next.batch(progress);
  }

  @Override
  public void evolved(String job, List<String> changes) {
    next.evolved(job, changes);
  }

  @Override
  public void startedAgain(String job, Duration pause) {
    next.startedAgain(job, pause);
  }

  @Override
  public void ended(JobSummary summary) {
    ended.add(summary);
    next.ended(summary);
  }

  @Override
  public void failed(String job, SluiceException reason) {
    next.failed(job, reason);
  }

  @Override
  public void draining() {
    stopped = true;
    next.draining();
  }
}
