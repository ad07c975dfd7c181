package io.sluice.runtime;

import io.sluice.storage.S3Lake;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** What Sluice asks of Spark; a setting that spark-submit or spark-defaults give stays. */
final class SparkSettings {

  private static final Map<String, String> DEFAULTS =
      new TreeMap<>(
          Map.of(
              "spark.master", "local[*]",
              "spark.app.name", "sluice",
              "spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension",
              "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog",
              "spark.redaction.regex",
                  "(?i)secret|passw|token|access[._-]?key|auth[._-]?params|credential|private[._-]?key|api[._-]?key|sas|jwt|keystore",
              "spark.sql.redaction.options.regex", "(?i)url|auth|token|secret|passw|credential|key",
              "spark.sql.redaction.string.regex",
                  "eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+|AKIA[0-9A-Z]{16}"));

  /** What a job depends on, whatever was configured. */
  private static final Map<String, String> PER_JOB =
      Map.of(
          "spark.sql.streaming.stopActiveRunOnRestart", "true",
          // Spark takes the half-written file of a job that died in its first batch for another
          // query's state, and never starts again. Whose a checkpoint is, CheckpointIdentity says.
          "spark.sql.streaming.verifyCheckpointDirectoryEmptyOnStart", "false",
          "spark.sql.variable.substitute", "false");

  private SparkSettings() {}

  /** The process's Spark. */
  static SparkSession spark() {
    return spark(SparkSession.builder());
  }

  /**
   * The process's Spark, with a Hive metastore as its catalog.
   *
   * @param server the metastore's {@code hive.metastore.uris}
   * @throws IllegalArgumentException if there are no classes of Hive
   */
  static SparkSession withMetastore(String server) {
    return spark(
        SparkSession.builder()
            .enableHiveSupport()
            .config("spark.hadoop.hive.metastore.uris", server));
  }

  private static SparkSession spark(SparkSession.Builder builder) {
    SparkConf configured = new SparkConf();
    DEFAULTS.forEach(
        (key, value) -> {
          if (!configured.contains(key)) {
            builder.config(key, value);
          }
        });
    S3Lake.settings(configured).forEach(builder::config);
    return builder.getOrCreate();
  }

  /** A session for one job: its own names and settings. */
  static SparkSession forJob(SparkSession spark) {
    SparkSession session = spark.newSession();
    PER_JOB.forEach(session.conf()::set);
    return session;
  }
}
