package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.DeltaTarget;
import io.sluice.spec.TriggerSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.jspecify.annotations.Nullable;

/** One job with its query, from the first check to the end, over changes of its topics' schema. */
final class RunningJob {

  private static final Duration REPORTS = Duration.ofSeconds(5);

  /** A version that stops the query anew each time it is started would do so for ever. */
  private static final int FUTILE_STARTS = 3;

  private final JobPlan plan;
  private final JobLauncher launcher;
  private final DrainGate gate;
  private final ProgressListener listener;
  private volatile StreamingQuery query;
  private volatile Instant launched;
  private int starts = 1;
  private long batchesAtStart;
  private int futileStarts;

  private RunningJob(
      JobPlan plan,
      JobLauncher launcher,
      DrainGate gate,
      ProgressListener listener,
      Instant launched,
      StreamingQuery query) {
    this.plan = plan;
    this.launcher = launcher;
    this.gate = gate;
    this.listener = listener;
    this.launched = launched;
    this.query = query;
  }

  /**
   * Starts a job, once its checkpoint, topics, steps and table are known to fit.
   *
   * @param newEpoch whether to begin a new epoch where the table ends
   * @throws SluiceException the reason why the job cannot start
   */
  static RunningJob start(
      JobPlan plan, SparkSession spark, boolean newEpoch, ProgressReporter reporter) {
    SparkSession session = SparkSettings.forJob(spark);
    DrainGate gate = new DrainGate();
    ProgressListener listener = new ProgressListener(plan.name(), reporter);
    JobLauncher launcher = new JobLauncher(plan, session, gate, listener);
    session.streams().addListener(listener);
    try {
      Instant launched = Instant.now();
      StreamingQuery query = launcher.launch(newEpoch);
      reporter.started(plan.name(), plan.spec().target().table(), plan.checkpoint());
      return new RunningJob(plan, launcher, gate, listener, launched, query);
    } catch (Exception e) {
      throw launcher.named(e);
    }
  }

  /** The job's name. */
  String name() {
    return plan.name();
  }

  /** How many times its query was started. */
  synchronized int starts() {
    return starts;
  }

  /** Whether the job still runs. */
  boolean isActive() {
    return query.isActive();
  }

  /**
   * Waits for the job's end. A query that a new schema version has stopped between two batches is
   * started again with the columns that it needs now.
   *
   * @param patience how long at most
   * @return whether it has ended
   * @throws SluiceException the reason, when it ended by a failure
   */
  boolean await(Duration patience) throws InterruptedException {
    try {
      return query.awaitTermination(patience.toMillis());
    } catch (Exception e) {
      // Spark throws it undeclared.
      if (e instanceof InterruptedException stopped) {
        throw stopped;
      }
      if (gate.isClosed()) {
        return true;
      }
      SluiceException failure = launcher.named(e);
      if (!launcher.isCuredByStart(failure)) {
        throw failure;
      }
      startAgain(failure);
      return gate.isClosed();
    }
  }

  private synchronized void startAgain(SluiceException reason) {
    futileStarts = listener.batches() == batchesAtStart ? futileStarts + 1 : 0;
    if (futileStarts > FUTILE_STARTS) {
      throw new SluiceException(
          Condition.SCHEMA_CHANGED,
          "The job %s was started %d times for the same change of a schema and cannot get past it: %s"
              .formatted(plan.name(), futileStarts, reason.getMessage()),
          reason);
    }
    batchesAtStart = listener.batches();
    if (gate.isClosed()) {
      return;
    }
    long stopped = System.nanoTime();
    try {
      launched = Instant.now();
      query = launcher.launch(false);
      starts++;
      listener.startedAgain(Duration.ofNanos(System.nanoTime() - stopped));
    } catch (Exception e) {
      throw launcher.named(e);
    }
  }

  /** Reports the end of a job that has ended without failure. */
  void reportEnd() throws InterruptedException {
    ProgressListener.Totals totals = listener.totals(REPORTS);
    // A process that is asked to stop has no time for the lake.
    Optional<DeltaTarget> table = gate.isClosed() ? Optional.empty() : launcher.table();
    listener.ended(
        new JobSummary(
            plan.name(),
            plan.spec().target().table(),
            table.map(DeltaTarget::location).orElse(null),
            table.map(launcher::version).orElse(null),
            totals.batches(),
            totals.rows(),
            totals.bad(),
            completeUntil()));
  }

  /** The source asks for the ends of the topics once it is launched, and reads up to there. */
  private @Nullable Instant completeUntil() {
    boolean whole = plan.spec().trigger() instanceof TriggerSpec.AvailableNow && !gate.isClosed();
    return whole ? launched : null;
  }

  /** Keeps the job from beginning another batch. */
  void beginDrain() {
    gate.close();
  }

  /**
   * Stops the job after the batch it is in.
   *
   * @param deadline how long to wait for that batch; what is cut off is done again by the next run
   */
  void drain(Duration deadline) throws InterruptedException, TimeoutException {
    gate.close();
    gate.awaitDrained(() -> !query.isActive() || !query.status().isTriggerActive(), deadline);
    stop();
  }

  /** Stops the job at once; the next run does again what is cut off. */
  synchronized void stop() throws TimeoutException {
    gate.close();
    query.stop();
  }
}
