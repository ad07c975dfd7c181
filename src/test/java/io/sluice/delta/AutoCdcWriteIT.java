package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.tables.DeltaTable;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.ScdType;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What merges do to tables beside the rows: columns, files, other writers. */
class AutoCdcWriteIT {

  private static final String POSITION =
      "named_struct('topic', 't', 'partition', 0, 'ledger', 1L, 'entry', %dL, 'batch_index', 0)"
          + " AS _position";

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();
  private long batch;

  @ParameterizedTest
  @CsvSource({"ONE,false", "ONE,true", "TWO,false", "TWO,true"})
  void write_newColumns_areThereBeforeTheMergeThatNeedsThem(ScdType type, boolean bySequence)
      throws Exception {
    AutoCdcSpec spec = spec(type, bySequence);
    write(spec, "SELECT 1 AS id, 1 AS n, 'old' AS name, named_struct('lat', 1.5D) AS at");
    CommitResult grown =
        write(
            spec,
            "SELECT 1 AS id, 2 AS n, CAST(null AS STRING) AS name, named_struct('lat', 2.5D, 'lon', 3.5D) AS at, 7 AS more");

    assertThat(grown.version()).isEqualTo(3);
    assertThat(
            table()
                .orderBy("n")
                .selectExpr("concat_ws(' ', n, name, at.lat, at.lon, more)")
                .collectAsList()
                .toString())
        .isEqualTo(
            type == ScdType.ONE ? "[[2 old 2.5 3.5 7]]" : "[[1 old 1.5], [2 old 2.5 3.5 7]]");
  }

  @Test
  void write_sessionAfterwards_hasNoIdsOfTheBatch() throws Exception {
    write(spec(ScdType.ONE, false), "SELECT 1 AS id, 1 AS n, 'a' AS name");

    spark.sql("DELETE FROM delta.`" + lake.path("t") + "` WHERE id = 1");

    assertThat(table().count()).isZero();
    assertThat(
            DeltaTable.forPath(spark, lake.path("t"))
                .history(1)
                .select("userMetadata")
                .head()
                .isNullAt(0))
        .isTrue();
  }

  @Test
  void open_companionGone_isRefused() throws Exception {
    AutoCdcSpec spec = spec(ScdType.ONE, true);
    write(spec, "SELECT 1 AS id, 1 AS n, 'a' AS name");
    Files.move(Path.of(lake.path("t__deletes")), Path.of(lake.path("elsewhere")));
    DeltaLog.clearCache();

    assertThatThrownBy(() -> write(spec, "SELECT 1 AS id, 2 AS n, 'b' AS name"))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH))
        .hasMessageContaining("t__deletes");
  }

  private CommitResult write(AutoCdcSpec cdc, String query) throws Exception {
    Dataset<Row> rows = spark.sql(query + ", " + POSITION.formatted(batch));
    TargetSpec plain = TargetSpec.of(lake.path("t"));
    TargetSpec spec =
        new TargetSpec(
            plain.table(),
            true,
            List.of(),
            List.of(),
            Map.of(),
            SchemaEvolution.ADD_COLUMNS,
            plain.quarantine(),
            cdc,
            false,
            List.of());
    TopicPositions none = TopicPositions.parse("{\"v\":1,\"t\":{}}");
    return AutoCdcWrite.open(spark, spec, rows.schema(), false)
        .write(rows, new CommitRange("job", "e", batch++, "0123456789abcdef", none, none));
  }

  private static AutoCdcSpec spec(ScdType type, boolean bySequence) {
    return new AutoCdcSpec(
        List.of("id"),
        bySequence ? List.of("n") : List.of(),
        null,
        null,
        ColumnSelection.only(List.of("name")),
        ColumnSelection.all(),
        type,
        ColumnSelection.all());
  }

  private Dataset<Row> table() {
    return spark.read().format("delta").load(lake.path("t"));
  }
}
