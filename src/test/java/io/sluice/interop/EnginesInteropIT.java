package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.DriverProcess;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.S3Server;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Trino, DuckDB and delta-rs read of tables that jobs have written is what Spark reads. */
class EnginesInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension static final S3Server S3 = S3Server.shared();

  private static final String SCHEMA =
      "id BIGINT, n INT, name STRING, price DECIMAL(12,2), ratio DOUBLE, share FLOAT, day DATE,"
          + " at TIMESTAMP, ok BOOLEAN, tags ARRAY<STRING>,"
          + " place STRUCT<lat: DOUBLE, town: STRING>, counts MAP<STRING, INT>, part STRING";

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();
  private Programs programs;
  private PythonReader python;

  @BeforeEach
  void prepare() throws Exception {
    programs = Programs.prepared("trino", "python");
    python = new PythonReader(programs, lake.path());
  }

  @Test
  void tablesOfEveryShape_areReadAsSparkReadsThem() throws Exception {
    String bucket = S3.newBucket();
    S3.hadoopSettings(bucket)
        .forEach(SparkSessions.local().sparkContext().hadoopConfiguration()::set);
    String topic = BROKER.createTopic("engines", 1);
    Map<String, String> targets = new TreeMap<>();
    String merged =
        "readers: [spark, trino, duckdb, delta_rs], properties: {delta.enableDeletionVectors: true}, ";
    targets.put("plain", "");
    targets.put("parts", "partition_by: [part]");
    targets.put("clustered", "cluster_by: [id]");
    targets.put("newest", merged + "auto_cdc: {keys: [id], apply_as_deletes: n < 0}");
    targets.put(
        "ordered", merged + "auto_cdc: {keys: [id], sequence_by: [n], ignore_null_updates: true}");
    targets.put("versions", "auto_cdc: {keys: [id], stored_as_scd_type: 2}");
    targets.put("sequenced", "auto_cdc: {keys: [id], sequence_by: [n], stored_as_scd_type: 2}");
    targets.put("remote", "");

    publish(topic, 0, 40);
    run(bucket, topic, targets, SCHEMA);
    publish(topic, 30, 25);
    run(bucket, topic, targets, SCHEMA + ", more STRING");
    spark.sql("OPTIMIZE delta.`" + place("parts", bucket) + "`");

    assertThat(deletionVectors(place("newest", bucket))).isPositive();
    Map<String, List<String>> differing = new TreeMap<>();
    try (TrinoServer trino =
        TrinoServer.start(programs, lake.path().resolve("trino-server"), lake.path(), S3, bucket)) {
      new TrinoRegistration(trino, lake.path())
          .registerEach(targets.keySet(), "remote", place("remote", bucket));
      for (String name : targets.keySet()) {
        String catalog = name.equals("remote") ? "s3" : "lake";
        Dataset<Row> table = spark.read().format("delta").load(place(name, bucket));
        List<String> read =
            trino
                .query(
                    "SELECT %s FROM %s.shop.%s"
                        .formatted(Dialect.TRINO.row(table.schema()), catalog, name))
                .stream()
                .map(row -> row.get(0))
                .toList();
        compare(name + " by Trino", read, rows(inMilliseconds(table), table.schema()), differing);
      }
    }
    for (String name : targets.keySet()) {
      boolean remote = name.equals("remote");
      Dataset<Row> table = spark.read().format("delta").load(place(name, bucket));
      for (String engine : List.of("duckdb", "delta_rs")) {
        PythonReader.Answer answer =
            python.read(
                engine,
                place(name, bucket).replace("s3a:", "s3:"),
                Dialect.DUCKDB.row(table.schema()),
                remote ? storage() : Map.of());
        String what = name + " by " + engine;
        assertThat(answer.error()).as(what).isEmpty();
        compare(what, answer.rows(), rows(table, table.schema()), differing);
      }
    }
    assertThat(differing).isEmpty();
  }

  private static void compare(
      String what, List<String> read, List<String> expected, Map<String, List<String>> differing) {
    assertThat(expected).as(what).hasSizeGreaterThan(20);
    List<String> all = new ArrayList<>(expected);
    List<String> tooMany = new ArrayList<>();
    for (String row : read) {
      if (!all.remove(row)) {
        tooMany.add("too many: " + row);
      }
    }
    all.forEach(row -> tooMany.add("missing: " + row));
    if (!tooMany.isEmpty()) {
      differing.put(what, tooMany.subList(0, Math.min(4, tooMany.size())));
    }
  }

  private void run(String bucket, String topic, Map<String, String> targets, String schema)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of("run"));
    for (Map.Entry<String, String> each : targets.entrySet()) {
      Path file = lake.path().resolve(each.getKey() + ".yaml");
      String further = each.getValue().isEmpty() ? "" : ", " + each.getValue();
      Files.writeString(
          file,
          """
          version: 1
          name: %s
          pulsar: {service_url: "%s", admin_url: "%s"}
          source: {topics: ["%s"], format: json, schema: "%s"}
          transform: [{sql: "SELECT *, unhex(hex(name)) AS bytes, CAST(at AS TIMESTAMP_NTZ) AS local FROM input"}]
          target: {table: "%s"%s}
          trigger: available_now
          """
              .formatted(
                  each.getKey(),
                  BROKER.serviceUrl(),
                  BROKER.adminUrl(),
                  topic,
                  schema,
                  place(each.getKey(), bucket),
                  further));
      arguments.add(file.toString());
    }
    List<String> settings = new ArrayList<>();
    S3.hadoopSettings(bucket)
        .forEach((key, value) -> settings.add("-Dspark.hadoop." + key + "=" + value));
    DriverProcess driver =
        DriverProcess.start(
            lake.path().resolve("run-" + schema.length() + ".log"), settings, arguments);
    assertThat(driver.exitCode()).as(driver.output()).isZero();
  }

  /** Events of forty keys: with nulls in every column, other alphabets, late and repeated ones. */
  private static void publish(String topic, int first, int count) throws Exception {
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      for (int i = first; i < first + count; i++) {
        String event =
            i % 7 == 3
                ? "{\"id\": %d, \"n\": %d}".formatted(i % 40, i)
                : """
                  {"id": %d, "n": %d, "name": "Grüße, 世界 \\" ' %d", "price": -1234567.%02d, "ratio": %d.125, "share": 0.5,
                   "day": "19%02d-02-28", "at": "2026-03-0%dT04:05:06.%06dZ", "ok": %b, "tags": ["a", null, "ü,%d"],
                   "place": {"lat": %d.5, "town": null}, "counts": {"k": %d, "j": null}, "part": "%s", "more": "m"}
                  """
                    .formatted(
                        i % 40,
                        i % 11 == 5 ? -i : i,
                        i,
                        i,
                        i,
                        10 + i % 80,
                        1 + i % 9,
                        i * 1001,
                        i % 2 == 0,
                        i,
                        i,
                        i,
                        List.of("a b", "c/d=e", "ä", "").get(i % 4));
        producer.newMessage().key(Integer.toString(i % 40)).value(event).send();
      }
    }
  }

  private String place(String name, String bucket) {
    return name.equals("remote") ? "s3a://" + bucket + "/lake/remote" : lake.path(name);
  }

  private long deletionVectors(String table) {
    return spark
        .read()
        .json(table + "/_delta_log/*.json")
        .where("add.deletionVector IS NOT NULL")
        .count();
  }

  /** As Trino reads a Delta table's timestamps. */
  private static Dataset<Row> inMilliseconds(Dataset<Row> table) {
    return table.withColumn(
        "at",
        org.apache.spark.sql.functions.expr(
            "timestamp_millis(CAST(round(unix_micros(at) / 1000) AS BIGINT))"));
  }

  private static List<String> rows(Dataset<Row> table, StructType columns) {
    return table.selectExpr(Dialect.SPARK.row(columns)).as(Encoders.STRING()).collectAsList();
  }

  private static Map<String, String> storage() {
    return Map.of(
        "AWS_ENDPOINT_URL", S3.endpoint(),
        "AWS_REGION", S3.region(),
        "AWS_ACCESS_KEY_ID", S3.accessKey(),
        "AWS_SECRET_ACCESS_KEY", S3.secretKey(),
        "AWS_ALLOW_HTTP", "true");
  }
}
