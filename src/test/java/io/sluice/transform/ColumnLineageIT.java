package io.sluice.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.SparkSessions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class ColumnLineageIT {

  private final SparkSession spark = SparkSessions.local().newSession();
  private final Dataset<Row> input =
      spark
          .createDataFrame(
              List.<Row>of(),
              StructType.fromDDL("id INT, big STRING, tags ARRAY<STRING>, s STRUCT<a: INT>"))
          .selectExpr("id + 0 AS id", "big", "tags", "s");

  @Test
  void of_renamedComputedAndConstantColumns_namesWhatTheyAreMadeOf() {
    assertThat(
            lineage(
                "SELECT id, big AS notes, length(big) + id AS n, s.a AS a, 'x' AS c, BIG FROM input"))
        .isEqualTo(
            Map.of(
                "id", Set.of("id"),
                "notes", Set.of("big"),
                "n", Set.of("big", "id"),
                "a", Set.of("s"),
                "c", Set.of(),
                "BIG", Set.of("big")));
  }

  @Test
  void of_nestedQueries_looksThroughThem() {
    assertThat(
            lineage(
                "WITH x AS (SELECT id, upper(big) AS u FROM input WHERE id > 0)"
                    + " SELECT y.id, concat(u, 'z') AS v FROM (SELECT * FROM x) y"))
        .isEqualTo(Map.of("id", Set.of("id"), "v", Set.of("big")));
  }

  @Test
  void of_explodedColumn_isMadeOfTheList() {
    assertThat(lineage("SELECT id, tag FROM input LATERAL VIEW explode(tags) t AS tag"))
        .isEqualTo(Map.of("id", Set.of("id"), "tag", Set.of("tags")));
  }

  @Test
  void of_queriesThatReadTheInputTwice_knowBoth() {
    assertThat(
            lineage("SELECT l.id, upper(r.big) AS u FROM input l JOIN input r ON l.id = r.id + 1"))
        .isEqualTo(Map.of("id", Set.of("id"), "u", Set.of("big")));
    assertThat(
            lineage(
                "SELECT id, NULL AS u FROM input WHERE id > 0 UNION ALL SELECT id, big FROM input"))
        .isEqualTo(Map.of("id", Set.of("id"), "u", Set.of("big")));
  }

  @Test
  void isUnchanged_columnThatIsComputedFromItself_isNot() {
    ColumnLineage lineage =
        ColumnLineage.of(input, query(input, "SELECT id + 1 AS id, big AS BIG, tags FROM input"));

    assertThat(lineage.isUnchanged("id")).isFalse();
    assertThat(lineage.isUnchanged("big")).isTrue();
    assertThat(lineage.isUnchanged("Tags")).isTrue();
  }

  @Test
  void of_severalSteps_goesBackToTheFirst() {
    Dataset<Row> first = query(input, "SELECT id, big AS b FROM input");

    assertThat(ColumnLineage.of(input, query(first, "SELECT *, trim(b) AS t FROM input")).columns())
        .isEqualTo(Map.of("id", Set.of("id"), "b", Set.of("big"), "t", Set.of("big")));
  }

  @Test
  void madeOf_someColumns_namesThoseThatDependOnThem() {
    Dataset<Row> row =
        spark.sql("SELECT 1 AS id, 'b' AS big, array('big') AS lacking, array('id') AS other");
    Dataset<Row> result =
        query(row, "SELECT id, big AS notes, length(big) + id AS n, lacking, other FROM input");
    ColumnLineage lineage = ColumnLineage.of(row, result);

    Row names =
        result
            .select(
                lineage.madeOf(col("lacking")),
                lineage.madeOf(col("other")),
                lineage.madeOf(lit(null).cast("array<string>")))
            .head();

    assertThat(names.getList(0)).isEqualTo(List.of("notes", "n"));
    assertThat(names.getList(1)).isEqualTo(List.of("id", "n"));
    assertThat(names.getList(2)).isEmpty();
    assertThat(lineage.isUnchanged("ID")).isTrue();
    assertThat(lineage.isUnchanged("notes")).isFalse();
  }

  private Map<String, Set<String>> lineage(String query) {
    return ColumnLineage.of(input, query(input, query)).columns();
  }

  private Dataset<Row> query(Dataset<Row> rows, String query) {
    rows.createOrReplaceTempView("input");
    return spark.sql(query);
  }
}
