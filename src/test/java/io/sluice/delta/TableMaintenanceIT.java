package io.sluice.delta;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.delta.tables.DeltaTable;
import io.sluice.maintain.MaintenanceStep;
import io.sluice.maintain.MaintenanceStep.Kind;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Maintenance of real tables, some of them written meanwhile. */
class TableMaintenanceIT {

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local().newSession();

  @Test
  void compact_partitionOfManySmallFiles_isRewrittenAndItsRowsStay() {
    String path = lake.path("days");
    many(path, "PARTITIONED BY (d)", "'it''s \\\\ day'");
    spark.sql("INSERT INTO delta.`%s` VALUES (100, 'other'), (101, null)".formatted(path));
    List<Row> before = rows(path);

    assertThat(maintenance(path, true).compact())
        .hasValueSatisfying(step -> assertThat(step.amount()).isEqualTo(6))
        .hasValueSatisfying(step -> assertThat(step.bytes()).isPositive());
    assertThat(files(path)).isEqualTo(8);
    assertThat(maintenance(path, false).compact())
        .hasValueSatisfying(
            step -> {
              assertThat(step.kind()).isEqualTo(Kind.COMPACT);
              assertThat(step.amount()).isEqualTo(6);
              assertThat(step.left()).isEqualTo(1);
            });

    assertThat(files(path)).isEqualTo(3);
    assertThat(rows(path)).isEqualTo(before);
    assertThat(maintenance(path, false).compact()).isEmpty();
  }

  @Test
  void compact_clusteredTable_isClusteredOnce() {
    String path = lake.path("clustered");
    many(path, "CLUSTER BY (id)", "'x'");

    assertThat(maintenance(path, false).compact())
        .hasValueSatisfying(step -> assertThat(step.kind()).isEqualTo(Kind.CLUSTER));

    assertThat(files(path)).isEqualTo(1);
    assertThat(maintenance(path, false).compact()).isEmpty();
  }

  @Test
  void vacuum_filesThatNoVersionNeeds_areDeletedAfterTheRetentionOnly() {
    String path = lake.path("vacuumed");
    many(path, "", "'x'");
    assertThat(maintenance(path, false).compact()).isPresent();

    assertThat(maintenance(path, false).vacuum()).isEmpty();
    spark.sql(
        "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 hours')"
            .formatted(path));
    List<Row> before = rows(path);
    Optional<MaintenanceStep> told = maintenance(path, true).vacuum();
    Optional<MaintenanceStep> done = maintenance(path, false).vacuum();

    assertThat(told).isEqualTo(done);
    assertThat(done)
        .hasValueSatisfying(step -> assertThat(step.amount()).isEqualTo(6))
        .hasValueSatisfying(step -> assertThat(step.bytes()).isPositive());
    assertThat(maintenance(path, false).vacuum()).isEmpty();
    assertThat(rows(path)).isEqualTo(before);
  }

  @Test
  void expire_rowsFromBeforeATime_areDeleted() {
    String path = lake.path("bad_quarantine");
    spark.sql(
        "CREATE TABLE delta.`%s` USING delta AS SELECT id, timestamp'2026-01-01T00:00:00Z' + make_dt_interval(int(id)) AS at FROM range(10)"
            .formatted(path));
    Instant before = Instant.parse("2026-01-01T00:00:00Z").plus(Duration.ofDays(4));

    assertThat(maintenance(path, true).expire("at", before))
        .contains(new MaintenanceStep(path, Kind.EXPIRE, 4, 0, 0));
    assertThat(rows(path)).hasSize(10);
    assertThat(maintenance(path, false).expire("at", before)).isPresent();
    assertThat(rows(path)).hasSize(6);
    assertThat(maintenance(path, false).expire("at", before)).isEmpty();
    assertThat(maintenance(path, false).expire("no_such_column", before)).isEmpty();
  }

  @Test
  void compact_tableThatOthersChange_losesNothingOfTheirs() {
    String path = lake.path("busy");
    many(path, "", "'x'");
    CyclicBarrier start = new CyclicBarrier(2);
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 3; i++) {
                many(path, "", "'x'");
                meet(start);
                changed(path, i);
              }
            });

    for (int i = 0; i < 3; i++) {
      meet(start);
      maintenance(path, false).compact();
    }
    writer.join();

    assertThat(rows(path)).hasSize(24).allMatch(row -> row.getString(1).equals("changed 2"));
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Retried, as a job's writes are. */
  private void changed(String path, int i) {
    while (true) {
      try {
        DeltaTable.forPath(spark, path).update(Map.of("d", lit("changed " + i)));
        return;
      } catch (org.apache.spark.sql.delta.DeltaConcurrentModificationException again) {
        // The compaction came first.
      }
    }
  }

  /** Adds six files of one row each. */
  private void many(String path, String layout, String value) {
    spark.sql(
        "CREATE TABLE IF NOT EXISTS delta.`%s` (id INT, d STRING) USING delta %s"
            .formatted(path, layout));
    spark
        .range(0, 6, 1, 6)
        .selectExpr("int(id) AS id", value + " AS d")
        .write()
        .format("delta")
        .mode("append")
        .save(path);
  }

  private TableMaintenance maintenance(String path, boolean dryRun) {
    return TableMaintenance.of(spark.newSession(), TargetSpec.of(path), dryRun).orElseThrow();
  }

  private List<Row> rows(String path) {
    return read(path).orderBy("id").collectAsList();
  }

  private int files(String path) {
    return read(path).inputFiles().length;
  }

  private Dataset<Row> read(String path) {
    return spark.read().format("delta").load(path);
  }
}
