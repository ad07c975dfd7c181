package io.sluice.delta;

import static io.sluice.delta.IdTable.JOB;
import static io.sluice.delta.IdTable.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract of {@link EpochEnd}, on real tables. */
class EpochEndIT {

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();
  private IdTable table;
  private DeltaTarget target;
  private IdempotentCommit commit;

  @BeforeEach
  void openTable() {
    table = IdTable.open(spark, lake.path("t"));
    target = table.target();
    commit = write(target, IdempotentCommit.STEP);
  }

  @Test
  void commit_driverOfTheEpoch_isFencedUnlessTheBatchIsThere() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    end(batch("e", 0, 0, 10), "f");
    end(batch("e", 0, 0, 10), "f");

    assertThat(commit.write(table.rows(0, 10), batch("e", 0, 0, 10)).replayed()).isTrue();
    assertThatThrownBy(() -> commit.write(table.rows(10, 10), batch("e", 1, 10, 20)))
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).isEqualTo(Condition.FENCED));
    assertThat(table.ids()).hasSize(10);
  }

  @Test
  void commit_epochHasWrittenSince_isFencedAndTheEpochGoesOn() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    commit.write(table.rows(10, 10), batch("e", 1, 10, 20));

    assertFenced(
        () -> end(batch("e", 0, 0, 10), "f"),
        "has written to its table since",
        "run the job with --new-epoch again");
    assertThat(commit.write(table.rows(20, 10), batch("e", 2, 20, 30)).rows()).isEqualTo(10);
  }

  @Test
  void commit_anotherEpochGoesOn_isFenced() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    end(batch("e", 0, 0, 10), "f");

    assertFenced(() -> end(batch("e", 0, 0, 10), "g"), "with --new-epoch has taken");
  }

  @Test
  void commit_successorThatHasWrittenNothing_isItsTurn() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    end(batch("e", 0, 0, 10), "f");
    CommitLedger.Newest begun = table.ledger().newest(JOB).orElseThrow();
    assertThat(begun)
        .isEqualTo(
            new CommitLedger.Newest(
                "f", CommitLedger.Newest.NONE, batch("f", CommitLedger.Newest.NONE, 10, 10)));

    end(Objects.requireNonNull(begun.range()), "g");

    assertFenced(
        () -> commit.write(table.rows(10, 10), batch("f", 0, 10, 20)),
        "with --new-epoch has taken");
    assertThat(table.ledger().newest(JOB).orElseThrow().epoch()).isEqualTo("g");
    assertThat(commit.write(table.rows(10, 10), batch("g", 0, 10, 20)).rows()).isEqualTo(10);
  }

  /** Sluice once ended an epoch by a batch without rows that named no successor. */
  @Test
  void commit_epochHasEndedWithoutASuccessor_oneGoesOn() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    CommitRange end = batch("e", CommitRange.END, 10, 10);
    commit.write(table.rows(0, 0), end);
    assertThat(table.ledger().newest(JOB))
        .contains(new CommitLedger.Newest("e", CommitRange.END, end));

    end(end, "f");
    end(end, "f");

    assertFenced(() -> end(end, "g"), "with --new-epoch has taken");
    assertThat(table.ledger().newest(JOB).orElseThrow().epoch()).isEqualTo("f");
    assertThat(commit.write(table.rows(10, 10), batch("f", 0, 10, 20)).rows()).isEqualTo(10);
  }

  @Test
  void commit_jobThatWroteInAnotherWayBefore_endsThatAsWell() throws Exception {
    IdempotentCommit other = write(target, "other");
    other.write(table.rows(0, 10), batch("e", 0, 0, 10));

    end(batch("e", 0, 0, 10), "f");

    assertFenced(
        () -> other.write(table.rows(10, 10), batch("e", 1, 10, 20)), "with --new-epoch has taken");
    assertThat(table.ledger().newest(JOB).orElseThrow().epoch()).isEqualTo("f");
  }

  @Test
  void commit_driverThatWouldMergeAndHasNotYet_isFencedAsWell() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    IdempotentCommit merge = write(target, MergeCommit.STEP);

    end(batch("e", 0, 0, 10), "f");

    assertFenced(
        () -> merge.write(table.rows(10, 10), batch("e", 1, 10, 20)), "with --new-epoch has taken");
    assertThat(merge.write(table.rows(10, 10), batch("f", 0, 10, 20)).rows()).isEqualTo(10);
    assertThat(table.ledger().newest(JOB))
        .contains(new CommitLedger.Newest("f", 0, batch("f", 0, 10, 20)));
  }

  @Test
  void commit_tableBeside_takesNoBatchOfTheEpochEither() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    declare(1);
    IdempotentCommit deletes = write(beside("__deletes", target.id()), "deletes");

    end(batch("e", 0, 0, 10), "f");

    assertFenced(
        () -> deletes.write(table.rows(10, 10), batch("e", 1, 10, 20)),
        "with --new-epoch has taken");
    assertThat(deletes.write(table.rows(10, 10), batch("f", 0, 10, 20)).rows()).isEqualTo(10);
  }

  @Test
  void commit_epochHasWrittenSince_leavesTheTableBesideOpen() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    commit.write(table.rows(10, 10), batch("e", 1, 10, 20));
    declare(2);
    DeltaTarget history = beside("__history", target.id());

    assertFenced(() -> end(batch("e", 0, 0, 10), "f"), "has written to its table since");
    assertThat(history.version(spark)).isZero();
    end(batch("e", 1, 10, 20), "f");

    assertThat(history.version(spark)).isEqualTo(1);
  }

  @Test
  void commit_tableOfSuchANameThatIsAnothers_isLeftAsItIs() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    declare(1);
    DeltaTarget others = beside("__deletes", "another-id");

    end(batch("e", 0, 0, 10), "f");

    assertThat(others.version(spark)).isZero();
    assertThat(table.ledger().newest(JOB).orElseThrow().epoch()).isEqualTo("f");
  }

  @Test
  void commit_tableThatHasNoneBesideIt_looksForNone() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    DeltaTarget others = beside("__deletes", target.id());

    end(batch("e", 0, 0, 10), "f");

    assertThat(others.version(spark)).isZero();
  }

  @Test
  void commit_tableThatWasMadeAnew_isRefused() throws Exception {
    commit.write(table.rows(0, 10), batch("another", 0, 0, 10));

    assertThatThrownBy(() -> end(batch("e", CommitLedger.Newest.NONE, 10, 10), "f"))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH))
        .hasMessageContaining("replaced while the job started");
  }

  /** An end that left out a kind of write is no end. */
  @Test
  void commit_halfEndedEpochHasWrittenSince_isFenced() throws Exception {
    record(new AppId(JOB, "e", IdempotentCommit.STEP), CommitRange.END);
    IdempotentCommit merge = write(target, MergeCommit.STEP);
    merge.write(table.rows(0, 10), batch("e", 3, 0, 10));
    merge.write(table.rows(10, 10), batch("e", 4, 10, 20));

    assertFenced(() -> end(batch("e", 3, 0, 10), "f"), "has written to its table since");
    end(batch("e", 4, 10, 20), "f");

    assertThat(table.ledger().newest(JOB).orElseThrow().epoch()).isEqualTo("f");
  }

  /** The machine that ended the epoch before had a clock that was fast. */
  @Test
  void newest_beginIsOfALaterTime_isTheBatchAllTheSame() throws Exception {
    record(new AppId(JOB, "f", IdempotentCommit.STEP), CommitLedger.Newest.NONE);
    write(target, MergeCommit.STEP).write(table.rows(10, 10), batch("f", 0, 10, 20));

    assertThat(table.ledger().newest(JOB))
        .contains(new CommitLedger.Newest("f", 0, batch("f", 0, 10, 20)));
  }

  @Test
  void commit_tableThatIsGone_isNamed() {
    assertThatThrownBy(
            () ->
                new EpochEnd(spark, batch("e", 0, 0, 10))
                    .commit(TargetSpec.of(lake.path("nowhere")), "f"))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH))
        .hasMessageContaining("it is gone");
  }

  private static void assertFenced(ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).isEqualTo(Condition.FENCED))
        .hasMessageContainingAll(words);
  }

  private void end(CommitRange last, String successor) {
    new EpochEnd(spark, last).commit(table.spec(), successor);
  }

  private static IdempotentCommit write(DeltaTarget target, String step) {
    return new IdempotentCommit(target, step, SchemaEvolution.STRICT);
  }

  /** Makes it a table of changes that have an order of their own. */
  private void declare(int type) {
    spark.sql(
        "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('sluice.autoCdc.keys' = 'id', 'sluice.autoCdc.scdType' = '%d', 'sluice.autoCdc.sequenceBy' = 'id')"
            .formatted(target.location(), type));
  }

  /** Commits an id as another machine would, an hour from now. */
  private void record(AppId app, long id) throws IOException {
    long later = System.currentTimeMillis() + 3_600_000;
    Files.writeString(
        Path.of(target.location().replace("file:", ""))
            .resolve("_delta_log/%020d.json".formatted(target.version(spark) + 1)),
        """
        {"commitInfo":{"timestamp":%d,"operation":"STREAMING UPDATE","operationParameters":{}}}
        {"txn":{"appId":"%s","version":%d,"lastUpdated":%d}}
        """
            .formatted(later, app, id, later));
  }

  private DeltaTarget beside(String suffix, String owner) {
    TargetSpec spec = table.spec().companion(suffix);
    spark.sql(
        "CREATE TABLE delta.`%s` (id BIGINT) USING delta TBLPROPERTIES ('sluice.autoCdc.companionOf' = '%s')"
            .formatted(DeltaTarget.directory(spark, spec), owner));
    return DeltaTarget.find(spark, spec).orElseThrow();
  }
}
