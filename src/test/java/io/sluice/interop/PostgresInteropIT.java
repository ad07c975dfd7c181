package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.TempLake;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** PostgreSQL under the load of pgbench becomes tables of a lake, whatever is killed in between. */
class PostgresInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final List<String> TABLES =
      List.of(
          "pgbench_accounts",
          "pgbench_branches",
          "pgbench_tellers",
          "pgbench_history",
          "documents",
          "items");

  /** The text of a document: 100 KB that PostgreSQL stores out of line. */
  private static final String LONG_TEXT =
      "(SELECT string_agg(md5(id::text || '%s' || i), '') FROM generate_series(1, 3200) AS i)";

  private static final int KILLS = Integer.getInteger(ChangeChain.KILLS, 5);

  /** What happens while the driver is killed again and again. */
  private static final List<List<String>> CHANGES =
      List.of(
          List.of(
              "ALTER TABLE items ADD COLUMN note text",
              "UPDATE items SET note = 'noted' WHERE id % 2 = 0",
              "UPDATE documents SET title = 'unchanged body' WHERE id <= 10"),
          List.of(
              "UPDATE pgbench_accounts SET aid = aid + 1000000 WHERE aid <= 50",
              "UPDATE items SET id = id + 10000 WHERE id <= 20",
              "DELETE FROM items WHERE id BETWEEN 30 AND 60"),
          List.of(
              "ALTER TABLE items ALTER COLUMN quantity TYPE bigint",
              "ALTER TABLE items ALTER COLUMN price TYPE numeric(20, 4)",
              "UPDATE items SET quantity = 3000000000 + id, price = 1234567890.1234 WHERE id % 3 = 0",
              "UPDATE documents SET body = %s WHERE id > 15".formatted(LONG_TEXT.formatted("b"))),
          List.of(
              "ALTER TABLE items DROP COLUMN name",
              "UPDATE items SET quantity = -1 WHERE id % 5 = 0",
              "UPDATE documents SET title = 'again' WHERE id BETWEEN 5 AND 18"),
          List.of(
              "TRUNCATE items",
              "INSERT INTO items SELECT id, id * 0.01, id, now(), 'after' FROM"
                  + " generate_series(100, 300) AS id",
              "UPDATE documents SET title = NULL WHERE id = 7",
              "DELETE FROM documents WHERE id = 8"));

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void chain_killedUnderLoadWhileTablesChange_equalsTheDatabase() throws Exception {
    Programs programs = Programs.prepared("debian", "debezium", "python");
    try (var database = PostgresServer.start(programs, lake.path().resolve("postgres"))) {
      database.execute(
          "CREATE TABLE documents (id int PRIMARY KEY, title text, body text)",
          "INSERT INTO documents SELECT id, 'first', %s FROM generate_series(1, 20) AS id"
              .formatted(LONG_TEXT.formatted("a")),
          "CREATE TABLE items (id int PRIMARY KEY, name text, price numeric(8, 2), quantity int,"
              + " at timestamp DEFAULT now())",
          "INSERT INTO items SELECT id, 'item ' || id, id * 1.25, id FROM generate_series(1, 500)"
              + " AS id");
      try (var chain =
              ChangeChain.start(
                  programs, BROKER, database, lake.path(), ChainLake.local(lake.path()), Map.of());
          var load = database.load()) {
        chain.awaitTables(TABLES);
        chain.change(CHANGES, KILLS);
        chain.snapshotIncrementally(
            List.of("pgbench_accounts", "pgbench_tellers", "documents", "items"));
        chain.losePlace("documents", "UPDATE documents SET title = 'TOLD' WHERE id = 2");
        assertThat(load.isAlive()).as(load.output()).isTrue();
        load.kill();
        chain.drain("documents", "UPDATE documents SET title = 'THE-LAST' WHERE id = 1");
        assertThat(chain.kills()).isEqualTo(KILLS);
        chain.assertEqual(TABLES, List.of("pgbench_history"), chain.duckDb());
      }
    }
  }
}
