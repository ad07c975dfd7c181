package io.sluice.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.testing.DriverProcess;
import io.sluice.testing.PulsarBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.Schema;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A database, Debezium Server, a Pulsar server and a Sluice driver, each a process, in a row: every
 * table of the database becomes a Delta table. What comes before Sluice, and Sluice, may be killed.
 */
final class ChangeChain implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(4);

  /** {@code -Dsluice.chain.kills=3}: how often drivers die in each chain, if not as by default. */
  static final String KILLS = "sluice.chain.kills";

  /** The table that tells Debezium what to do. */
  static final String SIGNALS = "debezium_signal";

  private static final String SNAPSHOT = "Snapshot completed";

  private final Programs programs;
  private final PulsarBroker broker;
  private final DatabaseServer database;
  private final Path directory;
  private final ChainLake lake;
  private final String namespace;
  private final DebeziumServer debezium;
  private final List<DriverProcess> drivers = new ArrayList<>();
  private int kills;

  private ChangeChain(
      Programs programs,
      PulsarBroker broker,
      DatabaseServer database,
      Path directory,
      ChainLake lake,
      String namespace,
      DebeziumServer debezium) {
    this.programs = programs;
    this.broker = broker;
    this.database = database;
    this.directory = directory;
    this.lake = lake;
    this.namespace = namespace;
    this.debezium = debezium;
  }

  /**
   * Starts all that follows a database.
   *
   * @param directory for the files of all of them
   * @param lake where the tables will be
   * @param settings of Debezium Server, over those that are recommended
   */
  static ChangeChain start(
      Programs programs,
      PulsarBroker broker,
      DatabaseServer database,
      Path directory,
      ChainLake lake,
      Map<String, String> settings)
      throws Exception {
    String namespace = broker.uniqueNamespace();
    database.execute(
        "CREATE TABLE %s (id varchar(64) PRIMARY KEY, type varchar(32), data varchar(2048))"
            .formatted(SIGNALS));
    DebeziumServer debezium =
        DebeziumServer.start(
            programs, directory.resolve("debezium"), broker, namespace, database, settings);
    ChangeChain chain =
        new ChangeChain(programs, broker, database, directory, lake, namespace, debezium);
    debezium.awaitStreaming();
    chain.writeJob();
    chain.startDriver();
    return chain;
  }

  private void writeJob() throws IOException {
    Files.writeString(
        job(),
        """
        version: 1
        name: shop
        pulsar: {service_url: "%s", admin_url: "%s"}
        source:
          topics_pattern: 'persistent://%s/%s(.*)'
          format: debezium
        target: {table: "%s/$1", %s}
        trigger: {every: 1s}
        """
            .formatted(
                broker.serviceUrl(),
                broker.adminUrl(),
                namespace,
                database.topicPrefix().replace(".", "\\."),
                lake.uri(),
                lake.options()));
  }

  private Path job() {
    return directory.resolve("shop.yaml");
  }

  private void startDriver(String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("run", job().toString()));
    arguments.addAll(List.of(options));
    drivers.add(
        DriverProcess.start(
            directory.resolve("driver-" + drivers.size() + ".log"), lake.settings(), arguments));
  }

  private DriverProcess driver() {
    return drivers.get(drivers.size() - 1);
  }

  /** Waits until each of the tables is in the lake. */
  void awaitTables(List<String> tables) throws IOException {
    await(
        () ->
            tables.stream()
                .allMatch(each -> Files.exists(lake.files().resolve(each + "/_delta_log"))));
  }

  /**
   * Lets the database change while the chain is killed again and again: the driver between the
   * changes, as often as wanted, and Debezium twice.
   *
   * @param changes the statements of each change
   * @param kills how often the driver dies, the time in {@link #drain} included, at most once more
   *     than there are changes
   */
  void change(List<List<String>> changes, int kills) throws Exception {
    for (int i = 0; i < changes.size(); i++) {
      database.execute(changes.get(i).toArray(String[]::new));
      int soFar = i * (kills - 1) / changes.size();
      if ((i + 1) * (kills - 1) / changes.size() > soFar) {
        killDriver();
      }
      if (i == changes.size() / 4 || i == changes.size() * 3 / 4) {
        killDebezium();
      }
    }
  }

  /** Kills the driver, once it has merged since it was started, and starts it again. */
  private void killDriver() throws IOException {
    await(() -> driver().output().lines().filter(line -> line.contains(" batch ")).count() > 1);
    driver().kill();
    kills++;
    startDriver();
  }

  /** How often the driver was killed. */
  int kills() {
    return kills;
  }

  /** Kills Debezium Server and starts it again. */
  private void killDebezium() throws IOException {
    debezium.awaitStreaming();
    debezium.killAndRestart();
  }

  /**
   * Lets Debezium tell tables again, one after the other, while it follows their changes, and kills
   * it before it has told the last one.
   */
  void snapshotIncrementally(List<String> tables) throws Exception {
    String names =
        tables.stream()
            .map(table -> "\"%s.%s\"".formatted(database.schema(), table))
            .collect(Collectors.joining(", "));
    String end =
        "incremental snapshotting of table '.*%s' finished"
            .formatted(tables.get(tables.size() - 1));
    database.execute(
        "INSERT INTO %s VALUES ('again', 'execute-snapshot', '{\"data-collections\": [%s], \"type\": \"incremental\"}')"
            .formatted(SIGNALS, names));
    debezium.awaitOutput("Requested 'INCREMENTAL' snapshot", 1);
    killDebezium();
    assertThat(debezium.printed(end)).as("snapshots that ended before the kill").isZero();
    debezium.awaitOutput(end, 1);
  }

  /**
   * Lets Debezium lose its place: it tells every row of every table again. Before that it has told
   * whatever no snapshot tells, such as deletes.
   *
   * @param table a table whose topic shows a change
   * @param change a statement that writes the text {@code TOLD} into it
   */
  void losePlace(String table, String change) throws Exception {
    changeAndAwait(table, change, "TOLD");
    long before = debezium.printed(SNAPSHOT);
    debezium.losePlace();
    debezium.awaitStreaming();
    assertThat(debezium.printed(SNAPSHOT)).isEqualTo(before + 1);
  }

  /**
   * Lets everything that the database has done come to the tables: then the last driver has been
   * killed, too, and another one has ended by itself.
   *
   * @param table a table whose topic shows a last change
   * @param change a statement that writes the text {@code THE-LAST} into it
   */
  void drain(String table, String change) throws Exception {
    changeAndAwait(table, change, "THE-LAST");
    debezium.close();
    driver().kill();
    kills++;
    startDriver("--set", "trigger=available_now");
    assertThat(driver().exitCode()).as(driver().output()).isZero();
  }

  /** Changes a table and waits until the change is in its topic. */
  private void changeAndAwait(String table, String change, String text) throws Exception {
    try (Reader<byte[]> reader =
        broker
            .client()
            .newReader(Schema.BYTES)
            .topic("persistent://" + namespace + "/" + database.topicPrefix() + table)
            .startMessageId(MessageId.latest)
            .create()) {
      database.execute(change);
      Instant deadline = Instant.now().plus(PATIENCE);
      Message<byte[]> message;
      do {
        message = reader.readNext(1, TimeUnit.SECONDS);
        assertThat(Instant.now()).as("%s is in its topic", text).isBefore(deadline);
      } while (message == null || !contains(message, text));
    }
  }

  /** Whether a message has a text in it; what follows a deleted row has no value at all. */
  private static boolean contains(Message<byte[]> message, String text) {
    byte @Nullable [] value = message.getData();
    return value != null && new String(value, UTF_8).contains(text);
  }

  /**
   * Compares the lake's tables, read by an engine, with the database's.
   *
   * @param histories the tables without a primary key, of which the lake has every change
   * @param engine gives what {@code compare.py} has to know to find a table's rows
   */
  void assertEqual(List<String> tables, List<String> histories, Engine engine) throws Exception {
    List<Map<String, Object>> specification = new ArrayList<>();
    for (String table : tables) {
      Path rows = directory.resolve(table + ".jsonl");
      database.export(table, rows);
      Map<String, String> columns = database.columns(table);
      Map<String, Object> asked = new HashMap<>(engine.rows(table, columns));
      asked.put("table", table);
      asked.put("rows", rows.toString());
      asked.put("columns", columns);
      asked.put("history", histories.contains(table));
      specification.add(asked);
    }
    Path file = directory.resolve("compare.json");
    new ObjectMapper().writeValue(file.toFile(), specification);
    String compared =
        programs.python(directory.resolve("compare.out"), "compare.py", file.toString());
    assertThat(compared.lines())
        .hasSize(tables.size())
        .allMatch(line -> line.matches("\\w+: [1-9]\\d* rows compared"));
  }

  /** An engine that reads the lake. */
  @FunctionalInterface
  interface Engine {

    /**
     * Where the rows of a table are for {@code compare.py}.
     *
     * @param columns the columns to read, with the database's types
     */
    Map<String, Object> rows(String table, Map<String, String> columns) throws Exception;
  }

  /** DuckDB, which {@code compare.py} itself asks. */
  Engine duckDb() {
    return (table, columns) -> lake.forDuckDb(table);
  }

  private void await(Callable<Boolean> condition) throws IOException {
    Awaitility.await().atMost(PATIENCE).until(() -> !driver().isAlive() || condition.call());
    assertThat(driver().isAlive()).as(driver().output()).isTrue();
  }

  @Override
  public void close() {
    for (DriverProcess driver : drivers) {
      driver.kill();
    }
    debezium.close();
  }
}
