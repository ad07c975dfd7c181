package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.change.ChangeRows;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.ColumnMerge;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.CommitRange;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.IdempotentCommit;
import io.sluice.delta.TableWrite;
import io.sluice.delta.TopicPositions;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.spec.BadRecordPolicy;
import io.sluice.spec.JobSpec;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.spec.TriggerSpec;
import io.sluice.storage.S3Lake;
import io.sluice.transform.BadRecordFilter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the query of one job, each time it has to be started, once checkpoint, topics, steps and
 * table are known to fit.
 */
final class JobLauncher {

  private static final Logger LOG = LoggerFactory.getLogger(JobLauncher.class);
  private static final String STEP = "append";

  private final JobPlan plan;
  private final SparkSession session;
  private final DrainGate gate;
  private final ProgressListener listener;
  private final BadRecordFilter filter;
  private final JobRows rows;
  private final CheckpointLog log;

  JobLauncher(JobPlan plan, SparkSession session, DrainGate gate, ProgressListener listener) {
    this.plan = plan;
    this.session = session;
    this.gate = gate;
    this.listener = listener;
    this.filter = new BadRecordFilter(session.sparkContext());
    this.rows = new JobRows(plan, session, filter);
    this.log = new CheckpointLog(plan.checkpoint(), session.sparkContext().hadoopConfiguration());
  }

  /** Starts the query where its checkpoint ends, or, in a new epoch, where its table ends. */
  StreamingQuery launch(boolean newEpoch) throws Exception {
    JobSpec job = plan.spec();
    S3Lake.prepare(session, DeltaTarget.directory(session, job.target()), plan.checkpoint());
    Optional<CommitLedger.Newest> newest =
        DeltaTarget.find(session, job.target())
            .flatMap(table -> new CommitLedger(session, table).newest(job.name()));
    PinnedColumns before = log.columns(Long.MAX_VALUE).orElse(null);
    if (newEpoch && newest.isPresent()) {
      if (before == null && rows.isChanges()) {
        before = changed(newest.get().range());
      }
      finish(newest.get(), before);
    }
    CheckpointIdentity identity =
        new CheckpointIdentity(job, log, newest, () -> UUID.randomUUID().toString());
    Epoch epoch = newEpoch ? identity.openAnew() : identity.open();
    if (rows.isChanges()) {
      return launchChanges(before, newest, epoch);
    }
    PinnedColumns columns = columns(before, newest, epoch);

    Dataset<Row> stream = rows.stream(columns, epoch);
    TableWrite write = write(stream.schema());
    if (newest.isPresent() && newest.get().epoch().equals(epoch.previous())) {
      shutOut(newest.get(), epoch, write);
    }
    return query(
        stream,
        new BatchPipeline(
            new BatchRanges(plan, epoch.id(), log),
            write,
            new BadRecordStep(plan, rows, columns, filter),
            gate,
            listener::committed));
  }

  private StreamingQuery launchChanges(
      @Nullable PinnedColumns before, Optional<CommitLedger.Newest> newest, Epoch epoch)
      throws Exception {
    PinnedColumns columns = rows.known(before);
    ChangeTable table = new ChangeTable(plan, session, rows);
    if (newest.isPresent() && newest.get().epoch().equals(epoch.previous())) {
      Optional<ChangeTable.Batch> none = table.batch(noEvents(columns));
      if (none.isPresent()) {
        shutOut(newest.get(), epoch, none.get().write());
      }
    }
    return query(
        rows.messageStream(epoch),
        new ChangePipeline(
            plan,
            new BatchRanges(plan, epoch.id(), log),
            rows,
            table,
            new BadRecordStep(plan, rows, columns, filter),
            gate,
            listener,
            columns.payload()));
  }

  /** The columns of the newest batch, whose own record of them is lost with the checkpoint. */
  private PinnedColumns changed(@Nullable CommitRange range) {
    PinnedColumns declared = rows.known(null);
    if (range == null) {
      return declared;
    }
    StructType needed =
        ChangeRows.survey(rows.range(declared, range.from(), range.to()), declared.payload())
            .needed();
    return new PinnedColumns(
        ColumnMerge.of(declared.payload(), needed, true), RegisteredSchemas.none());
  }

  private Dataset<Row> noEvents(PinnedColumns columns) {
    TopicPositions nowhere = new TopicPositions(new TreeMap<>());
    return rows.range(columns, nowhere, nowhere);
  }

  private TableWrite write(StructType rows) {
    TargetSpec target = plan.spec().target();
    return target.autoCdc() == null
        ? new IdempotentCommit(DeltaTarget.open(session, target, rows), STEP, target.evolution())
        : AutoCdcWrite.open(
            session,
            target,
            rows,
            plan.spec().source().badRecords().policy() == BadRecordPolicy.FAIL);
  }

  /** The columns to go on with, kept before the first batch that they hold for. */
  private PinnedColumns columns(
      @Nullable PinnedColumns before, Optional<CommitLedger.Newest> newest, Epoch epoch) {
    if (!rows.hasRegisteredColumns()) {
      return new PinnedColumns(new StructType(), RegisteredSchemas.none());
    }
    OptionalLong logged = log.newestBatch();
    OptionalLong inTable =
        newest
            .filter(batch -> batch.epoch().equals(epoch.id()))
            .map(batch -> OptionalLong.of(batch.batch()))
            .orElse(OptionalLong.empty());
    boolean done = logged.isPresent() && log.isDone(logged.getAsLong());
    long next = ColumnPlanner.nextBatch(logged, done, inTable);
    boolean replay = logged.isPresent() && !done && next > logged.getAsLong();
    if (replay && before != null) {
      return before;
    }
    PinnedColumns registered = rows.registered();
    PinnedColumns columns =
        ColumnPlanner.next(before, registered.payload(), registered.schemas(), evolution());
    if (!columns.equals(before) || log.columns(next).isEmpty()) {
      log.keep(next, columns);
    }
    List<String> changes = ColumnPlanner.changes(before, columns);
    if (!changes.isEmpty()) {
      listener.evolved(changes);
    }
    return columns;
  }

  /**
   * Brings the bad messages of the newest batch into the quarantine, in case a driver died before
   * it did so: a new epoch begins after that batch.
   */
  private void finish(CommitLedger.Newest newest, @Nullable PinnedColumns columns)
      throws Exception {
    CommitRange range = newest.range();
    if (range == null || plan.spec().source().badRecords().policy() != BadRecordPolicy.QUARANTINE) {
      return;
    }
    PinnedColumns known =
        columns != null || !rows.hasRegisteredColumns() ? columns : rows.registered();
    PinnedColumns then = known == null || rows.isChanges() ? rows.known(known) : known;
    BadRecordStep step = new BadRecordStep(plan, rows, then, filter);
    try {
      step.apply(range, filter.seen(), true);
      finishRejected(step, range, then);
    } catch (Exception e) {
      if (SluiceException.in(e).filter(f -> f.condition() == Condition.DATA_LOSS).isEmpty()) {
        throw e;
      }
      // What is acknowledged was dealt with; only that may have been deleted by rights.
      LOG.warn(
          "The messages of batch {} of the job {} are gone, so it is not known whether bad ones"
              + " among them are all in the quarantine",
          range.batch(),
          plan.name(),
          e);
    }
  }

  private void finishRejected(BadRecordStep step, CommitRange range, PinnedColumns columns)
      throws Exception {
    if (plan.spec().target().autoCdc() == null) {
      return;
    }
    if (rows.isChanges()) {
      Dataset<Row> events = rows.range(columns, range.from(), range.to());
      Optional<Dataset<Row>> rejected =
          new ChangeTable(plan, session, rows).batch(events).flatMap(ChangeTable.Batch::rejected);
      if (rejected.isPresent()) {
        finishRejected(step, range, rejected.get());
      }
      return;
    }
    Dataset<Row> events = rows.result(columns, range.from(), range.to());
    AutoCdcWrite write = AutoCdcWrite.open(session, plan.spec().target(), events.schema(), false);
    finishRejected(step, range, write.rejected(events));
  }

  private static void finishRejected(BadRecordStep step, CommitRange range, Dataset<Row> rejected)
      throws Exception {
    long count = rejected.count();
    if (count > 0) {
      step.reject(rejected, count, range);
    }
  }

  private SchemaEvolution evolution() {
    return plan.spec().target().evolution();
  }

  private StreamingQuery query(Dataset<Row> stream, VoidFunction2<Dataset<Row>, Long> pipeline)
      throws TimeoutException {
    return stream
        .writeStream()
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
  private void shutOut(CommitLedger.Newest last, Epoch epoch, TableWrite write) throws Exception {
    TopicPositions end = epoch.start();
    if (end != null) {
      CommitRange held = last.range();
      write.shutOut(
          session,
          new CommitRange(
              plan.name(),
              last.epoch(),
              Long.MAX_VALUE,
              plan.spec().hash(),
              end,
              end,
              held == null ? List.of() : held.departed()));
    }
  }

  /** The job's table as it is now; empty if no batch has made it yet. */
  Optional<DeltaTarget> table() {
    return DeltaTarget.find(session, plan.spec().target());
  }

  /** The newest version of the job's table. */
  long version(DeltaTarget table) {
    return table.version(session);
  }

  /** The failure of a job whose checkpoint, table or topics do not let it start, or go on. */
  SluiceException named(Exception failure) {
    SluiceException named =
        FailureReport.of(
            failure,
            plan.name(),
            "the table %s or the checkpoint %s"
                .formatted(plan.spec().target().table(), plan.checkpoint()));
    return named.condition() == Condition.SCHEMA_CHANGED && !isCuredByStart(named)
        ? new SluiceException(
            Condition.SCHEMA_CHANGED,
            "The job %s has schema_evolution: %s and stops before the new version. To take it up, run the job once with --set target.schema_evolution=add_columns. %s"
                .formatted(
                    plan.name(), evolution().name().toLowerCase(Locale.ROOT), named.getMessage()),
            named)
        : named;
  }

  /** Whether a failure says that the query only has to be started again. */
  boolean isCuredByStart(SluiceException failure) {
    return failure.condition() == Condition.SCHEMA_CHANGED && evolution() != SchemaEvolution.STRICT;
  }
}
