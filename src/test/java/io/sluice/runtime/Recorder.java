package io.sluice.runtime;

import io.sluice.SluiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Keeps what running jobs report. */
final class Recorder implements ProgressReporter {

  final List<BatchProgress> batches = Collections.synchronizedList(new ArrayList<>());
  final List<List<String>> evolutions = Collections.synchronizedList(new ArrayList<>());
  final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());
  final List<String> failed = Collections.synchronizedList(new ArrayList<>());
  final List<JobSummary> summaries = Collections.synchronizedList(new ArrayList<>());
  final List<String> ended = Collections.synchronizedList(new ArrayList<>());

  @Override
  public void started(String job, String table, String checkpoint) {}

  @Override
  public void batch(BatchProgress progress) {
    batches.add(progress);
  }

  @Override
  public void evolved(String job, List<String> changes) {
    evolutions.add(changes);
  }

  @Override
  public void startedAgain(String job, Duration pause) {
    pauses.add(pause);
  }

  @Override
  public void ended(JobSummary summary) {
    summaries.add(summary);
    ended.add(
        "%s: %d batches, %d rows".formatted(summary.job(), summary.batches(), summary.rows()));
  }

  @Override
  public void failed(String job, SluiceException reason) {
    failed.add(job + ": " + reason.getMessage());
  }

  @Override
  public void draining() {}
}
