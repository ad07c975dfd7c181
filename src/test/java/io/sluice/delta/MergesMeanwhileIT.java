package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.exceptions.MetadataChangedException;
import io.sluice.maintain.MaintenanceStep;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.MeanwhileFileSystem;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Merges of change events that other writers of the table come between. */
class MergesMeanwhileIT {

  private static final int ATTEMPTS = 8;

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();
  private final SparkSession others = SparkSessions.local().newSession();
  private int batch;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ONE|false|1 changed;4 new",
        "ONE|true|1 changed;4 new",
        "TWO|false|1 changed;1 old .;2 old .;4 new",
        "TWO|true|1 changed;1 old .;2 old .;4 new"
      })
  void write_othersCommitBeforeIt_beginsAnewAndMergesIntoWhatIsThereThen(
      ScdType type, boolean bySequence, String expected) throws Exception {
    AutoCdcSpec spec = spec(type, bySequence);
    write(spec, event(1, 1, "old", 1), event(2, 1, "old", 1), event(3, 1, "old", 1));
    write(spec, event(5, 2, "old", 1), event(5, 3, "gone", 0), event(6, 4, "old", 1));
    Deque<Callable<?>> commits =
        MeanwhileFileSystem.before(
            lake.path("t"),
            () -> others.sql("DELETE FROM delta.`%s` WHERE id = 3".formatted(lake.path("t"))),
            () -> others.sql("OPTIMIZE delta.`%s`".formatted(lake.path("t"))),
            () ->
                others.sql(
                    "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('a' = 'b')"
                        .formatted(lake.path("t"))));
    Deque<Callable<?>> ofDeletes =
        MeanwhileFileSystem.before(lake.path("t__deletes"), this::forget);

    write(spec, event(1, 6, "changed", 1), event(2, 7, "gone", 0), event(4, 8, "new", 1));

    assertThat(commits).isEmpty();
    assertThat(ofDeletes).hasSize(type == ScdType.ONE && bySequence ? 0 : 1);
    assertThat(rows(type)).containsExactlyInAnyOrder(expected.split(";", -1));
    CommitResult late = write(spec, event(5, 2, "late", 1));
    assertThat(late.rejected()).isEqualTo(type == ScdType.ONE && bySequence ? 1 : 0);
  }

  @Test
  void write_othersCommitBeforeItEachTime_endsAndLeavesTheTableAsTheyMadeIt() throws Exception {
    AutoCdcSpec spec = spec(ScdType.ONE, false);
    write(spec, event(1, 1, "old", 1));
    Callable<?> alter =
        () ->
            others.sql(
                "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('at' = '%s')"
                    .formatted(lake.path("t"), Instant.now()));
    Deque<Callable<?>> commits =
        MeanwhileFileSystem.before(
            lake.path("t"), Collections.nCopies(ATTEMPTS, alter).toArray(Callable<?>[]::new));

    assertThatThrownBy(() -> write(spec, event(1, 2, "changed", 1)))
        .isInstanceOf(MetadataChangedException.class);
    assertThat(commits).as("what was not met in %d attempts", ATTEMPTS).isEmpty();
    assertThat(rows(ScdType.ONE)).containsExactly("1 old");

    batch--;
    write(spec, event(1, 2, "changed", 1));
    assertThat(rows(ScdType.ONE)).containsExactly("1 changed");
  }

  private Optional<MaintenanceStep> forget() {
    TargetSpec table = TargetSpec.of(lake.path("t"));
    return TableMaintenance.of(others, TableMaintenance.deletes(table), false)
        .orElseThrow()
        .forget(table, Instant.now());
  }

  private CommitResult write(AutoCdcSpec cdc, String... events) throws Exception {
    Dataset<Row> rows =
        Stream.of(events).map(spark::sql).reduce(Dataset::union).orElseThrow().localCheckpoint();
    TargetSpec table = TargetSpec.of(MeanwhileFileSystem.path(lake.path("t"))).merging(cdc);
    TopicPositions none = TopicPositions.parse("{\"v\":1,\"t\":{}}");
    return AutoCdcWrite.open(spark, table, rows.schema(), false)
        .write(rows, new CommitRange("job", "e", batch++, "0123456789abcdef", none, none));
  }

  private static String event(int id, long n, String name, int kind) {
    return """
        SELECT %d AS id, %dL AS n, '%s' AS name, %d AS %s, named_struct('topic', 't', 'partition', 0,
        'ledger', 1L, 'entry', %dL, 'batch_index', -1) AS _position"""
        .formatted(id, n, name, kind, AutoCdcWrite.KIND, n);
  }

  private static AutoCdcSpec spec(ScdType type, boolean bySequence) {
    return new AutoCdcSpec(
        List.of("id"),
        bySequence ? List.of("n") : List.of(),
        null,
        null,
        ColumnSelection.none(),
        ColumnSelection.allBut(List.of("n")),
        type,
        ColumnSelection.all(),
        bySequence ? Duration.ofDays(1) : null,
        LateInserts.QUARANTINE);
  }

  /** Rows as others see them; closed versions end with a dot. */
  private List<String> rows(ScdType type) {
    String ended = type == ScdType.ONE ? "''" : "if(__END_AT IS NULL, '', ' .')";
    return others
        .read()
        .format("delta")
        .load(lake.path("t"))
        .where("id < 5")
        .selectExpr("concat(id, ' ', name, %s)".formatted(ended))
        .as(Encoders.STRING())
        .collectAsList();
  }
}
