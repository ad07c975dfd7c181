package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.IdempotentCommit;
import io.sluice.delta.TableWrite;
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

  private final JobPlan plan;
  private final SparkSession session;
  private final DrainGate gate;
  private final ProgressListener listener;
  private final BadRecordFilter filter;
  private final JobRows rows;
  private final Checkpoint checkpoint;
  private @Nullable String opened;

  /**
   * A query that can be started.
   *
   * @param pipeline the steps of a batch
   */
  private record Prepared(Dataset<Row> stream, VoidFunction2<Dataset<Row>, Long> pipeline) {}

  JobLauncher(JobPlan plan, SparkSession session, DrainGate gate, ProgressListener listener) {
    this.plan = plan;
    this.session = session;
    this.gate = gate;
    this.listener = listener;
    this.filter = new BadRecordFilter(session.sparkContext());
    this.rows = new JobRows(plan, session, filter);
    this.checkpoint =
        new Checkpoint(plan.checkpoint(), session.sparkContext().hadoopConfiguration());
  }

  /** Starts the query where its checkpoint ends, or, in a new epoch, where its table ends. */
  StreamingQuery launch(boolean newEpoch) throws Exception {
    JobSpec job = plan.spec();
    S3Lake.prepare(session, DeltaTarget.directory(session, job.target()), plan.checkpoint());
    Optional<CommitLedger.Newest> newest = CommitLedger.newest(session, job.target(), job.name());
    boolean succeeds = newEpoch && newest.isPresent();
    CheckpointLog held = checkpoint.log(newest);
    Succession succession = new Succession(plan, session, rows, filter, newest);
    CheckpointIdentity identity =
        new CheckpointIdentity(job, checkpoint, newest, () -> UUID.randomUUID().toString());
    Epoch epoch = succeeds ? identity.successor() : open(identity, newest);
    requireSame(epoch);
    PinnedColumns before = succeeds ? succession.finish(known(held, newest.get())) : columns(held);
    CheckpointLog log = succeeds ? checkpoint.begin(epoch) : held;
    Prepared prepared =
        rows.isChanges()
            ? changes(before, epoch, log, succession.isDue(epoch))
            : decoded(columns(before, newest, epoch, log), epoch, log);
    if (succession.isDue(epoch)) {
      succession.end(epoch);
    }
    return query(prepared, log);
  }

  /** A driver that is left behind does not join those of the epoch that goes on. */
  private void requireSame(Epoch epoch) {
    if (opened != null && !opened.equals(epoch.id())) {
      throw new SluiceException(
          Condition.FENCED,
          "A run of the job %s with --new-epoch has taken the table %s over from this one. Let that one run; nothing is lost."
              .formatted(plan.name(), plan.spec().target().table()));
    }
    opened = epoch.id();
  }

  private Epoch open(CheckpointIdentity identity, Optional<CommitLedger.Newest> newest) {
    try {
      return identity.open();
    } catch (SluiceException e) {
      JobSpec job = plan.spec();
      if (CommitLedger.newest(session, job.target(), job.name()).equals(newest)) {
        throw e;
      }
      // The checkpoint was read later than the table; what differs is a batch in between.
      throw new SluiceException(
          Condition.FENCED,
          "Another running instance of the job %s has written to the table %s while this one started. Let one of the two run; nothing is lost."
              .formatted(job.name(), job.target().table()),
          e);
    }
  }

  private static @Nullable PinnedColumns columns(CheckpointLog log) {
    return log.columns(Long.MAX_VALUE).orElse(null);
  }

  /** The columns of the table's newest batch, unless the checkpoint that is left has them not. */
  private @Nullable PinnedColumns known(CheckpointLog left, CommitLedger.Newest newest) {
    try {
      return left.epoch().filter(epoch -> epoch.isOf(newest.epoch())).isPresent()
          ? columns(left)
          : null;
    } catch (SluiceException e) {
      if (e.condition() != Condition.CHECKPOINT_MISMATCH) {
        throw e;
      }
      LOG.warn("The job {} leaves a checkpoint that cannot be read", plan.name(), e);
      return null;
    }
  }

  private Prepared decoded(PinnedColumns columns, Epoch epoch, CheckpointLog log) {
    Dataset<Row> stream = rows.stream(columns, epoch);
    TableWrite write = write(stream.schema());
    return new Prepared(
        stream,
        new BatchPipeline(
            new BatchRanges(plan, epoch.id(), log),
            write,
            new BadRecordStep(plan, rows, columns, filter),
            gate,
            listener::committed));
  }

  private Prepared changes(
      @Nullable PinnedColumns before, Epoch epoch, CheckpointLog log, boolean begins) {
    PinnedColumns columns = rows.known(before);
    ChangeTable table = new ChangeTable(plan, session, rows);
    if (begins) {
      log.keep(0, columns);
      // What does not fit is refused while the epoch before still goes on.
      table.batch(rows.none(columns));
    }
    return new Prepared(
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

  private TableWrite write(StructType rows) {
    TargetSpec target = plan.spec().target();
    return target.autoCdc() == null
        ? new IdempotentCommit(
            DeltaTarget.open(session, target, rows), IdempotentCommit.STEP, target.evolution())
        : AutoCdcWrite.open(
            session,
            target,
            rows,
            plan.spec().source().badRecords().policy() == BadRecordPolicy.FAIL);
  }

  /** The columns to go on with, kept before the first batch that they hold for. */
  private PinnedColumns columns(
      @Nullable PinnedColumns before,
      Optional<CommitLedger.Newest> newest,
      Epoch epoch,
      CheckpointLog log) {
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

  private SchemaEvolution evolution() {
    return plan.spec().target().evolution();
  }

  private StreamingQuery query(Prepared prepared, CheckpointLog log) throws TimeoutException {
    return prepared
        .stream
        .writeStream()
        .queryName(plan.name())
        .option("checkpointLocation", log.location())
        .trigger(trigger(plan.spec().trigger()))
        .foreachBatch(prepared.pipeline)
        .start();
  }

  private static Trigger trigger(TriggerSpec spec) {
    return spec instanceof TriggerSpec.Every every
        ? Trigger.ProcessingTime(every.interval().toMillis())
        : Trigger.AvailableNow();
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
