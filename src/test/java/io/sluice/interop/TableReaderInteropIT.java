package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.spec.TableFeature;
import io.sluice.spec.TableReader;
import io.sluice.testing.S3Server;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is said of engines is what they do with a table that needs the feature; not of Athena's. */
class TableReaderInteropIT {

  @RegisterExtension static final S3Server S3 = S3Server.shared();

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
  void reading_isWhatTheEngineReads() throws Exception {
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
        PythonReader.Answer answer =
            python.read(reader.word(), each.getValue(), row(each.getKey()), Map.of());
        String read = String.join(", ", new TreeSet<>(answer.rows()));
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
}
