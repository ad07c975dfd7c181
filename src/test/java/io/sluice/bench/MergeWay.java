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
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** A way to bring batches of rows into a table by their key {@code id}. */
enum MergeWay {
  /** {@code target.auto_cdc} with {@code keys: [id]}. */
  SLUICE("auto_cdc") {
    @Override
    BatchWrite open(
        SparkSession spark, String path, StructType rows, Map<String, String> properties) {
      AutoCdcSpec cdc =
          new AutoCdcSpec(
              List.of("id"),
              List.of(),
              null,
              null,
              ColumnSelection.only(List.of()),
              ColumnSelection.all(),
              ScdType.ONE,
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
      var builder = DeltaTable.create(spark).location(path).addColumns(rows.asNullable());
      for (var property : properties.entrySet()) {
        builder = builder.property(property.getKey(), property.getValue());
      }
      builder.execute();
      return (batch, turn) ->
          DeltaTable.forPath(spark, path)
              .as("t")
              .merge(batch.as("s"), "s.id = t.id")
              .whenMatched()
              .updateAll()
              .whenNotMatched()
              .insertAll()
              .execute();
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
     * @param turn the number of the batch, from 0
     */
    void write(Dataset<Row> batch, long turn) throws Exception;
  }

  /** What it is called in tables. */
  String title() {
    return title;
  }

  /** Creates an empty table for rows of these columns, to be written in this way. */
  abstract BatchWrite open(
      SparkSession spark, String path, StructType rows, Map<String, String> properties);
}
