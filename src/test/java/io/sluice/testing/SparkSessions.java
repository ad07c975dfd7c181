package io.sluice.testing;

import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** The one local Spark of the test JVM, tuned for small data on few cores. */
public final class SparkSessions {

  private SparkSessions() {}

  /**
   * The shared session: two cores, Delta tables, no UI, UTC; Spark's own exit hook ends it. Plans
   * are interpreted: to compile one takes longer than to run it over a test's few rows.
   */
  public static SparkSession local() {
    return Holder.SESSION;
  }

  /**
   * A session of the same Spark that compiles its plans, as Spark does by default: where the rows
   * of the source meet generated code, and where something is measured.
   */
  public static SparkSession compiling() {
    return Compiling.SESSION;
  }

  /** Starts the session when it is first asked for. */
  private static final class Compiling {
    static final SparkSession SESSION = local().newSession();

    static {
      SESSION.conf().set("spark.sql.codegen.wholeStage", "true");
      SESSION.conf().set("spark.sql.codegen.factoryMode", "FALLBACK");
    }
  }

  /** Starts the session when it is first asked for. */
  private static final class Holder {
    static final SparkSession SESSION =
        SparkSession.builder()
            .master("local[2]")
            .appName("sluice-tests")
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config(
                "spark.sql.catalog.spark_catalog",
                "org.apache.spark.sql.delta.catalog.DeltaCatalog")
            .config("spark.delta.logStore.s3a.impl", "io.sluice.storage.S3ConditionalLogStore")
            .config("spark.delta.logStore.meanwhile.impl", "io.delta.storage.LocalLogStore")
            .config("spark.hadoop.fs.meanwhile.impl", MeanwhileFileSystem.class.getName())
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.session.timeZone", "UTC")
            .config(
                "spark.sql.warehouse.dir", Path.of("target", "spark-warehouse").toUri().toString())
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            // As for a job: a query may die while it writes its first file.
            .config("spark.sql.streaming.verifyCheckpointDirectoryEmptyOnStart", "false")
            // With their defaults, 50 and 10000, these two alone triple the run time of the tests.
            .config("spark.databricks.delta.snapshotPartitions", "2")
            .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
            .getOrCreate();
  }
}
