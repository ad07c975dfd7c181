package io.sluice.runtime;

import io.sluice.delta.DeltaTarget;
import io.sluice.register.LakeTable;
import io.sluice.spec.JobSpec;
import io.sluice.spec.TargetSpec;
import io.sluice.storage.S3Lake;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.SparkSession;

/**
 * The tables of jobs that are there, for those who read them: not what lies beside them, and not
 * their quarantines.
 */
public final class JobTables {

  private final SparkSession session;
  private final Map<String, LakeTable> found = new LinkedHashMap<>();
  private final Set<String> missing = new LinkedHashSet<>();

  JobTables(SparkSession session) {
    this.session = session;
  }

  /** None yet, on the Spark that this process finds or starts. */
  public static JobTables onSpark() {
    return new JobTables(SparkSettings.forJob(SparkSettings.spark()));
  }

  /** Looks for all tables of a job; of one with a table for each topic, the broker is asked. */
  public void add(JobSpec job) {
    JobSchemas.tables(job).forEach(each -> add(each.target()));
  }

  /** Looks for a table by its path or its identifier. */
  public void add(String table) {
    add(TargetSpec.of(table));
  }

  private void add(TargetSpec target) {
    S3Lake.checkTable(session, DeltaTarget.directory(session, target));
    DeltaTarget.find(session, target)
        .ifPresentOrElse(
            table ->
                found.put(
                    target.table(),
                    LakeTable.of(target, table.location(), table.features(session))),
            () -> missing.add(target.table()));
  }

  /** Those that are there, each once. */
  public List<LakeTable> found() {
    return List.copyOf(found.values());
  }

  /** Those that are not there yet. */
  public List<String> missing() {
    return List.copyOf(missing);
  }
}
