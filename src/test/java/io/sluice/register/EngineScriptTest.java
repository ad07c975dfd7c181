package io.sluice.register;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.SluiceException;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.KeptFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each engine is told of the same tables, and why not of others; side by side in files. */
class EngineScriptTest {

  private static final Path FOLDER = Path.of("src/test/resources/io/sluice/register");

  private static final List<LakeTable> TABLES =
      List.of(
          table("/data/lake/orders", "file:/data/lake/orders"),
          table("s3a://lake/shop/Customers/", "s3a://lake/shop/Customers"),
          table("lake.shop.stock", "s3a://warehouse/shop.db/stock"),
          table("s3a://lake/o'b\"r`i\\en", "s3a://lake/o'b\"r`i\\en"),
          table("/data/lake/my orders-ü/2026%20", "file:/data/lake/my orders-ü/2026%20"),
          table("/data/lake/my orders-ü/#1's", "file:/data/lake/my orders-ü/#1's"),
          table("/data/lake2/other", "file:/data/lake2/other"),
          table("hdfs://nn:8020/lake/events", "hdfs://nn:8020/lake/events"),
          table("s3a://lake/order", "s3a://lake/order", "deletionVectors", "timestampNtz"),
          table("s3a://lake/select", "s3a://lake/select", "variantType"),
          table("s3a://lake/wide", "s3a://lake/wide", "typeWidening", "v2Checkpoint"),
          table("s3a://lake/later", "s3a://lake/later", "someLaterFeature"),
          table("s3a://lake/old/customers", "s3a://lake/old/customers"));

  @ParameterizedTest
  @ValueSource(strings = {"trino", "trino-local", "athena", "hive", "duckdb", "duckdb-main"})
  void script_tablesOfEveryKind_isTheOneInTheFile(String which) throws Exception {
    Engine engine =
        switch (which) {
          case "trino" -> new Trino("lake", "shop", null);
          case "trino-local" -> new Trino("my \"lake\"", "o'shop", "/data/lake");
          case "athena" -> new Athena("Shop");
          case "hive" -> new Hive("shop");
          case "duckdb" -> new DuckDb("my shop");
          default -> new DuckDb(null);
        };
    List<LakeTable> tables = which.equals("duckdb-main") ? TABLES.subList(0, 1) : TABLES;

    RegistrationPlan plan = RegistrationPlan.of(engine, tables, null);

    KeptFile.assertUpToDate(
        FOLDER.resolve(which + ".sql"), engine.script(plan.tables()), EngineScriptTest.class);
    KeptFile.assertUpToDate(
        FOLDER.resolve(which + ".txt"),
        plan.doubts().stream().map(doubt -> doubt + "\n").collect(Collectors.joining())
            + plan.refused().stream()
                .map(SluiceException::getMessage)
                .map(refusal -> refusal + "\n")
                .collect(Collectors.joining()),
        EngineScriptTest.class);
    assertThat(plan.tables().size() + plan.refused().size()).isEqualTo(tables.size());
  }

  private static LakeTable table(String name, String location, String... features) {
    return LakeTable.of(TargetSpec.of(name), location, Set.of(features));
  }
}
