package io.sluice.runtime;

import static org.apache.spark.sql.functions.col;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.change.ChangeRows;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.CommitRange;
import io.sluice.delta.CommitResult;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.IdempotentCommit;
import io.sluice.delta.TableWrite;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.BadRecordPolicy;
import io.sluice.spec.TargetSpec;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table that the changes of a database's rows go to. By which columns it is merged is known
 * from the job, or from the table, or once the first events have named their key. Rows of a table
 * without a primary key name none: they are appended, as there is nothing to find a row by.
 */
final class ChangeTable {

  private static final Logger LOG = LoggerFactory.getLogger(ChangeTable.class);

  private final JobPlan plan;
  private final SparkSession session;
  private final JobRows rows;
  private @Nullable Way way;
  private @Nullable Opened opened;

  /**
   * How rows get into the table.
   *
   * @param merge how they are merged, null if they are appended
   */
  private record Way(@Nullable AutoCdcSpec merge) {}

  /**
   * The table, known to take rows of these columns.
   *
   * @param columns the columns of the rows
   */
  private record Opened(StructType columns, TableWrite write) {}

  /**
   * A batch on its way to the table.
   *
   * @param changes the rows as the job's steps leave them
   * @param write the write that takes them
   */
  record Batch(Dataset<Row> changes, TableWrite write) {

    CommitResult commit(CommitRange range) throws Exception {
      return write.write(changes, range);
    }

    /** The events that the write has not taken. */
    Optional<Dataset<Row>> rejected() {
      return write instanceof AutoCdcWrite cdc
          ? Optional.of(cdc.rejected(changes))
          : Optional.empty();
    }
  }

  ChangeTable(JobPlan plan, SparkSession session, JobRows rows) {
    this.plan = plan;
    this.session = session;
    this.rows = rows;
  }

  /**
   * A batch as the table takes it, which is created for the first one; empty if no event has named
   * a key yet and none is to be appended.
   *
   * @param events the events in normal form; to be persisted, as they may be looked at twice
   */
  Optional<Batch> batch(Dataset<Row> events) {
    Way known = way;
    if (known == null) {
      known = known().or(() -> named(events)).orElse(null);
      way = known;
    }
    if (known == null) {
      return Optional.empty();
    }
    Dataset<Row> changes = rows.changes(events, known.merge);
    return Optional.of(new Batch(changes, write(changes.schema(), known.merge)));
  }

  /** What the job or the table says. */
  private Optional<Way> known() {
    TargetSpec target = plan.spec().target();
    AutoCdcSpec merge = target.autoCdc();
    if (merge == null) {
      return Optional.of(new Way(null));
    }
    if (!merge.keys().isEmpty()) {
      return Optional.of(new Way(merge));
    }
    return AutoCdcWrite.keys(session, target)
        .map(keys -> new Way(merge.withKeys(keys)))
        .or(this::appended);
  }

  /** That of a table that the job has appended rows without a key to. */
  private Optional<Way> appended() {
    return CommitLedger.newest(session, plan.spec().target(), plan.name())
        .map(batch -> new Way(null));
  }

  /** What the events say; those that empty the table name no key. */
  private Optional<Way> named(Dataset<Row> events) {
    List<List<String>> keys =
        ChangeRows.changes(events)
            .where(col(ChangeRows.OP).notEqual("t"))
            .select(ChangeRows.KEYS)
            .distinct()
            .collectAsList()
            .stream()
            .map(row -> row.<String>getList(0))
            .toList();
    AutoCdcSpec merge = plan.spec().target().autoCdc();
    if (keys.isEmpty() || merge == null) {
      return Optional.empty();
    }
    if (keys.size() > 1) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "The changes of %s name different keys, %s and %s. Read one table's changes per job, or one table per topic with $1 in target.table, or name the keys with target.auto_cdc.keys."
              .formatted(plan.spec().source().topics().describe(), keys.get(0), keys.get(1)));
    }
    if (keys.get(0).isEmpty()) {
      LOG.warn(
          "The changes that the job {} reads have no key: the database's table has no primary key."
              + " They are appended to {}, where _op says what each did",
          plan.name(),
          plan.spec().target().table());
      return Optional.of(new Way(null));
    }
    return Optional.of(new Way(merge.withKeys(keys.get(0))));
  }

  private TableWrite write(StructType columns, @Nullable AutoCdcSpec merge) {
    Opened last = opened;
    if (last == null || !last.columns.equals(columns)) {
      last = new Opened(columns, open(columns, merge));
      opened = last;
    }
    return last.write;
  }

  private TableWrite open(StructType columns, @Nullable AutoCdcSpec merge) {
    TargetSpec target = plan.spec().target().merging(merge);
    return merge == null
        ? new IdempotentCommit(
            DeltaTarget.open(session, target, columns), IdempotentCommit.STEP, target.evolution())
        : AutoCdcWrite.open(
            session,
            target,
            columns,
            plan.spec().source().badRecords().policy() == BadRecordPolicy.FAIL);
  }
}
