package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoCdcKeysTest {

  @Test
  void parse_onlyKeys_isTheNewestStateInTheOrderOfTheTopic() {
    assertThat(autoCdc("{keys: [id]}"))
        .isEqualTo(
            new AutoCdcSpec(
                List.of("id"),
                List.of(),
                null,
                null,
                ColumnSelection.none(),
                ColumnSelection.all(),
                ScdType.ONE,
                ColumnSelection.all(),
                null,
                LateInserts.QUARANTINE));
  }

  @Test
  void parse_everyKey_isRead() {
    assertThat(
            autoCdc(
                "{keys: [id, shop], sequence_by: [at, no], apply_as_deletes: \"op = 'd'\", ignore_null_updates: [name], except_columns: [op], stored_as_scd_type: 2, track_history_except_columns: [seen]}"))
        .isEqualTo(
            new AutoCdcSpec(
                List.of("id", "shop"),
                List.of("at", "no"),
                "op = 'd'",
                null,
                ColumnSelection.only(List.of("name")),
                ColumnSelection.allBut(List.of("op")),
                ScdType.TWO,
                ColumnSelection.allBut(List.of("seen")),
                null,
                LateInserts.QUARANTINE));
  }

  @Test
  void parse_tombstoneRetention_isADuration() {
    assertThat(
            autoCdc("{keys: [id], sequence_by: [at], tombstone_retention: 30d}")
                .tombstoneRetention())
        .isEqualTo(Duration.ofDays(30));
  }

  @Test
  void parse_lateInserts_areKeptOutUnlessTheJobSaysOtherwise() {
    String retention = "keys: [id], sequence_by: [version], tombstone_retention: 30d";
    assertThat(autoCdc("{%s}".formatted(retention)).lateInserts())
        .isEqualTo(LateInserts.QUARANTINE);
    assertThat(autoCdc("{%s, late_inserts: merge}".formatted(retention)).lateInserts())
        .isEqualTo(LateInserts.MERGE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true|true|true",
        "false|false|false",
        "[Name]|true|false",
        "{except: [NAME]}|false|true"
      })
  void parse_ignoreNullUpdates_selectsColumnsWhateverTheirCase(
      String text, boolean name, boolean other) {
    ColumnSelection selection =
        autoCdc("{keys: [id], ignore_null_updates: %s}".formatted(text)).ignoreNullUpdates();

    assertThat(selection.has("name")).isEqualTo(name);
    assertThat(selection.has("other")).isEqualTo(other);
  }

  @Test
  void companion_standsBesideItsTable() {
    assertThat(TargetSpec.of("s3a://lake/orders/").companion("__deletes").table())
        .isEqualTo("s3a://lake/orders__deletes");
    assertThat(TargetSpec.of("shop.orders").companion("__history").isPath()).isFalse();
  }

  private static AutoCdcSpec autoCdc(String text) {
    String job =
        "{version: 1, name: a, source: {topics: [a]}, target: {table: t, auto_cdc: %s}}"
            .formatted(text);
    return Objects.requireNonNull(
        new JobSpecParser(FixedEnvironment.TYPICAL)
            .parse("a.yaml", job, List.of())
            .require()
            .target()
            .autoCdc());
  }
}
