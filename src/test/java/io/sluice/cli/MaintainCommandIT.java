package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code sluice maintain} does to the tables of a job, and says of it. */
class MaintainCommandIT {

  private static final String ORDER =
      "named_struct('n', %s, '__sluice_rank', %d, '__sluice_digest', unhex('00'))"
          + " AS __sluice_order";

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();

  @Test
  void maintain_job_compactsItsTableAndExpiresItsQuarantine() throws Exception {
    spark
        .range(0, 7, 1, 7)
        .selectExpr("id", ORDER.formatted("100 + id", 1))
        .write()
        .format("delta")
        .save(lake.path("orders"));
    spark
        .range(0, 10, 1, 10)
        .selectExpr(
            "id",
            ORDER.formatted("id", 0),
            "current_timestamp() - make_dt_interval(0, int(id)) AS __sluice_remembered_at")
        .write()
        .format("delta")
        .save(lake.path("orders__deletes"));
    spark
        .range(3)
        .selectExpr("id", "current_timestamp() - make_dt_interval(int(id) * 40) AS quarantined_at")
        .coalesce(1)
        .write()
        .format("delta")
        .save(lake.path("orders_quarantine"));
    Path job =
        Files.writeString(
            lake.path().resolve("orders.yaml"),
            "{version: 1, name: orders, source: {topics: [orders]}, target: {table: %s, auto_cdc: {keys: [id], sequence_by: [n], tombstone_retention: 270m}}}"
                .formatted(lake.path("orders")));

    Answer told = Answer.to("maintain", lake.path("orders"), "--dry-run");
    Answer done = Answer.to("maintain", job.toString(), "--quarantine-retention", "60d");

    assertThat(told.exitCode()).as(told.err()).isZero();
    assertThat(told.out())
        .containsPattern("/orders +compact +7 files, \\d\\.\\d KiB\n")
        .endsWith("Nothing was changed (--dry-run).\n");
    assertThat(done.exitCode()).as(done.err()).isZero();
    assertThat(done.out())
        .containsPattern("/orders +compact +7 files, \\d\\.\\d KiB, are now 1\n")
        .containsPattern("/orders__deletes +expire +5 rows\n")
        .containsPattern("/orders__deletes +compact +6 files, \\d+\\.\\d KiB, are now 1\n")
        .containsPattern("/orders_quarantine +expire +1 rows\n");
    assertThat(read("orders")).hasSize(1);
    assertThat(
            spark
                .read()
                .format("delta")
                .load(lake.path("orders__deletes"))
                .orderBy("id")
                .selectExpr("concat_ws(' ', id, __sluice_order.n)")
                .as(Encoders.STRING())
                .collectAsList())
        .containsExactly("9", "0 0", "1 1", "2 2", "3 3", "4 4");
    assertThat(spark.read().format("delta").load(lake.path("orders_quarantine")).count())
        .isEqualTo(2);
  }

  @Test
  void maintain_whatIsNoTable_isRefused() {
    Answer answer = Answer.to("maintain", lake.path("none"));

    assertThat(answer.exitCode()).isEqualTo(2);
    assertThat(answer.err()).contains("There is no Delta table " + lake.path("none"));
    assertThat(Answer.to("maintain", "t", "--quarantine-retention", "soon").err())
        .contains("--quarantine-retention is an age such as 12h or 90d, not 'soon'.");
  }

  private String[] read(String table) {
    return spark.read().format("delta").load(lake.path(table)).inputFiles();
  }
}
