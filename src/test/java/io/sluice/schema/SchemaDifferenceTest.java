package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What two versions of a schema have in common, and where they differ. */
class SchemaDifferenceTest {

  @Test
  void between_fieldsAtEveryDepth_namesThemByTheirPath() {
    SchemaDifference difference =
        SchemaDifference.between(
            type("a INT, b STRUCT<x: INT, y: STRING>, c ARRAY<STRUCT<p: INT>>, d MAP<STRING, INT>"),
            type(
                "b STRUCT<x: BIGINT, z: INT>, c ARRAY<STRUCT<p: INT, q: INT>>,"
                    + " d MAP<STRING, STRING>, e INT"));

    assertThat(difference.toString())
        .isEqualTo(
            "~ b.x int -> bigint, + b.z int, - b.y string, + c.element.q int,"
                + " ~ d.value int -> string, + e int, - a int");
    assertThat(difference.addsFields()).isTrue();
    assertThat(difference.widens()).isTrue();
    assertThat(difference.incompatible()).get().extracting("path").isEqualTo("d.value");
  }

  @Test
  void between_otherOrderAndNulls_isNoDifference() {
    assertThat(
            SchemaDifference.between(type("a INT NOT NULL, b STRING"), type("b STRING, a INT"))
                .changes())
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INT | BIGINT | BIGINT",
        "BIGINT | TINYINT | BIGINT",
        "FLOAT | DOUBLE | DOUBLE",
        "INT | DOUBLE | DOUBLE",
        "FLOAT | SMALLINT | DOUBLE",
        "BIGINT | DOUBLE | DOUBLE",
        "DOUBLE | BIGINT | BIGINT",
        "DATE | TIMESTAMP_NTZ | TIMESTAMP_NTZ",
        "TIMESTAMP | DATE | DATE",
        "DECIMAL(5,2) | DECIMAL(6,4) | DECIMAL(7,4)",
        "DECIMAL(38,0) | DECIMAL(38,10) | DECIMAL(38,10)",
        "STRING | INT | INT",
        "ARRAY<INT> | ARRAY<BIGINT> | ARRAY<BIGINT>",
        "MAP<STRING, FLOAT> | MAP<STRING, DOUBLE> | MAP<STRING, DOUBLE>",
        "STRUCT<x: INT> | STRUCT<y: INT, x: BIGINT> | STRUCT<x: BIGINT, y: INT>",
        "STRUCT<x: INT> | STRING | STRING",
      })
  void columns_ofTwoTypes_isTheWiderOrElseTheNewer(String older, String newer, String both) {
    assertThat(TypeMerge.columns(type("a " + older), type("a " + newer)))
        .isEqualTo(type("a " + both).asNullable());
  }

  @Test
  void columns_ofTwoVersions_areInTheOrderOfTheirFirstAppearance() {
    assertThat(TypeMerge.columns(type("b INT NOT NULL, a INT"), type("c INT, a INT")))
        .isEqualTo(type("b INT, a INT, c INT"));
  }

  private static StructType type(String ddl) {
    return StructType.fromDDL(ddl);
  }
}
