package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpecParser;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.transform.ChangeKinds;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The keys of target.auto_cdc as a job has them, in merges of real tables. */
class AutoCdcOptionsIT {

  private static final TopicPositions NONE = TopicPositions.parse("{\"v\":1,\"t\":{}}");

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();
  private long batch;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keys: [id]",
        "keys: [id], sequence_by: [n]",
        "keys: [id], sequence_by: [n], stored_as_scd_type: 2"
      })
  void write_conditionsAndColumnsOfAJob_doWhatTheySay(String keys) throws Exception {
    AutoCdcSpec cdc =
        autoCdc(
            keys
                + ", apply_as_deletes: \"op = 'gone'\", apply_as_truncates: \"op = 'all gone'\""
                + ", columns: [id, name, more], ignore_null_updates: {except: [more]}");
    write(cdc, "(1, 1, 'add', 'Ada', 10, 's'), (2, 2, 'add', 'Bo', 20, 's')");
    write(cdc, "(1, 3, 'set', null, null, 's'), (2, 4, 'gone', null, null, 's')");
    assertThat(rows()).containsExactly("1 Ada unknown");

    write(cdc, "(null, 5, 'all gone', null, null, 's'), (3, 6, 'add', 'Cy', 30, 's')");

    assertThat(rows()).containsExactly("3 Cy 30");
    assertThat(table().columns())
        .filteredOn(name -> !name.startsWith("_"))
        .containsExactly("id", "name", "more");
  }

  @ParameterizedTest
  @ValueSource(strings = {"keys: [id]", "keys: [id], sequence_by: [n]"})
  void write_rowsThatSomeoneHasChanged_areOverwrittenByTheNextEventOfTheirKey(String keys)
      throws Exception {
    AutoCdcSpec cdc = autoCdc(keys + ", columns: [id, name, more]");
    write(cdc, "(1, 1, 'add', 'Ada', 10, 's'), (2, 2, 'add', 'Bo', 20, 's')");
    spark.sql("UPDATE delta.`%s` SET name = 'mine' WHERE id = 1".formatted(lake.path("t")));
    spark.sql("DELETE FROM delta.`%s` WHERE id = 2".formatted(lake.path("t")));
    assertThat(rows()).containsExactly("1 mine 10");

    write(cdc, "(1, 3, 'set', 'Ada L.', 11, 's'), (2, 4, 'set', 'Bo', 21, 's')");

    assertThat(rows()).containsExactly("1 Ada L. 11", "2 Bo 21");
  }

  private static AutoCdcSpec autoCdc(String text) {
    String job =
        "{version: 1, name: a, source: {topics: [a]}, target: {table: t, auto_cdc: {%s}}}"
            .formatted(text);
    return Objects.requireNonNull(
        new JobSpecParser(Environment.ofProcess())
            .parse("a.yaml", job, List.of())
            .require()
            .target()
            .autoCdc());
  }

  /** Merges a batch of events, the later ones behind the others in their topic. */
  private void write(AutoCdcSpec cdc, String events) throws Exception {
    Dataset<Row> placed =
        spark.sql(
            "SELECT CAST(id AS INT) AS id, CAST(name AS STRING) AS name, CAST(more AS INT) AS more, n, op, secret, named_struct('topic', 't', 'partition', 0, 'ledger', 1L, 'entry', CAST(n AS BIGINT), 'batch_index', 0) AS _position FROM VALUES %s AS e(id, n, op, name, more, secret)"
                .formatted(events));
    Dataset<Row> rows =
        ChangeKinds.of(placed, AutoCdcWrite.KIND, cdc.applyAsDeletes(), cdc.applyAsTruncates());
    TargetSpec target = TargetSpec.of(lake.path("t")).merging(cdc);
    AutoCdcWrite.open(spark, target, rows.schema(), false)
        .write(rows, new CommitRange("job", "e", batch++, "0123456789abcdef", NONE, NONE));
  }

  private Dataset<Row> table() {
    return spark.read().format("delta").load(lake.path("t"));
  }

  /** The rows that are there, or whose versions are open. */
  private List<String> rows() {
    Dataset<Row> rows = table();
    boolean keepsVersions = Arrays.asList(rows.columns()).contains("__END_AT");
    return rows
        .where(keepsVersions ? "__END_AT IS NULL" : "true")
        .selectExpr("concat_ws(' ', id, name, coalesce(string(more), 'unknown'))")
        .as(Encoders.STRING())
        .collectAsList()
        .stream()
        .sorted()
        .toList();
  }
}
