package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.DriverProcess;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code sluice register} tells a Hive metastore, and Trino reads what it was told. */
class HiveInteropIT {

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();
  private String classpath = "";
  private int runs;

  /** What a process of {@code sluice} has answered. */
  private record Answered(int exitCode, String output) {}

  @Test
  void register_metastore_knowsTheTablesAndTrinoReadsThem() throws Exception {
    Programs programs = Programs.prepared("trino", "python", "hive");
    classpath = System.getProperty("java.class.path") + ":" + programs.hive();
    spark.range(3).write().format("delta").save(lake.path("orders"));
    spark.range(5).write().format("delta").save(lake.path("my other"));
    String orders = lake.path("orders");
    String other = lake.path("my other");
    try (var metastore = HiveMetastoreServer.start(classpath, lake.path().resolve("metastore"))) {
      assertThat(register(metastore.address(), orders).output())
          .contains("orders  registered  file://" + orders);
      assertThat(register(metastore.address(), orders).output())
          .contains("orders  already registered  file://" + orders);

      Answered named = register(metastore.address(), other);
      assertThat(named.exitCode()).isEqualTo(28);
      assertThat(named.output()).contains("'my other' has others. Name it otherwise with --name.");
      Answered elsewhere = register(metastore.address(), other, "--name=orders");
      assertThat(elsewhere.exitCode()).isEqualTo(28);
      assertThat(elsewhere.output())
          .contains(
              "the metastore knows `shop`.`orders`, EXTERNAL delta, at file:%s already, not at file://%s; give --replace"
                  .formatted(orders, other));
      try (TrinoServer trino = trino(programs, metastore)) {
        assertThat(trino.query("SELECT count(*) FROM hive.shop.orders"))
            .isEqualTo(List.of(List.of("3")));
        assertThat(register(metastore.address(), other, "--name=orders", "--replace").output())
            .contains("orders  registered in place of another  file://" + other);
        trino.query("CALL hive.system.flush_metadata_cache()");
        assertThat(trino.query("SELECT count(*) FROM hive.shop.orders"))
            .isEqualTo(List.of(List.of("5")));
        trino.query("CREATE TABLE hive.shop.owned AS SELECT 1 AS one");
        Answered managed = register(metastore.address(), other, "--name=owned", "--replace");
        assertThat(managed.exitCode()).isEqualTo(28);
        assertThat(managed.output())
            .contains("`shop`.`owned`, MANAGED delta", "for DROP TABLE deletes its files");
        assertThat(trino.query("SELECT one FROM hive.shop.owned")).isEqualTo(List.of(List.of("1")));
      }
    }
    assertThat(spark.read().format("delta").load(orders).count()).isEqualTo(3);
    Answered unreachable = register("thrift://127.0.0.1:" + ChildProcess.freePort(), orders);
    assertThat(unreachable.exitCode()).as(unreachable.output()).isEqualTo(29);
    assertThat(unreachable.output()).contains("no answer from the metastore at thrift://127.0.0.1");
  }

  private TrinoServer trino(Programs programs, HiveMetastoreServer metastore) throws Exception {
    return TrinoServer.start(
        programs,
        lake.path().resolve("trino-server"),
        Map.of(
            "hive",
            """
            connector.name=delta_lake
            hive.metastore.uri=%s
            fs.hadoop.enabled=true
            """
                .formatted(metastore.address())));
  }

  private Answered register(String server, String table, String... further) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("register", table, "--engine=hive", "--schema=shop", "--apply"));
    arguments.add("--server=" + server);
    arguments.addAll(List.of(further));
    DriverProcess driver =
        DriverProcess.start(
            lake.path().resolve("register-" + runs++ + ".log"),
            List.of("-Dspark.sql.warehouse.dir=" + lake.path("warehouse")),
            arguments,
            classpath);
    return new Answered(driver.exitCode(), driver.output());
  }
}
