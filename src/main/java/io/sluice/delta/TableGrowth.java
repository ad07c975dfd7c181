package io.sluice.delta;

import io.sluice.spec.SchemaEvolution;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * How a table may grow with the rows that it gets.
 *
 * @param columns which of the rows' columns the table may get
 * @param types whether its columns may get wider types
 */
record TableGrowth(Columns columns, boolean types) {

  /** The column in which a table keeps what its other columns cannot hold. */
  static final String RESCUED = "_rescued_data";

  private static final String WIDENING = "delta.enableTypeWidening";
  private static final String WIDEN_ALWAYS =
      "spark.databricks.delta.typeWidening.allowAutomaticWidening";

  /** Which new columns a table may get. */
  enum Columns {
    NONE,
    RESCUED_ONLY,
    ALL
  }

  /** The growth that a job's policy allows. */
  static TableGrowth of(SchemaEvolution evolution) {
    return switch (evolution) {
      case ADD_COLUMNS -> new TableGrowth(Columns.ALL, false);
      case WIDEN -> new TableGrowth(Columns.ALL, true);
      case RESCUE -> new TableGrowth(Columns.RESCUED_ONLY, false);
      case STRICT -> new TableGrowth(Columns.NONE, false);
    };
  }

  /** The table's columns once it has grown by the rows'. */
  StructType apply(StructType table, StructType rows) {
    return switch (columns) {
      case NONE -> table;
      case RESCUED_ONLY ->
          rows.getFieldIndex(RESCUED).isDefined() && table.getFieldIndex(RESCUED).isEmpty()
              ? table.add(
                  new StructField(
                      RESCUED, DataTypes.StringType, true, rows.apply(RESCUED).metadata()))
              : table;
      case ALL -> ColumnMerge.of(table, rows.asNullable(), types);
    };
  }

  /**
   * Makes ready a table that is to grow with its next commit.
   *
   * @return whether it is to grow
   */
  boolean prepare(SparkSession spark, DeltaTarget target, Snapshot now, StructType rows) {
    StructType grown = apply(now.schema(), rows);
    boolean widens = types && !ColumnMerge.of(now.schema(), rows.asNullable(), false).equals(grown);
    if (widens) {
      spark.conf().set(WIDEN_ALWAYS, "always");
      if (!now.metadata().configuration().get(WIDENING).contains("true")) {
        spark.sql(
            "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('%s' = 'true')"
                .formatted(target.location().replace("`", "``"), WIDENING));
      }
    }
    return !grown.equals(now.schema());
  }
}
