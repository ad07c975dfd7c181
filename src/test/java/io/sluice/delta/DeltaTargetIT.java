package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.tables.DeltaTable;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.TableReader;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class DeltaTargetIT {

  private static final StructType ROWS = StructType.fromDDL("id BIGINT NOT NULL, day DATE");

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();

  @Test
  void open_noTableAtThePath_createsItAsDescribed() {
    TargetSpec spec =
        target(lake.path("t"), List.of("day"), List.of(), Map.of("delta.appendOnly", "true"));

    DeltaTarget target = DeltaTarget.open(spark, spec, ROWS);

    Row detail = DeltaTable.forPath(spark, lake.path("t")).detail().head();
    assertThat(target.location()).isEqualTo("file:" + lake.path("t"));
    assertThat(detail.<String>getAs("id")).isEqualTo(target.id());
    assertThat(detail.getList(detail.fieldIndex("partitionColumns"))).isEqualTo(List.of("day"));
    assertThat(detail.getJavaMap(detail.fieldIndex("properties")))
        .isEqualTo(Map.of("delta.appendOnly", "true"));
    assertThat(DeltaTable.forPath(spark, lake.path("t")).toDF().schema().toDDL())
        .isEqualTo("id BIGINT,day DATE");
  }

  @Test
  void open_catalogTable_createsAndFindsItByName() {
    String name = "default." + lake.path().getFileName().toString().replace("-", "_");
    TargetSpec spec = target(name, List.of(), List.of("id"), Map.of());
    try {
      DeltaTarget created = DeltaTarget.open(spark, spec, ROWS);
      DeltaTarget found = DeltaTarget.open(spark, spec, ROWS);

      assertThat(found).isEqualTo(created);
      Row detail = DeltaTable.forName(spark, name).detail().head();
      assertThat(detail.<String>getAs("location")).isEqualTo(created.location());
      assertThat(detail.getList(detail.fieldIndex("clusteringColumns"))).isEqualTo(List.of("id"));
    } finally {
      spark.sql("DROP TABLE IF EXISTS " + name);
    }
  }

  @Test
  void open_severalFirstRunsAtOnce_findOneTable() throws Exception {
    ExecutorService drivers = Executors.newFixedThreadPool(4);
    try {
      List<Callable<DeltaTarget>> starts =
          Collections.nCopies(4, () -> DeltaTarget.open(spark.newSession(), path("t"), ROWS));
      Set<DeltaTarget> found = new HashSet<>();
      for (Future<DeltaTarget> started : drivers.invokeAll(starts)) {
        found.add(started.get());
      }
      assertThat(found).hasSize(1);
    } finally {
      drivers.shutdownNow();
    }
  }

  @Test
  void open_tableWithOtherColumns_namesEach() {
    DeltaTarget.open(spark, path("t"), StructType.fromDDL("id STRING, gone INT"));

    assertThatThrownBy(() -> DeltaTarget.open(spark, path("t"), ROWS))
        .isInstanceOfSatisfying(SluiceException.class, DeltaTargetIT::isTableMismatch)
        .hasMessageContaining("column `id` is string in the table and bigint in the rows")
        .hasMessageContaining("column `gone` int of the table is not in the rows");
  }

  @Test
  void open_tablePartitionedOtherwise_showsBoth() {
    DeltaTarget.open(spark, path("t"), ROWS);
    TargetSpec byDay = target(lake.path("t"), List.of("day"), List.of(), Map.of());

    assertThatThrownBy(() -> DeltaTarget.open(spark, byDay, ROWS))
        .isInstanceOfSatisfying(SluiceException.class, DeltaTargetIT::isTableMismatch)
        .hasMessageContaining("it is partitioned by [] and the job says [day]");
  }

  @Test
  void open_tableThatForgetsTransactions_isRefused() {
    TargetSpec forgetful =
        target(
            lake.path("t"),
            List.of(),
            List.of(),
            Map.of("delta.setTransactionRetentionDuration", "interval 1 days"));

    assertThatThrownBy(() -> DeltaTarget.open(spark, forgetful, ROWS))
        .isInstanceOfSatisfying(SluiceException.class, DeltaTargetIT::isTableMismatch)
        .hasMessageContaining("a replay would double rows")
        .hasMessageContaining("UNSET TBLPROPERTIES ('delta.setTransactionRetentionDuration')");
  }

  @Test
  void open_directoryOfOtherFiles_isRefused() throws Exception {
    Files.createDirectories(Path.of(lake.path("t")));
    Files.writeString(Path.of(lake.path("t"), "notes.txt"), "mine");

    assertThatThrownBy(() -> DeltaTarget.open(spark, path("t"), ROWS))
        .isInstanceOfSatisfying(SluiceException.class, DeltaTargetIT::isTableMismatch)
        .hasMessageContaining(lake.path("t"));
    assertThat(Path.of(lake.path("t"), "notes.txt")).hasContent("mine");
  }

  @Test
  void open_unknownPartitionColumn_isRefused() {
    TargetSpec spec = target(lake.path("t"), List.of("dya"), List.of(), Map.of());

    assertThatThrownBy(() -> DeltaTarget.open(spark, spec, ROWS))
        .isInstanceOfSatisfying(SluiceException.class, DeltaTargetIT::isTableMismatch)
        .hasMessageContaining("dya");
  }

  @Test
  void open_newTableOfChanges_hasDeletionVectorsIfAllReadersKnowThem() {
    assertThat(features("known", Map.of(), TableReader.SPARK, TableReader.TRINO))
        .contains("deletionVectors");
    assertThat(features("unknown", Map.of(), TableReader.SPARK, TableReader.ATHENA)).isEmpty();
    assertThat(features("partly", Map.of(), TableReader.DELTA_RS)).isEmpty();
    assertThat(features("unasked", Map.of())).isEmpty();
    assertThat(
            features("refused", Map.of("delta.enableDeletionVectors", "false"), TableReader.TRINO))
        .isEmpty();
  }

  @Test
  void open_tableWithAFeatureThatAReaderDoesNotKnow_isRefused() {
    DeltaTarget.open(
        spark,
        target(lake.path("t"), List.of(), List.of(), Map.of("delta.enableDeletionVectors", "true")),
        ROWS);

    assertThatThrownBy(() -> DeltaTarget.open(spark, readBy(path("t"), TableReader.ATHENA), ROWS))
        .isInstanceOfSatisfying(SluiceException.class, DeltaTargetIT::isTableMismatch)
        .hasMessageContaining("deletionVectors, which athena of target.readers cannot read");
    DeltaTarget.open(spark, readBy(path("t"), TableReader.TRINO, TableReader.DELTA_RS), ROWS);
  }

  @Test
  void open_columnsOfATypeThatAReaderDoesNotKnow_areRefusedBeforeTheTableIsMade() {
    assertThatThrownBy(
            () ->
                DeltaTarget.open(
                    spark,
                    readBy(path("t"), TableReader.TRINO),
                    StructType.fromDDL("id INT, v VARIANT")))
        .isInstanceOfSatisfying(SluiceException.class, DeltaTargetIT::isTableMismatch)
        .hasMessageContaining("variantType, which trino of target.readers cannot read");
    assertThat(Path.of(lake.path("t"))).doesNotExist();
  }

  private Set<String> features(
      String name, Map<String, String> properties, TableReader... readers) {
    TargetSpec spec = readBy(target(lake.path(name), List.of(), List.of(), properties), readers);
    TableContract contract = new TableContract(List.of("id"), 1, List.of());
    return ReaderFit.features(DeltaTarget.open(spark, spec, ROWS, contract).current(spark));
  }

  private static TargetSpec readBy(TargetSpec spec, TableReader... readers) {
    return new TargetSpec(
        spec.table(),
        spec.isPath(),
        spec.partitionBy(),
        spec.clusterBy(),
        spec.properties(),
        spec.evolution(),
        spec.quarantine(),
        spec.autoCdc(),
        spec.appends(),
        List.of(readers));
  }

  private static TargetSpec target(
      String table,
      List<String> partitionBy,
      List<String> clusterBy,
      Map<String, String> properties) {
    TargetSpec plain = TargetSpec.of(table);
    return new TargetSpec(
        table,
        plain.isPath(),
        partitionBy,
        clusterBy,
        properties,
        plain.evolution(),
        plain.quarantine(),
        null,
        false,
        List.of());
  }

  private TargetSpec path(String name) {
    return TargetSpec.of(lake.path(name));
  }

  private static void isTableMismatch(SluiceException e) {
    assertThat(e.condition()).isEqualTo(Condition.TABLE_MISMATCH);
  }
}
