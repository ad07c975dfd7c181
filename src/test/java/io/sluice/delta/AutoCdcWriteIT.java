package io.sluice.delta;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.tables.DeltaTable;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.maintain.MaintenanceStep;
import io.sluice.maintain.MaintenanceStep.Kind;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.types.Metadata;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What merges do to tables beside the rows: columns, files, other writers. */
class AutoCdcWriteIT {

  private static final String POSITION =
      "named_struct('topic', 't', 'partition', %d, 'ledger', 1L, 'entry', %dL, 'batch_index', 0)"
          + " AS _position";

  /** A topic of two partitions. */
  private static final TopicPositions TWO =
      TopicPositions.parse("{\"v\":1,\"t\":{\"t\":{\"0\":\"1:0\",\"1\":\"1:0\"}}}");

  private static final TopicPositions NONE = TopicPositions.parse("{\"v\":1,\"t\":{}}");

  private static final Map<String, Integer> KINDS =
      Map.of("delete", ChangeColumns.DELETE, "truncate", ChangeColumns.TRUNCATE);

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();
  private long batch;
  private long entry;

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
  void write_truncateComesLate_endsWhatOlderEventsWroteIntoRowsThatStay() throws Exception {
    AutoCdcSpec spec = conditional(ColumnSelection.all());
    write(
        spec,
        partial(1, 3, "old", 5),
        partial(1, 9, null, 7),
        partial(2, 3, null, 6),
        partial(2, 9, "new", null),
        partial(3, 9, "kept", 8));

    write(spec, partial(0, 6, "truncate", null));

    assertThat(texts("concat_ws(' ', id, name, more)"))
        .containsExactlyInAnyOrder("1 7", "2 new", "3 kept 8");
    write(spec, partial(1, 5, "late", 1), partial(1, 7, "between", 2));
    assertThat(texts("concat_ws(' ', id, name, more)"))
        .containsExactlyInAnyOrder("1 between 7", "2 new", "3 kept 8");
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
  void forget_deletesThatAreOld_whatMayBeLateIsRejectedAndTruncatesStay() throws Exception {
    AutoCdcSpec spec = conditional();
    write(spec, event(1, 5, "old"), event(2, 6, "delete"), event(3, 7, "old"));
    Instant now = Instant.now();
    assertThat(forget(now.minusSeconds(3600))).isEmpty();
    assertThat(write(spec, event(2, 4, "late")).rejected()).isZero();
    assertThat(names()).containsExactly("old", "old");

    assertThat(forget(now.plusSeconds(3600))).contains(expired(1));
    assertThat(forget(now.plusSeconds(3600))).isEmpty();
    Dataset<Row> rows =
        rows(
            event(2, 4, "late"),
            event(4, 6, "new"),
            event(4, 5, "late"),
            event(1, 4, "late"),
            event(3, 6, "late"));
    AutoCdcWrite write = open(spec, rows);
    assertThat(write.write(rows, range()).rejected()).isEqualTo(1);
    assertThat(write.rejected(rows).selectExpr("error_class", "string(payload)").collectAsList())
        .singleElement()
        .satisfies(row -> assertThat(row.getString(0)).isEqualTo("TOO_LATE"))
        .satisfies(row -> assertThat(row.getString(1)).contains("\"id\":2"));
    assertThat(names()).containsExactly("new", "old", "old");

    write(spec, event(0, 8, "truncate"));
    assertThat(forget(now.plusSeconds(3600))).isEmpty();
    assertThat(write(spec, event(4, 8, "late"), event(6, 9, "new"), event(5, 3, "late")).rejected())
        .isZero();
    assertThat(names()).containsExactly("new");
  }

  @Test
  void forget_deleteFromAClockThatIsAhead_isRememberedUntilOthersAreLater() throws Exception {
    AutoCdcSpec spec = conditional();
    write(spec, event(1, 5, "a"), event(2, 4, "delete"), event(3, 1000, "delete"));

    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));
    assertThat(write(spec, event(4, 6, "b"), event(3, 999, "late")).rejected()).isZero();
    assertThat(names()).containsExactly("a", "b");

    write(spec, event(5, 1001, "c"));
    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));
    assertThat(write(spec, event(3, 999, "late")).rejected()).isEqualTo(1);
  }

  @Test
  void write_partOfARowThatNothingHasWrittenYet_isRejectedWhereADeleteMayBeForgotten()
      throws Exception {
    AutoCdcSpec spec = conditional(ColumnSelection.only(List.of("name", "more")));
    write(spec, partial(1, 5, "a", 5), partial(1, 6, "delete", null), partial(1, 8, "b", null));
    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));

    Dataset<Row> rows = rows(partial(1, 4, "a", 4), partial(1, 9, "c", null));
    AutoCdcWrite write = open(spec, rows);
    assertThat(write.write(rows, range()).rejected()).isEqualTo(1);
    assertThat(write.rejected(rows).select("error_field").as(Encoders.STRING()).collectAsList())
        .containsExactly("more");
    assertThat(texts("name || ' ' || (more IS NULL)")).containsExactly("c true");

    assertThat(write(spec, partial(1, 7, null, 7)).rejected()).isZero();
    assertThat(write(spec, partial(2, 6, null, 1), partial(2, 9, "d", null)).rejected()).isZero();
    assertThat(texts("name || ' ' || more")).containsExactly("c 7", "d 1");
    assertThat(write(spec, partial(3, 3, null, 1), partial(3, 9, "e", null)).rejected())
        .isEqualTo(1);
  }

  @Test
  void write_eventThatMayBeLate_failsABatchThatMayHaveNoBadOnes() throws Exception {
    AutoCdcSpec spec = conditional();
    write(spec, event(2, 6, "delete"), event(3, 7, "old"));
    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));
    Dataset<Row> rows = rows(event(2, 4, "late"), event(3, 8, "new"));
    TargetSpec table = TargetSpec.of(lake.path("t")).merging(spec);
    AutoCdcWrite strict = AutoCdcWrite.open(spark, table, rows.schema(), true);

    assertThatThrownBy(() -> strict.write(rows, range()))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.UNDECODABLE_MESSAGE))
        .hasMessageContaining("late_inserts");
    assertThat(names()).containsExactly("old");

    assertThat(open(spec, rows).write(rows, range()).rejected()).isEqualTo(1);
    batch--;
    assertThatThrownBy(() -> strict.write(rows, range()))
        .hasMessageContaining("is in the table, but may lack 1 events");
  }

  @Test
  void write_whereLateInsertsAreMerged_noFloorKeepsThemOut() throws Exception {
    AutoCdcSpec spec = conditional();
    write(spec, event(2, 6, "delete"), event(3, 7, "old"));
    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));

    assertThat(write(spec, event(2, 4, "late")).rejected()).isEqualTo(1);
    batch--;
    AutoCdcSpec merging = conditional(ColumnSelection.none(), LateInserts.MERGE);
    assertThat(write(merging, event(2, 4, "late")).rejected())
        .as("a batch that was merged before the job said so")
        .isEqualTo(1);
    assertThat(names()).containsExactly("old");
    assertThat(write(merging, event(2, 4, "late")).rejected()).isZero();
    assertThat(names()).containsExactly("late", "old");

    write(merging, event(5, 50, "delete"), event(7, 60, "more"));
    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));
    assertThat(write(spec, event(5, 45, "late"), event(6, 51, "new")).rejected())
        .as("what was forgotten meanwhile has raised the floor")
        .isEqualTo(1);
    assertThat(names()).containsExactly("late", "more", "new", "old");
  }

  @Test
  void remembered_whileDeletesAreForgotten_staysWhatItWas() throws Exception {
    AutoCdcSpec spec = conditional();
    write(spec, event(2, 6, "delete"), event(3, 7, "old"));
    TargetSpec target = TargetSpec.of(lake.path("t"));
    ChangeColumns columns = ChangeColumns.of(spec, rows(event(2, 4, "late")).schema());
    KeyedTable table =
        new KeyedTable(
            DeltaTarget.find(spark, target).orElseThrow(), columns, target.evolution(), false);
    Companion companion =
        Companion.open(spark, target, table, Scd1BySequence.COMPANION, columns.deletes());
    Remembered before = companion.remembered(spark, columns);
    Dataset<Row> known = before.ends(keys(2).withColumn(Remembered.DELETED, order()), lit(true));
    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));

    assertThat(known.where("__sluice_ended.n = 6 AND __sluice_floor IS NULL").count()).isOne();
    Remembered after = companion.remembered(spark, columns);
    assertThat(before.hasFloor()).isFalse();
    assertThat(after.hasFloor()).isTrue();
    assertThat(
            after
                .ends(keys(2).withColumn(Remembered.DELETED, order()), lit(true))
                .where("__sluice_ended IS NULL AND __sluice_floor.n = 6")
                .count())
        .isOne();
  }

  private Dataset<Row> keys(int id) {
    return spark.sql("SELECT %d AS id".formatted(id));
  }

  /** The order of no event. */
  private Column order() {
    return lit(null).cast(table().schema().apply(ChangeColumns.ORDER).dataType());
  }

  private MaintenanceStep expired(long deletes) {
    return new MaintenanceStep(lake.path("t__deletes"), Kind.EXPIRE, deletes, 0, 0);
  }

  @Test
  void forget_betweenTheTwoCommitsOfABatch_doesNotUndoItsDeletes() throws Exception {
    AutoCdcSpec spec = conditional();
    write(spec, event(1, 1, "a"), event(2, 3, "b"));
    Path log = Path.of(lake.path("t"), "_delta_log", "%020d.json".formatted(2));
    write(spec, event(1, 2, "delete"));
    assertThat(names()).containsExactly("b");
    Files.delete(log);
    Files.deleteIfExists(log.resolveSibling("." + log.getFileName() + ".crc"));
    Files.deleteIfExists(log.resolveSibling("%020d.crc".formatted(2)));
    DeltaLog.clearCache();
    assertThat(names()).containsExactly("a", "b");

    assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(1));
    batch--;
    write(spec, event(1, 2, "delete"));

    assertThat(names()).containsExactly("b");
  }

  @Test
  void write_rowsMoveAroundATruncate_nothingOfBeforeItStays() throws Exception {
    write(
        ScdType.ONE,
        List.of(
            moving(ChangeColumns.UPSERT, 1, null, "a"),
            moving(ChangeColumns.UPSERT, 2, null, "b")));

    write(
        ScdType.ONE,
        List.of(
            moving(ChangeColumns.DELETE, 1, 11, null),
            moving(ChangeColumns.TRUNCATE, null, null, null),
            moving(ChangeColumns.UPSERT, 5, null, "c"),
            moving(ChangeColumns.DELETE, 5, 15, null)));

    assertThat(table().selectExpr("concat(id, ' ', name)").as(Encoders.STRING()).collectAsList())
        .containsExactly("15 c");
  }

  @ParameterizedTest
  @EnumSource
  void write_keyChangesAndOnlyThePlaceInTheLogTells_whatIsNotSentIsTakenFromTheOldKey(ScdType type)
      throws Exception {
    write(
        type,
        List.of(
            placed(ChangeColumns.UPSERT, 1, "a", "0"),
            placed(ChangeColumns.UPSERT, 2, "b", "0"),
            placed(ChangeColumns.UPSERT, 3, "c", null)));

    write(
        type,
        List.of(
            placed(ChangeColumns.DELETE, 1, null, "7"),
            placed(ChangeColumns.DELETE, 1, null, "7"),
            placed(ChangeColumns.UPSERT, 11, null, "7"),
            placed(ChangeColumns.DELETE, 2, null, "8"),
            placed(ChangeColumns.DELETE, 3, null, "8"),
            placed(ChangeColumns.UPSERT, 12, null, "8"),
            placed(ChangeColumns.UPSERT, 13, null, null)));

    assertThat(current(type)).containsExactlyInAnyOrder("11 a", "12 unknown", "13 unknown");
  }

  @Test
  void write_stepAddsTheTimeAndAKeyChanges_whatIsNotSentIsTakenFromTheOldKey() throws Exception {
    String timed = "SELECT %s, current_timestamp() AS seen, %s";
    String first = moving(ChangeColumns.UPSERT, 1, null, "a");
    merge(ScdType.ONE, NONE, spark.sql(timed.formatted(first, POSITION.formatted(0, 1))));
    String deleted =
        timed.formatted(moving(ChangeColumns.DELETE, 1, 11, null), POSITION.formatted(0, 2));
    String inserted =
        timed.formatted(moving(ChangeColumns.UPSERT, 11, 1, null), POSITION.formatted(0, 3));
    merge(ScdType.ONE, NONE, spark.sql(deleted + " UNION ALL " + inserted));

    assertThat(current(ScdType.ONE)).containsExactly("11 a");
  }

  @ParameterizedTest
  @EnumSource
  void write_batchPartsTheTwoMessagesOfAKeyChange_theRowIsKeptForTheNext(ScdType type)
      throws Exception {
    String deleted = placed(ChangeColumns.DELETE, 1, null, "7");
    String inserted = placed(ChangeColumns.UPSERT, 11, null, "7");
    write(type, List.of(placed(ChangeColumns.UPSERT, 1, "a", "0")));
    write(
        type,
        List.of(
            placed(ChangeColumns.UPSERT, 1, "b", "5"),
            placed(ChangeColumns.UPSERT, 1, null, "6"),
            deleted,
            deleted));
    List<String> between = current(type);
    write(type, List.of());
    write(type, List.of(inserted));

    assertThat(between).isEmpty();
    assertThat(current(type)).containsExactly("11 b");
  }

  @ParameterizedTest
  @EnumSource
  void write_connectorGoesBackBetweenTheTwoMessagesOfAKeyChange_theRowIsKept(ScdType type)
      throws Exception {
    String updated = placed(ChangeColumns.UPSERT, 1, null, "6");
    String deleted = placed(ChangeColumns.DELETE, 1, null, "7");
    String inserted = placed(ChangeColumns.UPSERT, 11, null, "7");
    write(type, List.of(placed(ChangeColumns.UPSERT, 1, "b", "5"), updated, deleted, updated));
    write(type, List.of(deleted, updated));
    write(type, List.of(deleted, inserted));

    assertThat(current(type)).containsExactly("11 b");
  }

  @Test
  void write_batchOnlyDeletesARowWhoseKeyChanges_theVersionBeforeHasIt() throws Exception {
    write(ScdType.ONE, List.of(placed(ChangeColumns.UPSERT, 1, "a", "0")));
    write(ScdType.ONE, List.of(placed(ChangeColumns.DELETE, 1, null, "7")));
    // As if days had gone by, for Delta reads no version that is older than this.
    spark.sql(
        "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 hours')"
            .formatted(lake.path("t")));
    write(ScdType.ONE, List.of(placed(ChangeColumns.UPSERT, 11, null, "7")));

    assertThat(current(ScdType.ONE)).containsExactly("11 a");
  }

  @Test
  void write_newKeyIsReadBeforeTheOldOneFromAnotherPartition_whatIsDeletedStaysDeleted()
      throws Exception {
    write(ScdType.ONE, 0, TWO, List.of(moving(ChangeColumns.UPSERT, 1, null, "a", null)));
    write(
        ScdType.ONE,
        1,
        TWO,
        List.of(
            moving(ChangeColumns.UPSERT, 2, 1, null, "7"),
            moving(ChangeColumns.DELETE, 2, null, null, null)));
    write(ScdType.ONE, 0, TWO, List.of(moving(ChangeColumns.DELETE, 1, 2, null, "7")));

    assertThat(current(ScdType.ONE)).isEmpty();
  }

  @Test
  void write_oldKeyIsReadBeforeTheNewOneFromAnotherPartition_theRowIsKeptForIt() throws Exception {
    write(ScdType.ONE, 0, TWO, List.of(moving(ChangeColumns.UPSERT, 1, null, "a", null)));
    write(ScdType.ONE, 0, TWO, List.of(moving(ChangeColumns.DELETE, 1, 2, null, "7")));
    assertThat(current(ScdType.ONE)).isEmpty();
    write(ScdType.ONE, 1, TWO, List.of(moving(ChangeColumns.UPSERT, 2, 1, null, "7")));

    assertThat(current(ScdType.ONE)).containsExactly("2 a");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void write_rowOfBeforeIsVacuumed_isUnknown(boolean fileStays) throws Exception {
    write(ScdType.ONE, List.of(placed(ChangeColumns.UPSERT, 1, "a", "0")));
    write(ScdType.ONE, List.of(placed(ChangeColumns.DELETE, 1, null, "7")));
    assertThat(table().count()).isZero();
    Path file = departed().get(0);
    byte[] kept = Files.readAllBytes(file);

    spark.conf().set("spark.databricks.delta.retentionDurationCheck.enabled", "false");
    spark.sql("VACUUM delta.`" + lake.path("t") + "` RETAIN 0 HOURS");
    assertThat(departed()).isEmpty();
    if (fileStays) {
      Files.write(file, kept);
    }
    write(ScdType.ONE, List.of(placed(ChangeColumns.UPSERT, 11, null, "7")));

    assertThat(current(ScdType.ONE)).containsExactly("11 unknown");
  }

  @Test
  void write_batchHasMoreDeletesThanRowsAreKept_thoseOfTheLastThousandAre() throws Exception {
    write(
        ScdType.ONE,
        List.of(
            placed(ChangeColumns.UPSERT, 1, "a", "0"), placed(ChangeColumns.UPSERT, 2, "b", "0")));
    String event = placed(ChangeColumns.DELETE, 0, null, "0");
    String deleted =
        "SELECT *, named_struct('topic', 't', 'partition', 0, 'ledger', 1L, 'entry', 1 + CAST(id AS BIGINT), 'batch_index', 0) AS _position FROM (SELECT e.* EXCEPT (id, _change), CAST(r.id AS INT) AS id, CAST(r.id AS STRING) AS _change FROM range(1, 1002) AS r, (SELECT %s) AS e)"
            .formatted(event);
    merge(ScdType.ONE, NONE, spark.sql(deleted));
    entry += 1001;

    assertOnlyTheLaterRowIsKept();
  }

  @Test
  void write_moreBatchesHaveDeletesThanRowsAreKeptOf_thoseOfTheLastEightAre() throws Exception {
    write(
        ScdType.ONE,
        List.of(
            placed(ChangeColumns.UPSERT, 1, "a", "0"), placed(ChangeColumns.UPSERT, 2, "b", "0")));
    for (int id = 1; id <= 9; id++) {
      write(ScdType.ONE, List.of(placed(ChangeColumns.DELETE, id, null, String.valueOf(id))));
    }

    assertOnlyTheLaterRowIsKept();
  }

  /** Of two rows that are deleted one after the other, once they come again under other keys. */
  private void assertOnlyTheLaterRowIsKept() throws Exception {
    write(
        ScdType.ONE,
        List.of(
            placed(ChangeColumns.UPSERT, 11, null, "1"),
            placed(ChangeColumns.UPSERT, 12, null, "2")));

    assertThat(current(ScdType.ONE)).containsExactlyInAnyOrder("11 unknown", "12 b");
  }

  private List<Path> departed() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(lake.path("t")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("sluice-departed-"))
          .toList();
    }
  }

  private List<String> current(ScdType type) {
    return table()
        .where(type == ScdType.ONE ? "true" : "__END_AT IS NULL")
        .selectExpr("concat(id, ' ', coalesce(name, 'unknown'))")
        .as(Encoders.STRING())
        .collectAsList();
  }

  /**
   * An event of a connector that says where it stands in the log but not which keys belong
   * together; an upsert without a name does not carry it.
   */
  private static String placed(int kind, int id, @Nullable String name, @Nullable String change) {
    return ("%d AS id, CAST(%s AS STRING) AS name, %s AS _unwritten,"
            + " CAST(null AS STRUCT<id: INT>) AS _other_key, CAST(%s AS STRING) AS _change,"
            + " CAST(%d AS INT) AS __sluice_kind")
        .formatted(
            id,
            name == null ? null : "'" + name + "'",
            name == null && kind == ChangeColumns.UPSERT
                ? "array('name')"
                : "CAST(array() AS ARRAY<STRING>)",
            change,
            kind);
  }

  /** Merges events that stand one behind the other in their topic. */
  private void write(ScdType type, List<String> events) throws Exception {
    write(type, 0, NONE, events);
  }

  private void write(ScdType type, int partition, TopicPositions read, List<String> events)
      throws Exception {
    List<String> placed = new ArrayList<>();
    for (String event : events) {
      placed.add("SELECT " + event + ", " + POSITION.formatted(partition, entry++));
    }
    if (placed.isEmpty()) {
      String any = placed(ChangeColumns.UPSERT, 0, null, null);
      placed.add("SELECT " + any + ", " + POSITION.formatted(0, 0) + " WHERE false");
    }
    merge(type, read, spark.sql(String.join(" UNION ALL ", placed)).localCheckpoint());
  }

  private void merge(ScdType type, TopicPositions read, Dataset<Row> events) throws Exception {
    AutoCdcSpec cdc =
        new AutoCdcSpec(
            List.of("id"),
            List.of(),
            null,
            type == ScdType.ONE ? "kind" : null,
            ColumnSelection.none(),
            ColumnSelection.all(),
            type,
            ColumnSelection.all(),
            null,
            LateInserts.QUARANTINE);
    Dataset<Row> rows =
        events.withMetadata("name", Metadata.fromJson("{\"comment\": \"what it is called\"}"));
    AutoCdcWrite.open(spark, TargetSpec.of(lake.path("t")).merging(cdc), rows.schema(), false)
        .write(rows, range(read));
  }

  /** An event of a connector that tells of a row, whose key changes, which other key it has. */
  private static String moving(
      int kind, @Nullable Integer id, @Nullable Integer other, @Nullable String name) {
    return moving(kind, id, other, name, null);
  }

  /** The same with its place in the log; an upsert without a name does not carry it. */
  private static String moving(
      int kind,
      @Nullable Integer id,
      @Nullable Integer other,
      @Nullable String name,
      @Nullable String change) {
    return ("CAST(%d AS INT) AS id, CAST(%s AS STRING) AS name, %s AS _unwritten,"
            + " IF(%d IS NULL, null, named_struct('id', CAST(%d AS INT))) AS _other_key,"
            + " CAST(%s AS STRING) AS _change, CAST('%d' AS INT) AS __sluice_kind")
        .formatted(
            id,
            name == null ? null : "'" + name + "'",
            name == null && kind == ChangeColumns.UPSERT
                ? "array('name')"
                : "CAST(null AS ARRAY<STRING>)",
            other,
            other,
            change,
            kind);
  }

  private Optional<MaintenanceStep> forget(Instant before) {
    TargetSpec deletes = TableMaintenance.deletes(TargetSpec.of(lake.path("t")));
    return TableMaintenance.of(spark, deletes, false)
        .orElseThrow()
        .forget(TargetSpec.of(lake.path("t")), before);
  }

  private static String event(int id, int n, String name) {
    return "SELECT %d AS id, %d AS n, '%s' AS name, %d AS %s"
        .formatted(id, n, name, KINDS.getOrDefault(name, ChangeColumns.UPSERT), AutoCdcWrite.KIND);
  }

  /** An event that leaves as it is what is null. */
  private static String partial(int id, int n, @Nullable String name, @Nullable Integer more) {
    return "SELECT %d AS id, %d AS n, CAST(%s AS STRING) AS name, CAST(%d AS INT) AS more, %d AS %s"
        .formatted(
            id,
            n,
            name == null ? null : "'" + name + "'",
            more,
            KINDS.getOrDefault(String.valueOf(name), ChangeColumns.UPSERT),
            AutoCdcWrite.KIND);
  }

  private List<String> names() {
    return texts("name");
  }

  private List<String> texts(String expression) {
    return table().selectExpr(expression).as(Encoders.STRING()).collectAsList().stream()
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"ONE,t__deletes", "TWO,t__history"})
  void open_companionGoneOrOfAnotherTable_isRefused(ScdType type, String companion)
      throws Exception {
    AutoCdcSpec spec = spec(type, true);
    write(spec, "SELECT 1 AS id, 1 AS n, 'a' AS name");
    Path elsewhere = Path.of(lake.path("elsewhere"));
    Files.move(Path.of(lake.path(companion)), elsewhere);
    DeltaLog.clearCache();
    assertRefused(
        spec, companion + ", which remembers what late events are compared with, is gone");

    Files.move(elsewhere, Path.of(lake.path(companion)));
    Files.move(Path.of(lake.path("t")), elsewhere);
    DeltaLog.clearCache();
    assertRefused(spec, companion + " belongs to another table than the present");
  }

  private void assertRefused(AutoCdcSpec spec, String reason) {
    assertThatThrownBy(() -> write(spec, "SELECT 1 AS id, 2 AS n, 'b' AS name"))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH))
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @EnumSource
  void write_companionChangesBetweenTheBatchesOfAWrite_isSeen(ScdType type) throws Exception {
    AutoCdcSpec spec = conditional(type);
    Dataset<Row> first = rows(event(1, 5, "a"), event(2, 6, "delete"));
    AutoCdcWrite write = open(spec, first);
    write.write(first, range());
    write.write(rows(event(3, 7, "delete"), event(4, 7, "b")), range());
    if (type == ScdType.ONE) {
      assertThat(forget(Instant.now().plusSeconds(3600))).contains(expired(2));
      Dataset<Row> late = rows(event(2, 4, "late"), event(8, 7, "delete"));
      assertThat(write.write(late, range()).rejected()).isOne();
    }
    write(spec, event(5, 9, "c"), event(0, 8, "truncate"));
    write.write(rows(event(4, 10, "delete"), event(6, 8, "late")), range());
    write.write(rows(event(1, 7, "late"), event(7, 11, "d")), range());

    assertThat(current(type)).containsExactlyInAnyOrder("5 c", "7 d");
  }

  private CommitResult write(AutoCdcSpec cdc, String... events) throws Exception {
    Dataset<Row> rows = rows(events);
    return open(cdc, rows).write(rows, range());
  }

  private Dataset<Row> rows(String... events) {
    return Stream.of(events)
        .map(event -> spark.sql(event + ", " + POSITION.formatted(0, batch)))
        .reduce(Dataset::union)
        .orElseThrow();
  }

  private CommitRange range() {
    return range(NONE);
  }

  private CommitRange range(TopicPositions read) {
    return new CommitRange("job", "e", batch++, "0123456789abcdef", read, read);
  }

  private AutoCdcWrite open(AutoCdcSpec cdc, Dataset<Row> rows) {
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
    return AutoCdcWrite.open(spark, spec, rows.schema(), false);
  }

  private static AutoCdcSpec conditional() {
    return conditional(ColumnSelection.none());
  }

  private static AutoCdcSpec conditional(ColumnSelection ignoringNulls) {
    return conditional(ignoringNulls, LateInserts.QUARANTINE);
  }

  private static AutoCdcSpec conditional(ScdType type) {
    return conditional(type, ColumnSelection.none(), LateInserts.QUARANTINE);
  }

  private static AutoCdcSpec conditional(ColumnSelection ignoringNulls, LateInserts late) {
    return conditional(ScdType.ONE, ignoringNulls, late);
  }

  private static AutoCdcSpec conditional(
      ScdType type, ColumnSelection ignoringNulls, LateInserts late) {
    return new AutoCdcSpec(
        List.of("id"),
        List.of("n"),
        "name = 'delete'",
        "name = 'truncate'",
        ignoringNulls,
        ColumnSelection.all(),
        type,
        ColumnSelection.all(),
        Duration.ofHours(1),
        late);
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
        ColumnSelection.all(),
        null,
        LateInserts.QUARANTINE);
  }

  private Dataset<Row> table() {
    return spark.read().format("delta").load(lake.path("t"));
  }
}
