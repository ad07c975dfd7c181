package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.S3Server;
import io.sluice.testing.TempLake;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * MariaDB under the load of sysbench becomes tables of a lake on S3, although the driver is killed
 * ten times.
 */
class MariaDbInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension static final S3Server S3 = S3Server.shared();

  private static final List<String> TABLES =
      List.of("sbtest1", "sbtest2", "journal", "documents", "items");

  private static final int KILLS = Integer.getInteger(ChangeChain.KILLS, 10);

  /** What happens while the driver is killed again and again. */
  private static final List<List<String>> CHANGES =
      List.of(
          List.of(
              "ALTER TABLE items ADD COLUMN note varchar(80)",
              "UPDATE items SET note = 'noted' WHERE id % 2 = 0"),
          List.of(
              "INSERT INTO journal SELECT seq, 'after the first' FROM seq_101_to_150",
              "UPDATE documents SET title = 'unchanged body' WHERE id <= 10"),
          List.of(
              "UPDATE items SET id = id + 10000 WHERE id <= 20",
              "DELETE FROM items WHERE id BETWEEN 30 AND 60"),
          List.of(
              "ALTER TABLE items MODIFY name text",
              "UPDATE items SET quantity = 2000000000 + id, price = 123456.78, name = repeat('x', 300)"
                  + " WHERE id % 3 = 0"),
          List.of("UPDATE documents SET body = repeat(sha2(id + 100, 256), 1600) WHERE id > 15"),
          List.of(
              "ALTER TABLE items DROP COLUMN name",
              "UPDATE items SET quantity = -1 WHERE id % 5 = 0"),
          List.of("INSERT INTO journal SELECT seq, 'after the second' FROM seq_151_to_170"),
          List.of(
              "TRUNCATE items",
              "INSERT INTO items (id, price, quantity, note)"
                  + " SELECT seq, seq * 0.01, seq, 'after' FROM seq_100_to_300"),
          List.of("UPDATE documents SET title = NULL WHERE id = 7"));

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void chainToS3_killedAgainAndAgainUnderLoadWhileTablesChange_equalsTheDatabase()
      throws Exception {
    Programs programs = Programs.prepared("debian", "debezium", "python", "trino");
    String bucket = S3.newBucket();
    ChainLake tables = ChainLake.s3(S3, bucket);
    try (var database = MariaDbServer.start(programs, lake.path().resolve("mariadb"))) {
      database.execute(
          "CREATE TABLE documents (id int PRIMARY KEY, title varchar(80), body longtext)",
          "INSERT INTO documents SELECT seq, 'first', repeat(sha2(seq, 256), 1600) FROM seq_1_to_20",
          "CREATE TABLE items (id int PRIMARY KEY, name varchar(80), price decimal(8, 2),"
              + " quantity int, at datetime(6) DEFAULT now(6))",
          "INSERT INTO items (id, name, price, quantity)"
              + " SELECT seq, concat('item ', seq), seq * 1.25, seq FROM seq_1_to_500",
          "CREATE TABLE journal (id int, entry varchar(80))",
          "INSERT INTO journal SELECT seq, 'before' FROM seq_1_to_100");
      try (var chain =
              ChangeChain.start(
                  programs,
                  BROKER,
                  database,
                  lake.path(),
                  tables,
                  Map.of(
                      "debezium.format.schemas.enable", "true",
                      "debezium.source.decimal.handling.mode", "precise",
                      "debezium.source.time.precision.mode", "adaptive_time_microseconds"));
          var load = database.load()) {
        chain.awaitTables(TABLES);
        chain.change(CHANGES, KILLS);
        chain.snapshotIncrementally(List.of("sbtest1", "sbtest2", "documents", "items"));
        database.execute("DELETE FROM documents WHERE id = 8");
        chain.losePlace("documents", "UPDATE documents SET title = 'TOLD' WHERE id = 2");
        assertThat(load.isAlive()).as(load.output()).isTrue();
        load.kill();
        database.execute("DELETE FROM documents WHERE id = 9");
        chain.drain("documents", "UPDATE documents SET title = 'THE-LAST' WHERE id = 1");
        assertThat(chain.kills()).isEqualTo(KILLS);
        chain.assertEqual(TABLES, List.of("journal"), chain.duckDb());
        try (TrinoServer trino =
            TrinoServer.start(
                programs, lake.path().resolve("trino-server"), lake.path(), S3, bucket)) {
          chain.assertEqual(TABLES, List.of("journal"), TrinoTables.of(trino, tables, lake.path()));
        }
      }
    }
  }
}
