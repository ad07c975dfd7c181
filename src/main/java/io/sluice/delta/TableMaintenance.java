package io.sluice.delta;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_entries;
import static org.apache.spark.sql.functions.sort_array;
import static org.apache.spark.sql.functions.sum;

import io.delta.tables.DeltaOptimizeBuilder;
import io.delta.tables.DeltaTable;
import io.sluice.maintain.Compaction;
import io.sluice.maintain.MaintenanceStep;
import io.sluice.maintain.MaintenanceStep.Kind;
import io.sluice.spec.TargetSpec;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.network.util.JavaUtils;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Keeps one table quick to read and small to keep: many small files become few, rows of a clustered
 * table are put together, what no version needs any more is deleted.
 *
 * <p>A job may write the table meanwhile. A rewrite changes no row, so a write that it meets is
 * made again by {@link OncePerBatch}; one that meets a write is made again here, at most {@value
 * #ATTEMPTS} times, and then left to the next run.
 */
public final class TableMaintenance {

  private static final int ATTEMPTS = 5;
  private static final String FILE_SIZE = "delta.targetFileSize";
  private static final long DEFAULT_FILE_SIZE = 128L << 20;

  /** Delta lists a table's directories in so many tasks, 10,000 by default. */
  private static final String LISTING = "spark.sql.sources.parallelPartitionDiscovery.parallelism";

  private final SparkSession spark;
  private final DeltaTarget target;
  private final boolean dryRun;

  private TableMaintenance(SparkSession spark, DeltaTarget target, boolean dryRun) {
    this.spark = spark;
    this.target = target;
    this.dryRun = dryRun;
  }

  /**
   * The maintenance of a table, if it is there.
   *
   * @param spark whose settings are changed for it
   * @param dryRun whether to tell what would be done, and do nothing
   */
  public static Optional<TableMaintenance> of(SparkSession spark, TargetSpec spec, boolean dryRun) {
    spark.conf().set(LISTING, 4L * spark.sparkContext().defaultParallelism());
    spark.conf().set("spark.databricks.delta.vacuum.parallelDelete.enabled", true);
    return DeltaTarget.find(spark, spec).map(target -> new TableMaintenance(spark, target, dryRun));
  }

  /** The table that remembers deletes for a job's table, whether it is there or not. */
  public static TargetSpec deletes(TargetSpec spec) {
    return spec.companion(Scd1BySequence.COMPANION);
  }

  /** The table that keeps all events for a job's table, whether it is there or not. */
  public static TargetSpec history(TargetSpec spec) {
    return spec.companion(Scd2BySequence.COMPANION);
  }

  /** Makes few files of many, or clusters what is not; empty if there is too little of it. */
  public Optional<MaintenanceStep> compact() {
    return meanwhile(
        () -> {
          Snapshot now = target.current(spark);
          boolean clustered = isClustered();
          long fileSize = fileSize(now);
          Compaction plan = Compaction.of(fileSize, small(now, fileSize, clustered));
          if (plan.partitions().isEmpty()) {
            return Optional.empty();
          }
          long left = dryRun ? 0 : rewrite(plan, clustered);
          return Optional.of(
              step(clustered ? Kind.CLUSTER : Kind.COMPACT, plan.files(), left, plan.bytes()));
        });
  }

  private boolean isClustered() {
    return !DeltaTable.forPath(spark, target.location())
        .detail()
        .select("clusteringColumns")
        .head()
        .getList(0)
        .isEmpty();
  }

  private static long fileSize(Snapshot table) {
    String set = CollectionConverters.asJava(table.metadata().configuration()).get(FILE_SIZE);
    return set == null ? DEFAULT_FILE_SIZE : JavaUtils.byteStringAsBytes(set);
  }

  /** The files to be rewritten, by partition: small ones, or those that are not clustered. */
  private static List<Compaction.Partition> small(
      Snapshot table, long fileSize, boolean clustered) {
    StructType partitions = table.metadata().partitionSchema();
    Column rewritten =
        clustered
            ? col("clusteringProvider").isNull()
            : col("size").lt(Compaction.smallest(fileSize));
    return table
        .allFiles()
        .where(rewritten)
        .groupBy(sort_array(map_entries(col("partitionValues"))).as("partition"))
        .agg(count(lit(1)), coalesce(sum("size"), lit(0L)))
        .collectAsList()
        .stream()
        .map(
            row ->
                new Compaction.Partition(
                    where(row.getList(0), partitions), row.getLong(1), row.getLong(2)))
        .toList();
  }

  private static String where(List<Row> values, StructType partitions) {
    return values.stream()
        .map(
            entry -> {
              String column = "`" + entry.getString(0).replace("`", "``") + "`";
              return entry.isNullAt(1)
                  ? column + " IS NULL"
                  : "%s = CAST('%s' AS %s)"
                      .formatted(
                          column,
                          entry.getString(1).replace("\\", "\\\\").replace("'", "\\'"),
                          partitions.apply(entry.getString(0)).dataType().sql());
            })
        .collect(Collectors.joining(" AND "));
  }

  /** Rewrites the files, and says how many take their place. */
  private long rewrite(Compaction plan, boolean clustered) {
    spark.conf().set("spark.databricks.delta.optimize.maxFileSize", plan.fileSize());
    spark
        .conf()
        .set("spark.databricks.delta.optimize.minFileSize", Compaction.smallest(plan.fileSize()));
    DeltaOptimizeBuilder optimize = DeltaTable.forPath(spark, target.location()).optimize();
    if (!clustered && plan.partitions().stream().noneMatch(each -> each.where().isEmpty())) {
      optimize =
          optimize.where(
              plan.partitions().stream()
                  .map(each -> "(" + each.where() + ")")
                  .collect(Collectors.joining(" OR ")));
    }
    return optimize.executeCompaction().select("metrics.numFilesAdded").head().getLong(0);
  }

  /**
   * Forgets the deletes that have been remembered since before a time; truncates stay.
   *
   * @param table the table of which these are the deletes
   */
  public Optional<MaintenanceStep> forget(TargetSpec table, Instant before) {
    return DeltaTarget.find(spark, table)
        .flatMap(
            found -> {
              var forgetting = new Forgetting(spark, found, target, before);
              return meanwhile(() -> forget(forgetting));
            });
  }

  private Optional<MaintenanceStep> forget(Forgetting forgetting) {
    Optional<Forgetting.Plan> plan = forgetting.plan();
    if (!dryRun) {
      plan.ifPresent(forgetting::run);
    }
    return plan.map(going -> step(Kind.EXPIRE, going.deletes(), 0, 0));
  }

  /**
   * Deletes the rows that have been in the table since before a time.
   *
   * @param column when they got there; where that is null, they stay
   */
  public Optional<MaintenanceStep> expire(String column, Instant before) {
    return meanwhile(
        () -> {
          if (target.columns(spark).getFieldIndex(column).isEmpty()) {
            return Optional.empty();
          }
          String old = "`%s` < TIMESTAMP'%s'".formatted(column, before);
          long rows = spark.read().format("delta").load(target.location()).where(old).count();
          if (rows > 0 && !dryRun) {
            DeltaTable.forPath(spark, target.location()).delete(old);
          }
          return rows == 0 ? Optional.empty() : Optional.of(step(Kind.EXPIRE, rows, 0, 0));
        });
  }

  /**
   * Deletes the files that no version within the table's retention needs ({@code
   * delta.deletedFileRetentionDuration}, a week by default).
   */
  public Optional<MaintenanceStep> vacuum() {
    String command = "VACUUM delta.`" + target.location().replace("`", "``") + "`";
    List<String> unneeded =
        spark.sql(command + " DRY RUN").select("path").as(Encoders.STRING()).collectAsList();
    List<Long> sizes = new ArrayList<>();
    for (String file : unneeded) {
      size(new Path(file)).ifPresent(sizes::add);
    }
    if (sizes.isEmpty()) {
      return Optional.empty();
    }
    if (!dryRun) {
      spark.sql(command);
    }
    long bytes = sizes.stream().mapToLong(Long::longValue).sum();
    return Optional.of(step(Kind.VACUUM, sizes.size(), 0, bytes));
  }

  /** A file's size in bytes; empty if it is a directory, or gone by now. */
  private Optional<Long> size(Path file) {
    try {
      FileSystem store = file.getFileSystem(spark.sparkContext().hadoopConfiguration());
      var status = store.getFileStatus(file);
      return status.isFile() ? Optional.of(status.getLen()) : Optional.empty();
    } catch (FileNotFoundException gone) {
      return Optional.empty();
    } catch (IOException e) {
      throw StorageFailure.unreachable(target.name(), e);
    }
  }

  private Optional<MaintenanceStep> meanwhile(Supplier<Optional<MaintenanceStep>> attempt) {
    for (int tried = 1; tried <= ATTEMPTS; tried++) {
      try {
        return attempt.get();
      } catch (org.apache.spark.sql.delta.DeltaConcurrentModificationException other) {
        // The next attempt begins from what the other writer has made.
      }
    }
    return Optional.of(step(Kind.GAVE_WAY, 0, 0, 0));
  }

  private MaintenanceStep step(Kind kind, long amount, long left, long bytes) {
    return new MaintenanceStep(target.name(), kind, amount, left, bytes);
  }
}
