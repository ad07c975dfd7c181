package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.runtime.JobRunner;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SilentReporter;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.TypedMessageBuilder;
import org.apache.pulsar.common.policies.data.SchemaCompatibilityStrategy;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A job from topics as the Debezium sources of Pulsar IO leave them, pairs of key and value that
 * only the registered schemas tell how to read, to tables that equal the database's.
 */
class KeyValueChangeJobIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Fewer than {@code order_items} has messages: its types change when the table is there. */
  private static final int ROWS_PER_BATCH = 120;

  @RegisterExtension final TempLake lake = new TempLake();

  /**
   * A captured table; its topic has the capture's name.
   *
   * @param versions how many schemas its messages are written with
   */
  private record Captured(String name, Capture capture, String table, int versions) {

    static Captured of(String name, String table, int versions) {
      return new Captured(name, Capture.of(name), table, versions);
    }

    List<RawMessage> messages() {
      return capture.table(table);
    }

    JsonNode definition() {
      return capture.definitions().stream()
          .filter(each -> each.path("table").textValue().equals(table))
          .findFirst()
          .orElseThrow();
    }
  }

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  @Test
  void run_topicsOfKeyAndValue_everyTableEqualsItsDatabase() throws Exception {
    // Tables of which the captures say all that the database holds.
    Captured json = Captured.of("pg-nar", "order_items", 3);
    Captured avro = Captured.of("my-nar-avro", "orders", 2);
    Captured backToItsFirstSchema = Captured.of("pg-nar-avro", "Site Settings", 2);
    Captured inline = Captured.of("my-nar-env", "orders", 1);
    List<Captured> tables = List.of(json, avro, backToItsFirstSchema, inline);
    String namespace = BROKER.uniqueNamespace();
    // Pulsar's own default refuses a column that has another type from now on.
    BROKER
        .admin()
        .namespaces()
        .setSchemaCompatibilityStrategy(namespace, SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
    for (Captured table : tables) {
      publish("persistent://" + namespace + "/shop." + table.name(), table);
    }

    JobRunner.run(List.of(job(namespace)), false, PATIENCE, new SilentReporter());

    for (Captured table : tables) {
      assertEqual(table, read(table.name()).drop("_position"));
    }
  }

  private static void assertEqual(Captured table, Dataset<Row> found) {
    ReplayedTable replayed =
        ReplayedTable.of(table.messages(), ChangeOptions.of(ChangeFormat.DEBEZIUM));
    List<Row> rows = found.collectAsList();
    assertThat(found.columns())
        .as(table.name())
        .containsExactlyInAnyOrder(replayed.columns().fieldNames());
    assertThat(RowTexts.of(rows, replayed.columns()))
        .as(table.name())
        .containsExactlyInAnyOrderElementsOf(RowTexts.of(replayed))
        .isNotEmpty();
    assertThat(
            CaptureReplayTest.differences(table.capture(), table.definition(), RowTexts.rows(rows)))
        .as(table.name())
        .isEmpty();
  }

  /** Keys, payloads and schemas as they were captured. */
  private static void publish(String topic, Captured table) throws Exception {
    try (Producer<byte[]> producer = BROKER.client().newProducer().topic(topic).create()) {
      for (RawMessage message : table.messages()) {
        TypedMessageBuilder<byte[]> next =
            producer
                .newMessage(table.capture().registered(message.schema()))
                .value(message.value());
        byte[] key = message.key();
        if (key != null && message.schema().inline()) {
          // The key that counts is in the payload; this one is text, though it looks like bytes.
          next.key(new String(key, StandardCharsets.UTF_8));
        } else if (key != null) {
          next.keyBytes(key);
        }
        next.send();
      }
    }
    assertThat(BROKER.admin().schemas().getAllSchemas(topic))
        .as(table.name())
        .hasSize(table.versions());
  }

  private Dataset<Row> read(String table) {
    return SparkSessions.local().read().format("delta").load(lake.path(table));
  }

  private JobSpec job(String namespace) throws IOException {
    Path file =
        Files.writeString(
            lake.path().resolve("connectors.yaml"),
            """
            version: 1
            name: connectors
            pulsar: {service_url: "%s", admin_url: "%s"}
            source:
              topics_pattern: 'persistent://%s/shop\\.(.*)'
              format: debezium
              max_rows_per_batch: %d
            target: {table: "%s/$1", schema_evolution: widen}
            trigger: available_now
            """
                .formatted(
                    BROKER.serviceUrl(),
                    BROKER.adminUrl(),
                    namespace,
                    ROWS_PER_BATCH,
                    lake.path()));
    return new JobSpecParser(Environment.ofProcess()).read(file.toString(), List.of()).require();
  }
}
