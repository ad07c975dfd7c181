package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.spec.TableFeature;
import io.sluice.spec.TableReader;
import io.sluice.testing.DriverProcess;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.S3Server;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
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

  private static final JsonMapper JSON = new JsonMapper();
  private static final String SCHEMA =
      "id BIGINT, n INT, name STRING, price DECIMAL(12,2), ratio DOUBLE, share FLOAT, day DATE,"
          + " at TIMESTAMP, ok BOOLEAN, tags ARRAY<STRING>,"
          + " place STRUCT<lat: DOUBLE, town: STRING>, counts MAP<STRING, INT>, part STRING";

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();
  private Programs programs;

  @BeforeEach
  void prepare() throws Exception {
    programs = Programs.prepared("trino", "python");
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
      trino.query("CREATE SCHEMA lake.shop");
      trino.query("CREATE SCHEMA s3.shop");
      for (String name : targets.keySet()) {
        boolean remote = name.equals("remote");
        String at = remote ? place(name, bucket).replace("s3a:", "s3:") : "local:///" + name;
        String catalog = remote ? "s3" : "lake";
        trino.query(
            "CALL %s.system.register_table(schema_name => 'shop', table_name => '%s', table_location => '%s')"
                .formatted(catalog, name, at));
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
    List<Map<String, Object>> asked = new ArrayList<>();
    List<String> names = new ArrayList<>();
    targets
        .keySet()
        .forEach(
            name -> {
              if (!name.equals("remote")) {
                asked.add(read("duckdb", place(name, bucket), Map.of()));
                names.add(name);
              }
              asked.add(
                  read(
                      "delta_rs",
                      place(name, bucket),
                      name.equals("remote") ? storage() : Map.of()));
              names.add(name);
            });
    JsonNode answers = python(asked);
    for (int i = 0; i < asked.size(); i++) {
      String what = names.get(i) + " by " + asked.get(i).get("engine");
      JsonNode answer = answers.get(i);
      assertThat(answer.path("error").asText()).as(what).isEmpty();
      List<String> read = texts(answer.path("rows"));
      Dataset<Row> table = spark.read().format("delta").load(place(names.get(i), bucket));
      compare(what, read, rows(table, table.schema()), differing);
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

  @Test
  void matrixOfReaders_isWhatTheyRead() throws Exception {
    Map<TableFeature, String> tables = new EnumMap<>(TableFeature.class);
    for (TableFeature feature : TableFeature.values()) {
      tables.put(feature, table(feature));
    }
    Map<String, String> promised = new TreeMap<>();
    Map<String, String> found = new TreeMap<>();
    Map<String, String> whys = new TreeMap<>();
    try (TrinoServer trino =
        TrinoServer.start(
            programs, lake.path().resolve("trino-server"), lake.path(), S3, S3.newBucket())) {
      trino.query("CREATE SCHEMA lake.shop");
      for (Map.Entry<TableFeature, String> each : tables.entrySet()) {
        String cell = cell(TableReader.TRINO, each.getKey());
        promised.put(cell, promise(TableReader.TRINO, each.getKey()));
        String read = readByTrino(trino, each.getKey());
        whys.put(cell, read);
        found.put(cell, read.equals(expected(each.getKey(), each.getValue())) ? "read" : "not");
      }
    }
    for (TableReader reader : List.of(TableReader.DUCKDB, TableReader.DELTA_RS)) {
      for (Map.Entry<TableFeature, String> each : tables.entrySet()) {
        String cell = cell(reader, each.getKey());
        promised.put(cell, promise(reader, each.getKey()));
        JsonNode answer =
            python(
                    List.of(
                        Map.of(
                            "engine", reader.word(),
                            "table", each.getValue(),
                            "storage", Map.of(),
                            "row", row(each.getKey()))))
                .get(0);
        String read = String.join(", ", new TreeSet<>(texts(answer.path("rows"))));
        whys.put(cell, answer.toString());
        found.put(cell, read.equals(expected(each.getKey(), each.getValue())) ? "read" : "not");
      }
    }
    assertThat(found).as("%s", whys).isEqualTo(promised);
  }

  private static String cell(TableReader reader, TableFeature feature) {
    return reader.word() + " " + feature.delta();
  }

  private static String readByTrino(TrinoServer trino, TableFeature feature) throws Exception {
    String name = feature.delta().toLowerCase(Locale.ROOT);
    try {
      trino.query(
          "CALL lake.system.register_table(schema_name => 'shop', table_name => '%s', table_location => 'local:///%s')"
              .formatted(name, name));
      return trino.query("SELECT %s FROM lake.shop.%s".formatted(row(feature), name)).stream()
          .map(row -> row.get(0))
          .sorted()
          .collect(Collectors.joining(", "));
    } catch (TrinoServer.Refused e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** A row as text, in words that every engine has. */
  private static String row(TableFeature feature) {
    return switch (feature) {
      case TYPE_WIDENING ->
          "concat(CAST(id AS VARCHAR(9)), ' ', CAST(v AS VARCHAR(20)), ' ', CAST(CAST(f AS DECIMAL(9, 3)) AS VARCHAR(20)), ' ', CAST(d AS VARCHAR(20)))";
      case VARIANT -> "concat(CAST(id AS VARCHAR(9)), ' ', CAST(v AS VARCHAR(99)))";
      default -> "concat(CAST(id AS VARCHAR(9)), ' ', CAST(v AS VARCHAR(30)))";
    };
  }

  private String expected(TableFeature feature, String table) {
    if (feature == TableFeature.VARIANT) {
      return "1 {'a': 1}, 2 {'a': 1}, 3 {'a': 1}";
    }
    return String.join(
        ", ",
        new TreeSet<>(
            spark
                .read()
                .format("delta")
                .load(table)
                .selectExpr(row(feature))
                .as(Encoders.STRING())
                .collectAsList()));
  }

  private static String promise(TableReader reader, TableFeature feature) {
    return reader.reading(feature).extent() == TableReader.Extent.NO ? "not" : "read";
  }

  /** A table of three rows that has the feature, and needs it to be read. */
  private String table(TableFeature feature) throws IOException {
    String name = feature.delta().toLowerCase(Locale.ROOT);
    String table = "delta.`" + lake.path(name) + "`";
    String create =
        "CREATE TABLE "
            + table
            + " (id INT, v %s) USING delta TBLPROPERTIES ('delta.minReaderVersion' = '3', 'delta.minWriterVersion' = '7'%s)";
    String rows = "INSERT INTO " + table + " SELECT id, %s FROM range(1, %d) t(id)";
    switch (feature) {
      case DELETION_VECTORS -> {
        spark.sql(create.formatted("STRING", ", 'delta.enableDeletionVectors' = 'true'"));
        spark.sql(rows.formatted("'v'", 6));
        spark.sql("DELETE FROM " + table + " WHERE id > 3");
      }
      case COLUMN_MAPPING -> {
        spark.sql(create.formatted("STRING, w STRING", ", 'delta.columnMapping.mode' = 'name'"));
        spark.sql(rows.formatted("'v', 'w'", 4));
        spark.sql("ALTER TABLE " + table + " RENAME COLUMN v TO old");
        spark.sql("ALTER TABLE " + table + " RENAME COLUMN w TO v");
      }
      case TYPE_WIDENING -> {
        spark.sql(
            create.formatted(
                "INT, f FLOAT, d DECIMAL(5,2)", ", 'delta.enableTypeWidening' = 'true'"));
        spark.sql(rows.formatted("1, 1.5, 1.25", 3));
        for (String wider : List.of("v TYPE BIGINT", "f TYPE DOUBLE", "d TYPE DECIMAL(12,2)")) {
          spark.sql("ALTER TABLE " + table + " ALTER COLUMN " + wider);
        }
        spark.sql("INSERT INTO " + table + " VALUES (9, 5000000000, 2.125, 1234567.89)");
      }
      case V2_CHECKPOINT -> {
        spark.sql(
            create.formatted(
                "STRING", ", 'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '1'"));
        spark.sql(rows.formatted("'v'", 3));
        spark.sql("INSERT INTO " + table + " VALUES (9, 'v')");
        // What the checkpoint holds is not to be had from the log as well.
        for (int version = 0; version < 2; version++) {
          Files.delete(Path.of(lake.path(name), "_delta_log", "%020d.json".formatted(version)));
        }
      }
      case TIMESTAMP_NTZ -> {
        spark.sql(create.formatted("TIMESTAMP_NTZ", ""));
        spark.sql(rows.formatted("TIMESTAMP_NTZ'2026-01-02 03:04:05.678901'", 4));
      }
      case VARIANT -> {
        spark.sql(create.formatted("VARIANT", ""));
        spark.sql(rows.formatted("parse_json('{\"a\": 1}')", 4));
      }
    }
    return lake.path(name);
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

  private static List<String> texts(JsonNode rows) {
    List<String> texts = new ArrayList<>();
    rows.forEach(row -> texts.add(row.asText()));
    return texts;
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

  private Map<String, Object> read(String engine, String table, Map<String, String> storage) {
    StructType columns = spark.read().format("delta").load(table).schema();
    return Map.of(
        "engine",
        engine,
        "table",
        table.replace("s3a:", "s3:"),
        "storage",
        storage,
        "row",
        Dialect.DUCKDB.row(columns));
  }

  private static Map<String, String> storage() {
    return Map.of(
        "AWS_ENDPOINT_URL", S3.endpoint(),
        "AWS_REGION", S3.region(),
        "AWS_ACCESS_KEY_ID", S3.accessKey(),
        "AWS_SECRET_ACCESS_KEY", S3.secretKey(),
        "AWS_ALLOW_HTTP", "true");
  }

  private JsonNode python(List<Map<String, Object>> asked) throws Exception {
    Path file = lake.path().resolve("read.json");
    JSON.writeValue(file.toFile(), asked);
    return JSON.readTree(
        programs.python(lake.path().resolve("read.out"), "read.py", file.toString()));
  }
}
