package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.spec.TableReader;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class ReaderFitTest {

  @Test
  void objection_featureThatOneReaderCannotRead_namesBoth() {
    assertThat(
            ReaderFit.objection(
                List.of(TableReader.SPARK, TableReader.TRINO, TableReader.ATHENA),
                Set.of("deletionVectors")))
        .hasValue(
            "it needs the Delta feature deletionVectors, which athena of target.readers cannot read. Name another table, or drop the feature (ALTER TABLE ... DROP FEATURE deletionVectors), or take athena out of target.readers");
  }

  @Test
  void objection_featureThatNobodyHasJudged_countsAsSparksAlone() {
    assertThat(ReaderFit.objection(List.of(TableReader.SPARK), Set.of("catalogManaged"))).isEmpty();
    assertThat(
            ReaderFit.objection(
                List.of(TableReader.SPARK, TableReader.DUCKDB), Set.of("catalogManaged")))
        .hasValueSatisfying(reason -> assertThat(reason).contains("catalogManaged", "duckdb"));
  }

  @Test
  void objection_noReadersNamed_isNone() {
    assertThat(ReaderFit.objection(List.of(), Set.of("variantType", "typeWidening"))).isEmpty();
  }

  @Test
  void features_typesWithin_areFound() {
    StructType columns =
        StructType.fromDDL("a ARRAY<STRUCT<b TIMESTAMP_NTZ>>, m MAP<STRING, VARIANT>, t TIMESTAMP");

    assertThat(ReaderFit.features(columns)).containsExactly("timestampNtz", "variantType");
    assertThat(ReaderFit.features(StructType.fromDDL("t TIMESTAMP, d DATE"))).isEmpty();
  }
}
