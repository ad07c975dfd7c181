package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.CommitRange;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.IdempotentCommit;
import io.sluice.delta.TopicPositions;
import io.sluice.spec.JobSpec;
import io.sluice.spec.PayloadFormat;
import io.sluice.spec.TransformStep;
import io.sluice.spec.TriggerSpec;
import io.sluice.transform.InputView;
import io.sluice.transform.SqlStep;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;

/** One job with its query, from the first check to the end. */
final class RunningJob {

  private static final String STEP = "append";
  private static final Duration REPORTS = Duration.ofSeconds(5);

  private final JobPlan plan;
  private final StreamingQuery query;
  private final DrainGate gate;
  private final ProgressListener listener;

  private RunningJob(
      JobPlan plan, StreamingQuery query, DrainGate gate, ProgressListener listener) {
    this.plan = plan;
    this.query = query;
    this.gate = gate;
    this.listener = listener;
  }

  /**
   * Starts a job, once its checkpoint, topics, steps and table are known to fit.
   *
   * @param newEpoch whether to leave the checkpoint and go on where the table ends
   * @throws SluiceException the reason why the job cannot start
   */
  static RunningJob start(
      JobPlan plan, SparkSession spark, boolean newEpoch, ProgressReporter reporter) {
    try {
      return startUnnamed(plan, SparkSettings.forJob(spark), newEpoch, reporter);
    } catch (Exception e) {
      throw FailureReport.of(e, plan.name(), places(plan));
    }
  }

  private static RunningJob startUnnamed(
      JobPlan plan, SparkSession session, boolean newEpoch, ProgressReporter reporter)
      throws Exception {
    JobSpec job = plan.spec();
    CheckpointLog log =
        new CheckpointLog(plan.checkpoint(), session.sparkContext().hadoopConfiguration());
    Optional<CommitLedger.Newest> newest =
        DeltaTarget.find(session, job.target())
            .flatMap(table -> new CommitLedger(session, table).newest(job.name()));
    CheckpointIdentity identity =
        new CheckpointIdentity(job, log, newest, () -> UUID.randomUUID().toString());
    Epoch epoch = newEpoch ? identity.openAnew() : identity.open();

    Dataset<Row> rows = rows(plan, session, epoch);
    DeltaTarget target = DeltaTarget.open(session, job.target(), rows.schema());
    IdempotentCommit commit = new IdempotentCommit(target, STEP);
    if (newest.isPresent() && newest.get().epoch().equals(epoch.previous())) {
      shutOut(newest.get().epoch(), epoch, commit, rows, job);
    }

    DrainGate gate = new DrainGate();
    ProgressListener listener = new ProgressListener(plan.name(), reporter);
    session.streams().addListener(listener);
    BatchPipeline pipeline =
        new BatchPipeline(plan, epoch.id(), log, commit, gate, listener::committed);
    StreamingQuery query = query(plan, rows, pipeline);
    reporter.started(plan.name(), job.target().table(), plan.checkpoint());
    return new RunningJob(plan, query, gate, listener);
  }

  private static Dataset<Row> rows(JobPlan plan, SparkSession session, Epoch epoch) {
    Map<String, String> options = new HashMap<>(plan.sourceOptions());
    if (epoch.start() != null) {
      options.put("startingOffsets", epoch.start().toJson());
    }
    JobSpec job = plan.spec();
    Dataset<Row> rows =
        InputView.of(
            session.readStream().format("pulsar").options(options).load(),
            job.source().format() == PayloadFormat.JSON ? job.source().schema() : null);
    for (TransformStep step : job.transform()) {
      rows = SqlStep.apply(rows, (TransformStep.Sql) step);
    }
    if (!rows.isStreaming()) {
      throw new SluiceException(
          Condition.TRANSFORM_FAILED,
          "The steps of the job %s read nothing of the topics: select from `%s`."
              .formatted(job.name(), SqlStep.INPUT));
    }
    return InputView.result(rows);
  }

  private static StreamingQuery query(JobPlan plan, Dataset<Row> rows, BatchPipeline pipeline)
      throws TimeoutException {
    return rows.writeStream()
        .queryName(plan.name())
        .option("checkpointLocation", plan.checkpoint())
        .trigger(trigger(plan.spec().trigger()))
        .foreachBatch(pipeline)
        .start();
  }

  private static Trigger trigger(TriggerSpec spec) {
    return spec instanceof TriggerSpec.Every every
        ? Trigger.ProcessingTime(every.interval().toMillis())
        : Trigger.AvailableNow();
  }

  /** Uses up the batch ids of the epoch before, so that no driver left in it can write again. */
  private static void shutOut(
      String previous, Epoch epoch, IdempotentCommit commit, Dataset<Row> rows, JobSpec job)
      throws Exception {
    TopicPositions end = epoch.start();
    if (end != null) {
      commit.append(
          rows.sparkSession().createDataFrame(List.<Row>of(), rows.schema()),
          new CommitRange(job.name(), previous, Long.MAX_VALUE, job.hash(), end, end));
    }
  }

  /** Whether the job still runs. */
  boolean isActive() {
    return query.isActive();
  }

  /**
   * Waits for the job's end.
   *
   * @param patience how long at most
   * @return whether it has ended
   * @throws SluiceException the reason, when it ended by a failure
   */
  boolean await(Duration patience) {
    try {
      return query.awaitTermination(patience.toMillis());
    } catch (Exception e) {
      if (gate.isClosed()) {
        return true;
      }
      throw FailureReport.of(e, plan.name(), places(plan));
    }
  }

  /** Reports the end of a job that has ended without failure. */
  void reportEnd() throws InterruptedException {
    listener.ended(REPORTS);
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
    query.stop();
  }

  /** Stops the job at once; the next run does again what is cut off. */
  void stop() throws TimeoutException {
    gate.close();
    query.stop();
  }

  private static String places(JobPlan plan) {
    return "the table %s or the checkpoint %s"
        .formatted(plan.spec().target().table(), plan.checkpoint());
  }
}
