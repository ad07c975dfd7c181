package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.TableMaintenance;
import io.sluice.maintain.MaintenanceStep;
import io.sluice.maintain.MaintenanceStep.Kind;
import io.sluice.spec.JobSpec;
import io.sluice.spec.TargetSpec;
import io.sluice.storage.S3Lake;
import io.sluice.transform.BadRecordFilter;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Maintains all that jobs write: their tables, what lies beside them, their quarantines. */
public final class JobMaintenance {

  private final SparkSession session = SparkSettings.forJob(SparkSettings.spark());
  private final boolean dryRun;
  private final @Nullable Instant expired;
  private final Consumer<MaintenanceStep> done;
  private final Set<String> seen = new LinkedHashSet<>();

  /**
   * On the Spark that this process finds or starts.
   *
   * @param dryRun whether to tell what would be done, and do nothing
   * @param expired messages that went to a quarantine before are deleted; null to keep all
   * @param done is told of each step
   */
  public JobMaintenance(boolean dryRun, @Nullable Instant expired, Consumer<MaintenanceStep> done) {
    this.dryRun = dryRun;
    this.expired = expired;
    this.done = done;
  }

  /** Maintains all tables of a job; those that it has not made yet are left out. */
  public void maintain(JobSpec job) {
    for (JobSpec each : JobSchemas.tables(job)) {
      TargetSpec target = each.target();
      maintain(target, false);
      TableMaintenance.companions(target).forEach(table -> maintain(table, false));
      maintain(TargetSpec.of(target.quarantine()), true);
    }
  }

  /**
   * Maintains one table.
   *
   * @param table its path or its identifier
   * @throws SluiceException INVALID_JOB if there is none
   */
  public void maintain(String table) {
    if (!maintain(TargetSpec.of(table), false)) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "There is no Delta table %s. Give a table's path or identifier, or a job file that ends in .yaml or .yml."
              .formatted(table));
    }
  }

  private boolean maintain(TargetSpec spec, boolean quarantine) {
    if (!seen.add(spec.table())) {
      return true;
    }
    S3Lake.checkTable(session, DeltaTarget.directory(session, spec));
    Optional<TableMaintenance> table = TableMaintenance.of(session, spec, dryRun);
    table.ifPresent(found -> maintain(found, spec, quarantine));
    return table.isPresent();
  }

  private void maintain(TableMaintenance table, TargetSpec spec, boolean quarantine) {
    boolean idle = true;
    if (quarantine && expired != null) {
      idle &= isNothing(table.expire(BadRecordFilter.QUARANTINED_AT, expired));
    }
    idle &= isNothing(table.compact());
    idle &= isNothing(table.vacuum());
    if (idle) {
      done.accept(new MaintenanceStep(spec.table(), Kind.NONE, 0, 0, 0));
    }
  }

  private boolean isNothing(Optional<MaintenanceStep> step) {
    step.ifPresent(done);
    return step.isEmpty();
  }
}
