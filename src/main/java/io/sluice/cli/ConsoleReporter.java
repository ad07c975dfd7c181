package io.sluice.cli;

import io.sluice.SluiceException;
import io.sluice.runtime.BatchProgress;
import io.sluice.runtime.JobSummary;
import io.sluice.runtime.ProgressReporter;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.Locale;

/** Prints what jobs do, one line for each thing, for a person who looks on. */
final class ConsoleReporter implements ProgressReporter {

  private static final long KIB = 1024;

  private final PrintWriter out;
  private final Clock clock;

  ConsoleReporter(PrintWriter out, Clock clock) {
    this.out = out;
    this.clock = clock;
  }

  @Override
  public void started(String job, String table, String checkpoint) {
    line(job, "started: table " + table + ", checkpoint " + checkpoint);
  }

  @Override
  public void batch(BatchProgress progress) {
    line(
        progress.job(),
        text(
            "batch %d  %,d rows%s%s  %,.0f rows/s  lag %s  %.1f s  table version %d",
            progress.batch(),
            progress.rows(),
            progress.replayed() ? " (already in the table)" : "",
            progress.bad() == 0 ? "" : text("  %,d undecodable", progress.bad()),
            progress.rowsPerSecond(),
            lag(progress),
            progress.time().toMillis() / 1000.0,
            progress.version()));
  }

  @Override
  public void evolved(String job, List<String> changes) {
    line(job, "columns changed: " + String.join(", ", changes));
  }

  @Override
  public void startedAgain(String job, Duration pause) {
    line(job, text("goes on after %.1f s", pause.toMillis() / 1000.0));
  }

  @Override
  public void ended(JobSummary summary) {
    line(summary.job(), text("ended: %,d rows in %,d batches", summary.rows(), summary.batches()));
  }

  @Override
  public void failed(String job, SluiceException reason) {
    line(job, "failed, the others go on: " + reason.getMessage());
  }

  @Override
  public void draining() {
    line("sluice", "asked to stop: finishing the batches in flight");
  }

  private void line(String job, String text) {
    synchronized (out) {
      out.printf("%tT  %s  %s%n", LocalTime.now(clock), job, text);
      out.flush();
    }
  }

  private static String lag(BatchProgress progress) {
    Long entries = progress.lagEntries();
    Long bytes = progress.lagBytes();
    return entries == null || bytes == null
        ? "unknown"
        : text("%,d entries (%s)", entries, size(bytes));
  }

  private static String size(long bytes) {
    if (bytes < KIB) {
      return bytes + " B";
    }
    int power = Math.min(4, (63 - Long.numberOfLeadingZeros(bytes)) / 10);
    return text("%.1f %ciB", bytes / Math.pow(KIB, power), "KMGT".charAt(power - 1));
  }

  /** The same text everywhere: scripts read it too. */
  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
