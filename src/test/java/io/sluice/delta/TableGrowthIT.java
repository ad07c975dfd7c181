package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.tables.DeltaTable;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How tables grow with the rows they get, on real tables. */
class TableGrowthIT {

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();
  private long batch;

  @Test
  void append_newColumnsAtEveryDepth_growInTheCommitThatNeedsThem() throws Exception {
    append(SchemaEvolution.ADD_COLUMNS, "SELECT 1 AS id, named_struct('lat', 1.5D) AS at");
    CommitResult grown =
        append(
            SchemaEvolution.ADD_COLUMNS,
            "SELECT 2 AS id, named_struct('lat', 2.5D, 'lon', 3.5D) AS at, DATE'2026-01-02' AS day");

    assertThat(grown.version()).isEqualTo(2);
    assertThat(table().schema().toDDL())
        .isEqualTo("id INT,at STRUCT<lat: DOUBLE, lon: DOUBLE>,day DATE");
    assertThat(table().orderBy("id").collectAsList().toString())
        .isEqualTo("[[1,[1.5,null],null], [2,[2.5,3.5],2026-01-02]]");
    assertThat(
            DeltaTable.forPath(spark, lake.path("t"))
                .history(1)
                .select("operation", "version")
                .collectAsList()
                .toString())
        .isEqualTo("[[WRITE,2]]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CAST(1 AS SMALLINT)|CAST(2 AS BIGINT)|BIGINT",
        "1|CAST(4294967296 AS BIGINT)|BIGINT",
        "CAST(0.5 AS FLOAT)|CAST(0.1 AS DOUBLE)|DOUBLE",
        "7|CAST(0.1 AS DOUBLE)|DOUBLE",
        "7|CAST(0.1 AS DECIMAL(12,2))|DECIMAL(12,2)"
      })
  void append_widerType_growsInTheCommitThatNeedsIt(String first, String second, String type)
      throws Exception {
    append(
        SchemaEvolution.WIDEN,
        "SELECT 1 AS id, named_struct('v', %s) AS s, %s AS v".formatted(first, first));
    append(
        SchemaEvolution.WIDEN,
        "SELECT 2 AS id, named_struct('v', %s) AS s, %s AS v".formatted(second, second));

    assertThat(table().schema().toDDL())
        .isEqualTo("id INT,s STRUCT<v: %s>,v %s".formatted(type, type));
    assertThat(
            table()
                .where(
                    "id = 1 AND v = %s AND s.v = v OR id = 2 AND v = %s AND s.v = v"
                        .formatted(first, second))
                .count())
        .isEqualTo(2);
  }

  @Test
  void append_neverWidened_leavesTheTableReadableByAll() throws Exception {
    append(SchemaEvolution.WIDEN, "SELECT 1 AS id");
    append(SchemaEvolution.WIDEN, "SELECT 2 AS id, 'x' AS name");

    Row detail = DeltaTable.forPath(spark, lake.path("t")).detail().head();
    assertThat(detail.<Integer>getAs("minReaderVersion")).isEqualTo(1);
  }

  @Test
  void open_widerTypeWithoutWiden_isRefused() throws Exception {
    append(SchemaEvolution.ADD_COLUMNS, "SELECT 1 AS id");
    assertThatThrownBy(
            () -> append(SchemaEvolution.ADD_COLUMNS, "SELECT CAST(2 AS BIGINT) AS id, 3 AS more"))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH))
        .hasMessageContaining("column `id` is int in the table and bigint in the rows")
        .hasMessageNotContaining("more");
    assertThat(table().schema().toDDL()).isEqualTo("id INT");
  }

  @Test
  void open_newColumnUnderRescue_onlyTheRescuedDataComesIn() throws Exception {
    append(SchemaEvolution.RESCUE, "SELECT 1 AS id");
    append(SchemaEvolution.RESCUE, "SELECT 2 AS id, '{\"n\":1}' AS _rescued_data");

    assertThat(table().schema().toDDL()).isEqualTo("id INT,_rescued_data STRING");
    assertThatThrownBy(
            () -> append(SchemaEvolution.RESCUE, "SELECT 3 AS id, null AS _rescued_data, 4 AS n"))
        .hasMessageContaining("column `n` int is not in the table");
  }

  private CommitResult append(SchemaEvolution evolution, String query) throws Exception {
    Dataset<Row> rows = spark.sql(query);
    StructType columns = rows.schema();
    TargetSpec plain = TargetSpec.of(lake.path("t"));
    TargetSpec spec =
        new TargetSpec(
            plain.table(),
            true,
            List.of(),
            List.of(),
            Map.of(),
            evolution,
            plain.quarantine(),
            null,
            false,
            List.of());
    DeltaTarget target = DeltaTarget.open(spark, spec, columns);
    TopicPositions none = TopicPositions.parse("{\"v\":1,\"t\":{}}");
    return new IdempotentCommit(target, IdempotentCommit.STEP, evolution)
        .write(rows, new CommitRange("job", "e", batch++, "0123456789abcdef", none, none));
  }

  private Dataset<Row> table() {
    return spark.read().format("delta").load(lake.path("t"));
  }
}
