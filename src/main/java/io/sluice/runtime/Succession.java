package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.change.ChangeRows;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.ColumnMerge;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.CommitRange;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.EpochEnd;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.spec.BadRecordPolicy;
import io.sluice.transform.BadRecordFilter;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a job passes from one epoch to the next: what the one before may have left undone is done,
 * and no driver that is still in it can write any more.
 */
final class Succession {

  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

  private final JobPlan plan;
  private final SparkSession session;
  private final JobRows rows;
  private final BadRecordFilter filter;
  private final CommitLedger.@Nullable Newest newest;

  /**
   * The end of an epoch.
   *
   * @param newest the job's newest batch in the table; empty when there is none
   */
  Succession(
      JobPlan plan,
      SparkSession session,
      JobRows rows,
      BadRecordFilter filter,
      Optional<CommitLedger.Newest> newest) {
    this.plan = plan;
    this.session = session;
    this.rows = rows;
    this.filter = filter;
    this.newest = newest.orElse(null);
  }

  /**
   * Brings the bad messages of the newest batch into the quarantine, in case a driver died before
   * it did so: a new epoch begins after that batch.
   *
   * @param known the columns that the checkpoint knows of
   * @return the columns to begin with, as far as they are known
   */
  @Nullable PinnedColumns finish(@Nullable PinnedColumns known) throws Exception {
    if (newest == null) {
      return known;
    }
    PinnedColumns columns = known == null && rows.isChanges() ? changed(newest.range()) : known;
    finish(newest.range(), columns);
    return columns;
  }

  /** Whether the table's newest batch is of the epoch before. */
  boolean isDue(Epoch epoch) {
    return newest != null && newest.epoch().equals(epoch.previous());
  }

  /**
   * Ends the epoch before, which is {@linkplain #isDue due}.
   *
   * @throws SluiceException FENCED if a driver of it has written since, or another epoch goes on
   */
  void end(Epoch epoch) {
    if (newest != null && epoch.start() != null) {
      CommitRange last = newest.range();
      if (last == null) {
        last =
            new CommitRange(
                plan.name(),
                newest.epoch(),
                newest.batch(),
                plan.spec().hash(),
                epoch.start(),
                epoch.start());
      }
      new EpochEnd(session, last).commit(plan.spec().target(), epoch.id());
    }
  }

  private void finish(@Nullable CommitRange range, @Nullable PinnedColumns columns)
      throws Exception {
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

  /** The columns of the newest batch, whose own record of them is lost with the checkpoint. */
  private PinnedColumns changed(@Nullable CommitRange last) {
    PinnedColumns declared = rows.known(null);
    CommitRange range = last == null || last.hasMessages() ? last : newestWithMessages();
    if (range == null) {
      return declared;
    }
    StructType needed =
        ChangeRows.survey(rows.range(declared, range.from(), range.to()), declared.payload())
            .needed();
    return new PinnedColumns(
        ColumnMerge.of(declared.payload(), needed, true), RegisteredSchemas.none());
  }

  private @Nullable CommitRange newestWithMessages() {
    return DeltaTarget.find(session, plan.spec().target()).stream()
        .flatMap(table -> new CommitLedger(session, table).ranges(plan.name()).stream())
        .filter(CommitRange::hasMessages)
        .reduce((one, next) -> next)
        .orElse(null);
  }
}
