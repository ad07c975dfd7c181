package io.sluice.runtime;

import io.sluice.delta.CommitResult;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.streaming.SourceProgress;
import org.apache.spark.sql.streaming.StreamingQueryListener;
import org.apache.spark.sql.streaming.StreamingQueryProgress;
import org.jspecify.annotations.Nullable;

/**
 * Joins what the table says of a batch with what Spark says of it, and reports both as one.
 *
 * <p>Spark delivers its part later and, under load, perhaps never; nothing but reports depends on
 * it.
 */
final class ProgressListener extends StreamingQueryListener {

  private final String job;
  private final ProgressReporter reporter;

  private record Outcome(CommitResult commit, long bad) {}

  private final Map<Long, Outcome> unreported = new HashMap<>();
  private long batches;
  private long rows;
  private long bad;

  /** So much has got into the table. */
  record Totals(long batches, long rows, long bad) {}

  ProgressListener(String job, ProgressReporter reporter) {
    this.job = job;
    this.reporter = reporter;
  }

  /** The table has a batch, and so many of its messages could not be decoded. */
  synchronized void committed(long batch, CommitResult result, long bad) {
    unreported.put(batch, new Outcome(result, bad));
    batches++;
    rows += result.replayed() ? 0 : result.rows();
    this.bad += bad;
  }

  /** How many batches the table has got. */
  synchronized long batches() {
    return batches;
  }

  /** The job goes on with other columns. */
  void evolved(List<String> changes) {
    reporter.evolved(job, changes);
  }

  /** The job's query runs again, so long after a change of a schema had stopped it. */
  void startedAgain(Duration pause) {
    reporter.startedAgain(job, pause);
  }

  /** All that was done until now, after waiting a little for the reports of the batches. */
  synchronized Totals totals(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (!unreported.isEmpty() && System.nanoTime() < end) {
      wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
    }
    return new Totals(batches, rows, bad);
  }

  /** The job has ended. */
  void ended(JobSummary summary) {
    reporter.ended(summary);
  }

  @Override
  public void onQueryStarted(QueryStartedEvent event) {}

  @Override
  public synchronized void onQueryProgress(QueryProgressEvent event) {
    StreamingQueryProgress progress = event.progress();
    Outcome outcome = job.equals(progress.name()) ? unreported.remove(progress.batchId()) : null;
    if (outcome == null) {
      return;
    }
    notifyAll();
    CommitResult result = outcome.commit();
    Map<String, String> source = sourceMetrics(progress);
    reporter.batch(
        new BatchProgress(
            job,
            progress.batchId(),
            result.rows(),
            outcome.bad(),
            Duration.ofMillis(progress.durationMs().getOrDefault("triggerExecution", 0L)),
            number(source.get("backlogEntries")),
            number(source.get("backlogBytes")),
            result.version(),
            result.replayed()));
  }

  @Override
  public void onQueryTerminated(QueryTerminatedEvent event) {}

  private static Map<String, String> sourceMetrics(StreamingQueryProgress progress) {
    SourceProgress[] sources = progress.sources();
    return sources.length == 0 ? Map.of() : sources[0].metrics();
  }

  private static @Nullable Long number(@Nullable String text) {
    try {
      return text == null ? null : Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
