package io.sluice.bench;

import io.delta.tables.DeltaTable;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.CommitRange;
import io.sluice.delta.TopicPositions;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** A way to bring batches of rows into a table by their key {@code id}. */
enum MergeWay {
  /** {@code target.auto_cdc} with {@code keys: [id]}. */
  SLUICE("auto_cdc") {
    @Override
    BatchWrite open(
        SparkSession spark, String path, StructType rows, Map<String, String> properties) {
      return merge(spark, path, rows, properties, List.of(), ScdType.ONE);
    }
  },
  /** The same with {@code sequence_by: [version]}. */
  SEQUENCE("auto_cdc, sequence_by") {
    @Override
    BatchWrite open(
        SparkSession spark, String path, StructType rows, Map<String, String> properties) {
      return merge(spark, path, rows, properties, List.of("version"), ScdType.ONE);
    }

    @Override
    boolean isFilledByEvents() {
      return true;
    }
  },
  /** The same with {@code stored_as_scd_type: 2}. */
  VERSIONS("auto_cdc, type 2") {
    @Override
    BatchWrite open(
        SparkSession spark, String path, StructType rows, Map<String, String> properties) {
      return merge(spark, path, rows, properties, List.of(), ScdType.TWO);
    }

    @Override
    boolean isFilledByEvents() {
      return true;
    }
  },
  /**
   * {@code upsertToDelta} of <a
   * href="https://docs.delta.io/delta-update/#upsert-from-streaming-queries-using-foreachbatch">
   * Delta's documentation</a>.
   */
  DOCUMENTED("documented MERGE") {
    @Override
    BatchWrite open(
        SparkSession spark, String path, StructType rows, Map<String, String> properties) {
      StructType stored = stored(rows);
      var builder = DeltaTable.create(spark).location(path).addColumns(stored.asNullable());
      for (var property : properties.entrySet()) {
        builder = builder.property(property.getKey(), property.getValue());
      }
      builder.execute();
      String deletes = "s.%s = 0".formatted(AutoCdcWrite.KIND);
      Map<String, String> columns = new HashMap<>();
      for (String column : stored.fieldNames()) {
        columns.put(column, "s." + column);
      }
      return (batch, turn) -> {
        var merge = DeltaTable.forPath(spark, path).as("t").merge(batch.as("s"), "s.id = t.id");
        if (rows.length() == stored.length()) {
          merge.whenMatched().updateAll().whenNotMatched().insertAll().execute();
        } else {
          merge
              .whenMatched(deletes)
              .delete()
              .whenMatched()
              .updateExpr(columns)
              .whenNotMatched("NOT " + deletes)
              .insertExpr(columns)
              .execute();
        }
      };
    }
  };

  private final String title;

  MergeWay(String title) {
    this.title = title;
  }

  /** Brings a batch into the table that it was opened for. */
  @FunctionalInterface
  interface BatchWrite {

    /**
     * Writes.
     *
     * @param number the number of the batch, above those of the batches before
     */
    void write(Dataset<Row> batch, long number) throws Exception;
  }

  /** What it is called in tables. */
  String title() {
    return title;
  }

  /** Whether a table has to be filled in this way, as its rows have columns of the way's own. */
  boolean isFilledByEvents() {
    return false;
  }

  /** The columns of events that tables have. */
  static StructType stored(StructType events) {
    return new StructType(
        Arrays.stream(events.fields())
            .filter(column -> !column.name().equals(AutoCdcWrite.KIND))
            .toArray(StructField[]::new));
  }

  private static BatchWrite merge(
      SparkSession spark,
      String path,
      StructType rows,
      Map<String, String> properties,
      List<String> sequence,
      ScdType type) {
    AutoCdcSpec cdc =
        new AutoCdcSpec(
            List.of("id"),
            sequence,
            null,
            null,
            ColumnSelection.none(),
            ColumnSelection.all(),
            type,
            ColumnSelection.all(),
            null,
            LateInserts.QUARANTINE);
    TargetSpec spec =
        new TargetSpec(
            path,
            true,
            List.of(),
            List.of(),
            properties,
            SchemaEvolution.STRICT,
            path + "-quarantine",
            cdc,
            false,
            List.of());
    AutoCdcWrite write = AutoCdcWrite.open(spark, spec, rows, false);
    TopicPositions nowhere = TopicPositions.parse("{\"v\":1,\"t\":{}}");
    return (batch, turn) ->
        write.write(
            batch, new CommitRange("bench", "e", turn, "0123456789abcdef", nowhere, nowhere));
  }

  /**
   * Creates an empty table to be written in this way.
   *
   * @param rows the columns of the events, {@link AutoCdcWrite#KIND} among them if some delete
   */
  abstract BatchWrite open(
      SparkSession spark, String path, StructType rows, Map<String, String> properties);
}
