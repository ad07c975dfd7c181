package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.ChangeColumns.quoted;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static org.apache.spark.sql.functions.lit;

import io.delta.tables.DeltaTable;
import io.sluice.spec.SchemaEvolution;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A table of changes and what its merges have in common.
 *
 * @param target the table
 * @param columns what the columns of the events mean
 * @param evolution how the table may grow
 * @param strict whether an event that cannot be merged fails the batch
 */
record KeyedTable(
    DeltaTarget target, ChangeColumns columns, SchemaEvolution evolution, boolean strict) {

  /** The merge of every batch. */
  MergeCommit commit() {
    return new MergeCommit(target, MergeCommit.STEP, evolution);
  }

  /** That a row of the table and one of the batch have the same key. */
  Column sameKey() {
    return columns.sameKey(TABLE, SOURCE);
  }

  /** The table's rows as they are now. */
  Dataset<Row> rows(SparkSession spark) {
    return DeltaTable.forPath(spark, target.location()).toDF();
  }

  /** Columns of the batch to be written as they are. */
  static Map<String, Column> fromSource(List<StructField> fields) {
    Map<String, Column> values = new LinkedHashMap<>();
    for (StructField field : fields) {
      values.put(quoted(field.name()), column(SOURCE, field.name()));
    }
    return values;
  }

  /** A column of the table's row as the grown table has it; null where it is new. */
  static Column stored(StructType now, StructType grown, String name) {
    DataType type = type(grown, name);
    return find(now, name)
        .map(column -> Conformed.to(column(TABLE, column.name()), column.dataType(), type))
        .orElseGet(() -> lit(null).cast(type));
  }

  /**
   * A stored column of the grown table by what its parts come to.
   *
   * @param part what a part comes to, by it and its column in the table's row
   */
  Column updated(
      StructField value,
      StructType now,
      StructType grown,
      BiFunction<ColumnPart, Column, Column> part) {
    Column there = stored(now, grown, value.name());
    return columns.whole(value, each -> part.apply(each, there));
  }

  private static DataType type(StructType grown, String name) {
    return find(grown, name).orElseThrow().dataType();
  }

  private static Optional<StructField> find(StructType columns, String name) {
    return Arrays.stream(columns.fields())
        .filter(column -> column.name().equalsIgnoreCase(name))
        .findFirst();
  }

  /** Rows with other columns of the same names, as the grown table has them; lacking ones null. */
  static Dataset<Row> conformed(Dataset<Row> rows, StructType now, List<StructField> grown) {
    return rows.select(
        grown.stream()
            .map(field -> conformed(rows, now, field).as(field.name()))
            .toArray(Column[]::new));
  }

  private static Column conformed(Dataset<Row> rows, StructType now, StructField grown) {
    return find(now, grown.name())
        .map(
            field ->
                Conformed.to(rows.col(quoted(field.name())), field.dataType(), grown.dataType()))
        .orElseGet(() -> lit(null).cast(grown.dataType()));
  }
}
