package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.IdTable.at;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Merges while another writer works on the table, after their first read and before their commit.
 */
class MergeCommitIT {

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();
  private final SparkSession others = SparkSessions.local().newSession();
  private DeltaTarget target;
  private final AtomicInteger attempted = new AtomicInteger();

  /** Two files with the keys from 0 to 4, which a batch with those from 0 to 9 meets. */
  @BeforeEach
  void fillTable() {
    TargetSpec spec = TargetSpec.of(lake.path("t"));
    target = DeltaTarget.open(spark, spec, spark.sql("SELECT 1L AS id, '' AS by").schema());
    spark
        .range(0, 5, 1, 2)
        .withColumn("by", lit("before"))
        .write()
        .format("delta")
        .mode("append")
        .save(target.location());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OPTIMIZE delta.`%1$s`; VACUUM delta.`%1$s`",
        "ALTER TABLE delta.`%1$s` ADD COLUMN more STRING",
        "DELETE FROM delta.`%1$s` WHERE id = 3"
      })
  void run_anotherWriterMeanwhile_startsOverAndMergesWhatIsThereThen(String statements)
      throws Exception {
    Dataset<Row> rows = Meanwhile.during(spark, () -> others(statements));

    CommitResult result = merge(rows, 10);

    assertThat(result.replayed()).isFalse();
    assertThat(attempted).hasValue(2);
    assertThat(rows()).hasSize(10).allMatch(row -> row.endsWith(" batch"));
    assertThat(merge(rows, 10).replayed()).isTrue();
  }

  @Test
  void run_anotherDriverMergesOtherMessagesMeanwhile_isFenced() throws Exception {
    Dataset<Row> rows = Meanwhile.during(spark, () -> merge(others.range(7).toDF("id"), 7));

    assertThatThrownBy(() -> merge(rows, 10))
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).isEqualTo(Condition.FENCED));
    assertThat(attempted).as("both drivers', once each").hasValue(2);
    assertThat(rows()).hasSize(7);
  }

  private boolean others(String statements) {
    for (String statement : statements.formatted(target.location()).split("; ", -1)) {
      others.sql(statement).collectAsList();
    }
    return true;
  }

  /** Merges batch 0, which ends before an entry. */
  private CommitResult merge(Dataset<Row> ids, long end) throws Exception {
    Dataset<Row> source = ids.withColumn("by", lit("batch")).as(SOURCE);
    return new MergeCommit(target, MergeCommit.STEP, SchemaEvolution.STRICT)
        .run(
            ids.sparkSession(),
            new CommitRange("job", "e", 0, "0123456789abcdef", at(0), at(end)),
            source.schema(),
            (table, now, grown) -> {
              attempted.incrementAndGet();
              return table
                  .merge(source, column(TABLE, "id").equalTo(column(SOURCE, "id")))
                  .whenMatched()
                  .update(KeyedTable.fromSource(List.of(source.schema().fields())))
                  .whenNotMatched()
                  .insert(KeyedTable.fromSource(List.of(source.schema().fields())));
            });
  }

  private List<String> rows() {
    return others
        .read()
        .format("delta")
        .load(target.location())
        .selectExpr("concat(id, ' ', by)")
        .as(Encoders.STRING())
        .collectAsList();
  }
}
