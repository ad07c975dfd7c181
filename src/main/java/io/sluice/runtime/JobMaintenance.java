package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.TableMaintenance;
import io.sluice.maintain.MaintenanceStep;
import io.sluice.maintain.MaintenanceStep.Kind;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.JobSpec;
import io.sluice.spec.TargetSpec;
import io.sluice.storage.S3Lake;
import io.sluice.transform.BadRecordFilter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Maintains all that jobs write: their tables, what lies beside them, their quarantines. */
public final class JobMaintenance {

  private final SparkSession session = SparkSettings.forJob(SparkSettings.spark());

  /** Deletes what a table keeps for some time only. */
  private interface Expiry extends Function<TableMaintenance, Optional<MaintenanceStep>> {}

  private final boolean dryRun;
  private final Instant now;
  private final @Nullable Duration quarantineRetention;
  private final Consumer<MaintenanceStep> done;
  private final Set<String> seen = new LinkedHashSet<>();

  /**
   * On the Spark that this process finds or starts.
   *
   * @param dryRun whether to tell what would be done, and do nothing
   * @param now the time from which ages count back
   * @param quarantineRetention how old messages in a quarantine may get; null to keep all
   * @param done is told of each step
   */
  public JobMaintenance(
      boolean dryRun,
      Instant now,
      @Nullable Duration quarantineRetention,
      Consumer<MaintenanceStep> done) {
    this.dryRun = dryRun;
    this.now = now;
    this.quarantineRetention = quarantineRetention;
    this.done = done;
  }

  /** Maintains all tables of a job; those that it has not made yet are left out. */
  public void maintain(JobSpec job) {
    for (JobSpec each : JobSchemas.tables(job)) {
      TargetSpec target = each.target();
      maintain(target, JobMaintenance::keepAll);
      maintain(TableMaintenance.deletes(target), deletes -> forget(deletes, target));
      maintain(TableMaintenance.history(target), JobMaintenance::keepAll);
      maintain(TargetSpec.of(target.quarantine()), this::expire);
    }
  }

  /**
   * Maintains one table.
   *
   * @param table its path or its identifier
   * @throws SluiceException INVALID_JOB if there is none
   */
  public void maintain(String table) {
    if (!maintain(TargetSpec.of(table), JobMaintenance::keepAll)) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "There is no Delta table %s. Give a table's path or identifier, or a job file that ends in .yaml or .yml."
              .formatted(table));
    }
  }

  private boolean maintain(TargetSpec spec, Expiry expiry) {
    if (!seen.add(spec.table())) {
      return true;
    }
    S3Lake.checkTable(session, DeltaTarget.directory(session, spec));
    Optional<TableMaintenance> table = TableMaintenance.of(session, spec, dryRun);
    table.ifPresent(found -> maintain(found, spec, expiry));
    return table.isPresent();
  }

  private void maintain(TableMaintenance table, TargetSpec spec, Expiry expiry) {
    boolean idle = isNothing(expiry.apply(table));
    idle &= isNothing(table.compact());
    idle &= isNothing(table.vacuum());
    if (idle) {
      done.accept(new MaintenanceStep(spec.table(), Kind.NONE, 0, 0, 0));
    }
  }

  private static Optional<MaintenanceStep> keepAll(TableMaintenance table) {
    return Optional.empty();
  }

  private Optional<MaintenanceStep> expire(TableMaintenance quarantine) {
    return Optional.ofNullable(quarantineRetention)
        .flatMap(age -> quarantine.expire(BadRecordFilter.QUARANTINED_AT, now.minus(age)));
  }

  private Optional<MaintenanceStep> forget(TableMaintenance deletes, TargetSpec target) {
    return Optional.ofNullable(target.autoCdc())
        .map(AutoCdcSpec::tombstoneRetention)
        .flatMap(age -> deletes.forget(target, now.minus(age)));
  }

  private boolean isNothing(Optional<MaintenanceStep> step) {
    step.ifPresent(done);
    return step.isEmpty();
  }
}
