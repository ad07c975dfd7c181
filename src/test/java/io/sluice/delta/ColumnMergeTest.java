package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnMergeTest {

  private static final StructType COLUMNS =
      ddl("id INT, at STRUCT<lat: FLOAT>, tags ARRAY<STRUCT<k: STRING>>, m MAP<STRING, INT>");

  @Test
  void of_newFieldsAtEveryDepth_areAddedAtTheEnd() {
    StructType rows =
        ddl("Extra DATE, tags ARRAY<STRUCT<v: STRING, k: STRING>>, at STRUCT<lon: DOUBLE>, id INT");

    StructType merged = ColumnMerge.of(COLUMNS, rows, false);

    assertThat(merged)
        .isEqualTo(
            ddl(
                "id INT, at STRUCT<lat: FLOAT, lon: DOUBLE>, tags ARRAY<STRUCT<k: STRING, v: STRING>>, m MAP<STRING, INT>, Extra DATE"));
    assertThat(ColumnMerge.changes(COLUMNS, merged))
        .containsExactly("+ at.lon DOUBLE", "+ tags.element.v STRING", "+ Extra DATE");
  }

  @Test
  void of_widerTypes_growOnlyWhenAllowed() {
    StructType rows = ddl("ID BIGINT, at STRUCT<lat: DOUBLE>, m MAP<STRING, BIGINT>");

    assertThat(ColumnMerge.of(COLUMNS, rows, false)).isEqualTo(COLUMNS);
    assertThat(ColumnMerge.changes(COLUMNS, ColumnMerge.of(COLUMNS, rows, true)))
        .containsExactly(
            "~ id INT -> BIGINT", "~ at.lat FLOAT -> DOUBLE", "~ m.value INT -> BIGINT");
  }

  @Test
  void of_typesThatDoNotFit_stayAsTheyAre() {
    assertThat(ColumnMerge.of(COLUMNS, ddl("id STRING, at STRING, tags STRUCT<a: INT>"), true))
        .isEqualTo(COLUMNS);
  }

  @Test
  void changes_columnGoneAndBroughtBack_isToldBothWays() {
    StructType less = ddl("id INT, tags ARRAY<STRUCT<k: STRING>>, m MAP<STRING, INT>");
    assertThat(ColumnMerge.changes(COLUMNS, less)).containsExactly("- at STRUCT<lat: FLOAT>");
    assertThat(ColumnMerge.changes(less, COLUMNS)).containsExactly("+ at STRUCT<lat: FLOAT>");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TINYINT|SMALLINT|true",
        "INT|BIGINT|true",
        "BIGINT|INT|false",
        "INT|INT|false",
        "FLOAT|DOUBLE|true",
        "INT|DOUBLE|true",
        "BIGINT|DOUBLE|false",
        "DATE|TIMESTAMP_NTZ|false",
        "DATE|TIMESTAMP|false",
        "INT|DECIMAL(10,0)|true",
        "INT|DECIMAL(10,1)|false",
        "BIGINT|DECIMAL(20,0)|true",
        "DECIMAL(5,2)|DECIMAL(7,3)|true",
        "DECIMAL(5,2)|DECIMAL(5,2)|false",
        "DECIMAL(5,2)|DECIMAL(5,3)|false",
        "INT|STRING|false"
      })
  void widens_pairsOfTypes_areThoseOfDeltaWithoutAFurtherFeature(
      String from, String to, boolean widens) {
    assertThat(ColumnMerge.widens(DataType.fromDDL(from), DataType.fromDDL(to))).isEqualTo(widens);
  }

  private static StructType ddl(String columns) {
    return StructType.fromDDL(columns);
  }
}
