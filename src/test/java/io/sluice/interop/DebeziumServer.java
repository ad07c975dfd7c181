package io.sluice.interop;

import io.sluice.testing.PulsarBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** Debezium Server, from a database into the topics of a namespace. */
final class DebeziumServer implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String OFFSETS = "offsets";

  private final Programs programs;
  private final Path directory;
  private ChildProcess server;
  private int launches = 1;

  private DebeziumServer(Programs programs, Path directory, ChildProcess server) {
    this.programs = programs;
    this.directory = directory;
    this.server = server;
  }

  /**
   * Starts it with its files below a directory; it goes on where it was before.
   *
   * @param namespace the namespace of the topics, {@code tenant/name}
   * @param further settings over those that are recommended
   */
  static DebeziumServer start(
      Programs programs,
      Path directory,
      PulsarBroker broker,
      String namespace,
      DatabaseServer database,
      Map<String, String> further)
      throws IOException {
    Path configuration = Files.createDirectories(directory.resolve("config"));
    Map<String, String> settings = new TreeMap<>();
    settings.put("quarkus.http.host", "127.0.0.1");
    settings.put("quarkus.http.port", "0");
    settings.put("debezium.sink.type", "pulsar");
    settings.put("debezium.sink.pulsar.client.serviceUrl", broker.serviceUrl());
    settings.put("debezium.sink.pulsar.tenant", namespace.replaceFirst("/.*", ""));
    settings.put("debezium.sink.pulsar.namespace", namespace.replaceFirst(".*/", ""));
    settings.put("debezium.sink.pulsar.timeout", "30000");
    settings.put("debezium.format.key", "json");
    settings.put("debezium.format.value", "json");
    settings.put("debezium.format.schemas.enable", "false");
    settings.put("debezium.format.value.replace.null.with.default", "false");
    settings.put("debezium.format.key.replace.null.with.default", "false");
    Map<String, String> source = new TreeMap<>(database.connector());
    source.put("database.hostname", "127.0.0.1");
    source.put("topic.prefix", "shop");
    source.put("skipped.operations", "none");
    source.put("signal.data.collection", database.schema() + "." + ChangeChain.SIGNALS);
    source.put("incremental.snapshot.chunk.size", "100");
    source.put("decimal.handling.mode", "string");
    source.put("time.precision.mode", "isostring");
    source.put("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
    source.put("offset.storage.file.filename", directory.resolve(OFFSETS).toString());
    source.put("offset.flush.interval.ms", "5000");
    source.put("schema.history.internal", "io.debezium.storage.file.history.FileSchemaHistory");
    source.put(
        "schema.history.internal.file.filename", directory.resolve("schema-history").toString());
    source.forEach((key, value) -> settings.put("debezium.source." + key, value));
    settings.putAll(further);
    StringBuilder text = new StringBuilder();
    settings.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    Files.writeString(configuration.resolve("application.properties"), text);
    return new DebeziumServer(programs, directory, launch(programs, directory, log(directory)));
  }

  private static ChildProcess launch(Programs programs, Path directory, Path log)
      throws IOException {
    return ChildProcess.start(
        directory,
        log,
        Map.of(),
        List.of(
            programs.java().toString(),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            "%s/*:%s:%s/lib/*"
                .formatted(programs.debezium(), directory.resolve("config"), programs.debezium()),
            "io.debezium.server.Main"));
  }

  private static Path log(Path directory) {
    return directory.resolve("debezium.log");
  }

  /** Waits until it follows the changes, since it was last started. */
  void awaitStreaming() throws IOException {
    awaitOutput("Starting streaming", launches);
  }

  /**
   * Waits until it has printed so many lines, since it was first started.
   *
   * @param pattern a regular expression for a part of such a line
   */
  void awaitOutput(String pattern, int lines) throws IOException {
    Awaitility.await(pattern)
        .atMost(PATIENCE)
        .until(() -> !server.isAlive() || printed(pattern) >= lines);
    if (!server.isAlive()) {
      throw new AssertionError("Debezium Server has ended:\n" + server.output());
    }
  }

  /** How many lines with such a part it has printed, since it was first started. */
  long printed(String pattern) throws IOException {
    Predicate<String> wanted = Pattern.compile(pattern).asPredicate();
    return server.output().lines().filter(wanted).count();
  }

  /** Ends it as {@code kill -9} does and starts it again. */
  void killAndRestart() throws IOException {
    server.kill();
    launchAgain();
  }

  /** Ends it and starts it again without what it remembers of the database's log. */
  void losePlace() throws IOException {
    server.kill();
    Files.delete(directory.resolve(OFFSETS));
    launchAgain();
  }

  private void launchAgain() throws IOException {
    server = launch(programs, directory, log(directory));
    launches++;
  }

  @Override
  public void close() {
    server.close();
  }
}
