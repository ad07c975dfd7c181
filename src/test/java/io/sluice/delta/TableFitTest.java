package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class TableFitTest {

  private static final StructType TABLE =
      StructType.fromDDL("id BIGINT, name STRING, place STRUCT<lat: DOUBLE, lon: DOUBLE>");

  @Test
  void misfits_sameColumnsInOtherOrderAndCase_isEmpty() {
    StructType rows =
        StructType.fromDDL(
            "Name STRING, place STRUCT<lat: DOUBLE, lon: DOUBLE>, ID BIGINT NOT NULL");
    assertThat(TableFit.misfits(TABLE, rows)).isEmpty();
  }

  @Test
  void misfits_everyKindAtOnce_namesEachColumn() {
    StructType rows =
        StructType.fromDDL("id INT, place STRUCT<lat: DOUBLE, lon: FLOAT>, extra DATE");
    assertThat(TableFit.misfits(TABLE, rows))
        .containsExactly(
            "column `id` is bigint in the table and int in the rows: cast it in a transform",
            "column `place` is struct<lat:double,lon:double> in the table and struct<lat:double,lon:float> in the rows: cast it in a transform",
            "column `extra` date is not in the table: add it with ALTER TABLE, or leave it out in a transform",
            "column `name` string of the table is not in the rows: select it, or NULL AS `name`, in a transform");
  }

  @Test
  void misfits_columnThatTheTableComputes_isNotAskedFor() {
    StructType table =
        TABLE.add(
            "day",
            DataTypes.DateType,
            true,
            new MetadataBuilder()
                .putString("delta.generationExpression", "current_date()")
                .build());
    assertThat(TableFit.misfits(table, TABLE)).isEmpty();
  }
}
