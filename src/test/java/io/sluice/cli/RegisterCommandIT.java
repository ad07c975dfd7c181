package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code sluice register} says of the tables of jobs. */
class RegisterCommandIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();

  @Test
  void register_job_printsTheStatementsForItsTableAlone() throws Exception {
    table("orders", "");
    table("orders_quarantine", "");
    table("orders__deletes", "");
    String job = job("orders", "topics: [orders]", "orders");

    Answer answer = Answer.to("register", job, "--engine", "duckdb");

    assertThat(answer.exitCode()).as(answer.err()).isZero();
    assertThat(answer.err()).isEmpty();
    assertThat(answer.out())
        .isEqualTo(
            """
            INSTALL delta;
            LOAD delta;
            CREATE OR REPLACE VIEW "orders" AS SELECT * FROM delta_scan('file://%s');
            """
                .formatted(lake.path("orders")));
  }

  @Test
  void register_jobWithATablePerTopic_namesThoseThatAreThere() throws Exception {
    String topics = "persistent://" + BROKER.uniqueNamespace() + "/";
    BROKER.admin().topics().createNonPartitionedTopic(topics + "cdc-a");
    BROKER.admin().topics().createNonPartitionedTopic(topics + "cdc-b");
    table("a", "");
    String job = job("shop", "topics_pattern: '" + topics + "cdc-(.*)'", "$1");

    Answer answer =
        Answer.to(
            "register",
            job,
            "--engine=trino",
            "--catalog=lake",
            "--schema=shop",
            "--local-location=" + lake.path());

    assertThat(answer.exitCode()).as(answer.err()).isZero();
    assertThat(answer.err()).contains("Not there yet, left out: " + lake.path("b"));
    assertThat(answer.out())
        .contains("CREATE SCHEMA IF NOT EXISTS \"lake\".\"shop\";\n")
        .containsOnlyOnce("CALL ")
        .contains("table_name => 'a', table_location => 'local:///a');\n");
  }

  @Test
  void register_tableThatTheEngineCannotRead_isRefusedAndTheOthersPrinted() {
    table("plain", "");
    table("wide", "'delta.enableTypeWidening' = 'true'");

    Answer answer =
        Answer.to(
            "register",
            lake.path("plain"),
            lake.path("wide"),
            "--engine=trino",
            "--catalog=lake",
            "--schema=shop");

    assertThat(answer.exitCode()).isEqualTo(28);
    assertThat(answer.out()).contains("'plain'").doesNotContain("wide");
    assertThat(answer.err())
        .contains("The table " + lake.path("wide") + " cannot be registered: it has widened types")
        .contains("tried with Trino 476");
  }

  @Test
  void register_localTableForAthena_isRefused() {
    table("plain", "");

    Answer answer = Answer.to("register", lake.path("plain"), "--engine=athena", "--schema=shop");

    assertThat(answer.exitCode()).isEqualTo(28);
    assertThat(answer.out()).isEmpty();
    assertThat(answer.err()).contains("Athena reads tables on S3 only");
  }

  @Test
  void register_whatIsNoTable_saysSo() {
    Answer answer = Answer.to("register", lake.path("none"), "--engine=duckdb");

    assertThat(answer.exitCode()).isEqualTo(2);
    assertThat(answer.err()).contains("There is no table yet: " + lake.path("none"));
  }

  @Test
  void register_nothingListens_isUnreachable() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }

    Answer answer =
        Answer.to(
            "register",
            "t",
            "--engine=trino",
            "--catalog=lake",
            "--schema=shop",
            "--apply",
            "--server=http://127.0.0.1:" + port,
            "--user=etl");

    assertThat(answer.exitCode()).as(answer.err()).isEqualTo(29);
    assertThat(answer.err()).contains("no answer from Trino at http://127.0.0.1:" + port);
  }

  @Test
  void register_sparkWithoutHive_saysWhatToDo() {
    Answer answer =
        Answer.to(
            "register",
            "t",
            "--engine=hive",
            "--schema=shop",
            "--apply",
            "--server=thrift://127.0.0.1:1");

    assertThat(answer.exitCode()).isEqualTo(28);
    assertThat(answer.err()).contains("this Spark has no support for Hive").contains("SPARK_HOME");
  }

  private void table(String name, String properties) {
    spark.sql(
        "CREATE TABLE delta.`%s` (id BIGINT) USING delta%s"
            .formatted(
                lake.path(name),
                properties.isEmpty() ? "" : " TBLPROPERTIES (" + properties + ")"));
  }

  private String job(String name, String topics, String table) throws IOException {
    Path file =
        Files.writeString(
            lake.path().resolve(name + ".yaml"),
            """
            version: 1
            name: %s
            pulsar: {service_url: "%s", admin_url: "%s"}
            source: {%s}
            target: {table: "%s"}
            """
                .formatted(name, BROKER.serviceUrl(), BROKER.adminUrl(), topics, lake.path(table)));
    return file.toString();
  }
}
