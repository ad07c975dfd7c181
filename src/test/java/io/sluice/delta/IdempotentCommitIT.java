package io.sluice.delta;

import static io.sluice.delta.IdTable.JOB;
import static io.sluice.delta.IdTable.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.tables.DeltaTable;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.SchemaEvolution;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract of {@link IdempotentCommit}, sentence by sentence, on real tables. */
class IdempotentCommitIT {

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();
  private IdTable table;
  private DeltaTarget target;
  private IdempotentCommit commit;

  @BeforeEach
  void openTable() {
    table = IdTable.open(spark, lake.path("t"));
    target = table.target();
    commit = new IdempotentCommit(target, IdempotentCommit.STEP, SchemaEvolution.STRICT);
  }

  @Test
  void write_newBatch_commitsRowsRangeAndIdTogether() throws Exception {
    CommitResult result = commit.write(table.rows(0, 10), batch("e", 0, 0, 10));

    assertThat(result).isEqualTo(new CommitResult(1, 10, false));
    assertThat(table.ids()).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    assertThat(table.ledger().ranges(JOB)).containsExactly(batch("e", 0, 0, 10));
    assertThat(table.ledger().newest(JOB))
        .contains(new CommitLedger.Newest("e", 0, batch("e", 0, 0, 10)));
  }

  @Test
  void write_sameBatchAgain_writesNothingAndReturnsTheFirstCommit() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    commit.write(table.rows(10, 5), batch("e", 1, 10, 15));

    assertThat(commit.write(table.rows(0, 10), batch("e", 0, 0, 10)))
        .isEqualTo(new CommitResult(1, 10, true));
    assertThat(commit.write(table.rows(10, 5), batch("e", 1, 10, 15)))
        .isEqualTo(new CommitResult(2, 5, true));
    assertThat(table.ids()).hasSize(15);
    assertThat(table.ledger().ranges(JOB))
        .containsExactly(batch("e", 0, 0, 10), batch("e", 1, 10, 15));
  }

  @Test
  void write_sameBatchWithOtherMessages_isRefusedAndWritesNothing() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));

    assertThatThrownBy(() -> commit.write(table.rows(0, 12), batch("e", 0, 0, 12)))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.CHECKPOINT_MISMATCH))
        .hasMessageContaining("batch 0 of the job orders with other messages")
        .hasMessageContaining("1:12");
    assertThat(table.ids()).hasSize(10);
  }

  @Test
  void write_batchWithoutRows_isRecordedAllTheSame() throws Exception {
    CommitResult result = commit.write(table.rows(0, 0), batch("e", 0, 0, 10));

    assertThat(result).isEqualTo(new CommitResult(1, 0, false));
    assertThat(table.ledger().newest(JOB))
        .contains(new CommitLedger.Newest("e", 0, batch("e", 0, 0, 10)));
  }

  @Test
  void write_sameIdInANewEpoch_isAnotherBatch() throws Exception {
    commit.write(table.rows(0, 10), batch("old", 0, 0, 10));
    commit.write(table.rows(10, 10), batch("new", 0, 10, 20));

    assertThat(table.ids()).hasSize(20);
    assertThat(table.ledger().newest(JOB).orElseThrow().epoch()).isEqualTo("new");
  }

  @Test
  void write_anotherDriverCommitsTheSameBatchMeanwhile_isAsGoodAsOwn() throws Exception {
    Dataset<Row> slow =
        Meanwhile.during(spark, () -> commit.write(table.rows(0, 10), batch("e", 0, 0, 10)));

    CommitResult result = commit.write(slow, batch("e", 0, 0, 10));

    assertThat(result).isEqualTo(new CommitResult(1, 10, true));
    assertThat(table.ids()).hasSize(10);
  }

  @Test
  void write_anotherDriverCommitsOtherMessagesMeanwhile_isFenced() throws Exception {
    Dataset<Row> slow =
        Meanwhile.during(spark, () -> commit.write(table.rows(0, 12), batch("e", 0, 0, 12)));

    assertThatThrownBy(() -> commit.write(slow, batch("e", 0, 0, 10)))
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).isEqualTo(Condition.FENCED))
        .hasMessageContaining("Another running instance of the job orders")
        .hasMessageContaining("Let one of the two run");
    assertThat(table.ids()).hasSize(12);
  }

  @Test
  void write_otherWritersInBetween_findsItsOwnCommit() throws Exception {
    commit.write(table.rows(0, 10), batch("e", 0, 0, 10));
    table.rows(100, 3).write().format("delta").mode("append").save(target.location());
    DeltaTable.forPath(spark, target.location()).optimize().executeCompaction();

    assertThat(commit.write(table.rows(10, 10), batch("e", 1, 10, 20)).rows()).isEqualTo(10);
    assertThat(table.ledger().ranges(JOB)).hasSize(2);
    assertThat(table.ledger().newest("another")).isEmpty();
  }

  @Test
  void write_tableReplacedWhileRunning_isRefused() {
    spark.sql("CREATE OR REPLACE TABLE delta.`" + target.location() + "` (id BIGINT) USING delta");
    DeltaTarget gone = new DeltaTarget(target.name(), target.location(), "another-id");

    assertThatThrownBy(
            () ->
                new IdempotentCommit(gone, IdempotentCommit.STEP, SchemaEvolution.STRICT)
                    .write(table.rows(0, 1), batch("e", 0, 0, 1)))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH))
        .hasMessageContaining("dropped or replaced while the job ran");
  }

  @Test
  void write_rowThatTheTableForbids_isATableMismatch() {
    spark.sql("ALTER TABLE delta.`" + target.location() + "` ADD CONSTRAINT small CHECK (id < 5)");

    assertThatThrownBy(() -> commit.write(table.rows(0, 10), batch("e", 0, 0, 10)))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH))
        .hasMessageContaining("small");
    assertThat(table.ids()).isEmpty();
  }

  @Test
  void write_failureOfTheRowsThemselves_isLeftAsItIs() {
    Dataset<Row> broken =
        table
            .rows(0, 3)
            .map(
                (MapFunction<Row, Long>)
                    row -> {
                      throw new SluiceException(Condition.DATA_LOSS, "entry 5 is gone");
                    },
                Encoders.LONG())
            .toDF("id");

    assertThatThrownBy(() -> commit.write(broken, batch("e", 0, 0, 3)))
        .satisfies(
            e ->
                assertThat(SluiceException.in(e).orElseThrow().condition())
                    .isEqualTo(Condition.DATA_LOSS));
  }
}
