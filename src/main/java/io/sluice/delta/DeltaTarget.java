package io.sluice.delta;

import io.delta.tables.DeltaTable;
import io.delta.tables.DeltaTableBuilder;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.TargetSpec;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A Delta table that a job writes, known to exist and to take the job's rows.
 *
 * @param name the table as the job names it, for messages
 * @param location the table's root directory
 * @param id the table's own id, which a table created anew at the same place does not share
 */
public record DeltaTarget(String name, String location, String id) {

  private static final Logger LOG = LoggerFactory.getLogger(DeltaTarget.class);
  private static final int LOOKS = 20;
  private static final int PAUSE_MILLIS = 100;
  private static final String RETENTION = "delta.setTransactionRetentionDuration";

  /** Delta refuses to read a version of some days ago, also where its files are still there. */
  private static final Map<String, String> OLD_VERSIONS =
      Map.of(
          "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration",
          "false");

  /**
   * Opens the table, creating it on a job's first run.
   *
   * @param spark where tables are looked up
   * @param spec the table as the job describes it
   * @param rows the columns of the rows to come; every column of a new table is nullable
   * @throws SluiceException TABLE_MISMATCH if the table cannot be created as described, cannot take
   *     the rows or has a feature that one of its readers does not know, STORAGE_FAILED if its
   *     place cannot be written
   */
  public static DeltaTarget open(SparkSession spark, TargetSpec spec, StructType rows) {
    return open(spark, spec, rows, Map.of(), Optional.empty());
  }

  /** Opens a table of changes, creating it on a job's first run. */
  static DeltaTarget open(
      SparkSession spark, TargetSpec spec, StructType rows, TableContract contract) {
    return open(spark, spec, rows, contract.properties(), Optional.of(contract));
  }

  /**
   * Opens a table, creating it on a job's first run.
   *
   * @param own properties that a new table gets beside those of the job
   */
  static DeltaTarget open(
      SparkSession spark, TargetSpec spec, StructType rows, Map<String, String> own) {
    return open(spark, spec, rows, own, Optional.empty());
  }

  private static DeltaTarget open(
      SparkSession spark,
      TargetSpec spec,
      StructType rows,
      Map<String, String> own,
      Optional<TableContract> contract) {
    try {
      readable(spec, ReaderFit.features(rows));
      if (!exists(spark, spec)) {
        Map<String, String> properties = new HashMap<>(own);
        properties.putAll(ReaderFit.properties(spec, contract.isPresent()));
        create(spark, spec, rows, properties);
      }
      return existing(spark, spec, rows, contract.orElse(null));
    } catch (SluiceException e) {
      throw e;
    } catch (Exception e) {
      throw StorageFailure.find(e, "the table " + spec.table())
          .orElseGet(
              () ->
                  e instanceof AnalysisException || e instanceof IllegalArgumentException
                      ? mismatch(spec.table(), "it cannot be opened: " + e.getMessage(), e)
                      : new SluiceException(
                          Condition.UNEXPECTED,
                          "Cannot open the table %s: %s".formatted(spec.table(), e),
                          e));
    }
  }

  /** The table if it is there, whatever its columns. */
  public static Optional<DeltaTarget> find(SparkSession spark, TargetSpec spec) {
    if (!exists(spark, spec)) {
      return Optional.empty();
    }
    String location = location(spark, spec);
    return Optional.of(
        new DeltaTarget(spec.table(), location, snapshot(spark, location).metadata().id()));
  }

  /** A table's directory; of a catalog's table that is not there yet, the catalog's own. */
  public static String directory(SparkSession spark, TargetSpec spec) {
    if (spec.isPath()) {
      return spec.table();
    }
    return exists(spark, spec)
        ? location(spark, spec)
        : spark.conf().get("spark.sql.warehouse.dir");
  }

  private static void readable(TargetSpec spec, Set<String> features) {
    Optional<String> objection = ReaderFit.objection(spec.readers(), features);
    if (objection.isPresent()) {
      throw mismatch(spec.table(), objection.get(), null);
    }
  }

  private static boolean exists(SparkSession spark, TargetSpec spec) {
    return spec.isPath()
        ? DeltaLog.forTable(spark, qualified(spark, spec)).tableExists()
        : spark.catalog().tableExists(spec.table());
  }

  private static void create(
      SparkSession spark, TargetSpec spec, StructType rows, Map<String, String> properties) {
    DeltaTableBuilder table = DeltaTable.createIfNotExists(spark);
    table = spec.isPath() ? table.location(qualified(spark, spec)) : table.tableName(spec.table());
    table = table.addColumns(rows.asNullable());
    if (!spec.partitionBy().isEmpty()) {
      table = table.partitionedBy(spec.partitionBy().toArray(String[]::new));
    }
    if (!spec.clusterBy().isEmpty()) {
      table = table.clusterBy(spec.clusterBy().toArray(String[]::new));
    }
    for (var property : spec.properties().entrySet()) {
      table = table.property(property.getKey(), property.getValue());
    }
    for (var property : properties.entrySet()) {
      table = table.property(property.getKey(), property.getValue());
    }
    try {
      table.execute();
    } catch (Exception e) {
      // Another driver may be creating it; whether that table fits is looked at next.
      if (!appears(spark, spec)) {
        throw e;
      }
      LOG.info("The table {} was created by another writer", spec.table(), e);
    }
  }

  /** Waits a little for a table whose directory may be there before its first version is. */
  private static boolean appears(SparkSession spark, TargetSpec spec) {
    for (int i = 0; i < LOOKS; i++) {
      boolean there =
          spec.isPath()
              ? snapshot(spark, qualified(spark, spec)).version() >= 0
              : exists(spark, spec);
      if (there) {
        return true;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  private static DeltaTarget existing(
      SparkSession spark, TargetSpec spec, StructType rows, @Nullable TableContract contract) {
    String location = location(spark, spec);
    Snapshot snapshot = snapshot(spark, location);
    readable(spec, ReaderFit.features(snapshot));
    Optional<String> objection =
        TableContract.objection(
            contract, CollectionConverters.asJava(snapshot.metadata().configuration()));
    if (objection.isPresent()) {
      throw mismatch(spec.table(), objection.get(), null);
    }
    StructType grown = TableGrowth.of(spec.evolution()).apply(snapshot.schema(), rows);
    List<String> misfits = TableFit.misfits(grown, rows);
    if (!misfits.isEmpty()) {
      throw mismatch(spec.table(), "\n  " + String.join("\n  ", misfits), null);
    }
    List<String> partitions = CollectionConverters.asJava(snapshot.metadata().partitionColumns());
    if (!spec.partitionBy().isEmpty() && !spec.partitionBy().equals(partitions)) {
      throw mismatch(
          spec.table(),
          "it is partitioned by %s and the job says %s: take partition_by out of the job, or name another table"
              .formatted(partitions, spec.partitionBy()),
          null);
    }
    if (snapshot.metadata().configuration().contains(RETENTION)) {
      throw mismatch(
          spec.table(),
          "its property %s makes Delta forget which batches it has, so that a replay would double rows: ALTER TABLE ... UNSET TBLPROPERTIES ('%s')"
              .formatted(RETENTION, RETENTION),
          null);
    }
    return new DeltaTarget(spec.table(), location, snapshot.metadata().id());
  }

  private static String location(SparkSession spark, TargetSpec spec) {
    return spec.isPath()
        ? qualified(spark, spec)
        : DeltaTable.forName(spark, spec.table())
            .detail()
            .select("location")
            .as(Encoders.STRING())
            .head();
  }

  /** The path with its scheme: Spark takes a relative one from the warehouse, users from here. */
  private static String qualified(SparkSession spark, TargetSpec spec) {
    Path path = new Path(spec.table());
    try {
      FileSystem store = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
      return store.makeQualified(path).toString();
    } catch (IOException e) {
      throw StorageFailure.unreachable(spec.table(), e);
    }
  }

  /** The rows of a version, whatever is committed meanwhile. */
  static Dataset<Row> rows(SparkSession spark, Snapshot version) {
    // Reading AS OF a version lists the whole log first, to see whether the version is there.
    return spark.baseRelationToDataFrame(
        version
            .deltaLog()
            .createRelation(
                CollectionConverters.asScala(List.<Expression>of()).toSeq(),
                Option.apply(version),
                Option.empty(),
                true));
  }

  /** The rows of a version that may be of any age. */
  Dataset<Row> rows(SparkSession spark, long version) throws Exception {
    return SessionSettings.during(
        spark,
        OLD_VERSIONS,
        () -> spark.read().format("delta").option("versionAsOf", version).load(location));
  }

  /**
   * The table's newest state.
   *
   * @throws SluiceException TABLE_MISMATCH if the table has been dropped or created anew
   */
  Snapshot current(SparkSession spark) {
    Snapshot snapshot = snapshot(spark, location);
    if (snapshot.version() < 0 || !snapshot.metadata().id().equals(id)) {
      throw mismatch(
          name,
          "it has been dropped or replaced while the job ran. Start the job again; it says how to go on",
          null);
    }
    return snapshot;
  }

  /** The table's newest version. */
  public long version(SparkSession spark) {
    return current(spark).version();
  }

  /** The table's columns as they are now. */
  public StructType columns(SparkSession spark) {
    return current(spark).schema();
  }

  /** The features that who reads the table must know, by their names in its protocol. */
  public Set<String> features(SparkSession spark) {
    return ReaderFit.features(current(spark));
  }

  /** The table's transaction log. */
  DeltaLog log(SparkSession spark) {
    return DeltaLog.forTable(spark, location);
  }

  private static Snapshot snapshot(SparkSession spark, String location) {
    return DeltaLog.forTable(spark, location).update(false, Option.empty(), Option.empty());
  }

  static SluiceException mismatch(String table, String reason, @Nullable Throwable cause) {
    return new SluiceException(
        Condition.TABLE_MISMATCH,
        "The table %s cannot take the job's rows: %s".formatted(table, reason),
        cause);
  }
}
