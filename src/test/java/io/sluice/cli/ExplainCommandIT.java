package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.Condition;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code sluice explain} says of rows that jobs have made of a real topic. */
class ExplainCommandIT {

  private static final JsonMapper JSON = new JsonMapper();
  private final Instant started = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  @Test
  void explain_jobsThatRunMeanwhile_tellsWhatBecameOfEveryMessage() throws Exception {
    String namespace = "persistent://" + BROKER.uniqueNamespace();
    String customers = namespace + "/shop.customers";
    String stock = namespace + "/stock";
    String changes =
        job(
            "customers",
            "{topics: [%s], format: debezium}".formatted(customers),
            "{table: %s}".formatted(lake.path("customers")));
    String newest = stock(stock, "newest", 1);
    String versions = stock(stock, "versions", 2);
    List<String> ids = new ArrayList<>();
    ids.add(debezium(customers, 1, "c", "Ada"));
    ids.add(debezium(customers, 2, "c", "Bo"));
    ids.add(debezium(customers, 1, "u", "Ada L."));
    ids.add(send(customers, "{\"id\":1}", "{\"op\":"));
    List<String> stocks = new ArrayList<>();
    stocks.add(stocked(stock, "1", 10, false));
    stocks.add(stocked(stock, "5", 50, false));
    stocks.add(stocked(stock, "null", 0, false));
    run(changes, newest, versions);
    ids.add(debezium(customers, 1, "u", "Ada Lovelace"));
    ids.add(debezium(customers, 2, "d", null));
    ids.add(send(customers, "{\"id\":2}", null));
    stocks.add(stocked(stock, "3", 30, false));
    stocks.add(stocked(stock, "5", 50, false));
    stocks.add(stocked(stock, "7", 0, true));
    run(changes, newest, versions);
    ids.add(debezium(customers, 1, "d", null));

    assertThat(explained(changes, "1"))
        .containsExactly(
            ids.get(0) + " upsert superseded 0 false by " + ids.get(2),
            ids.get(2) + " upsert applied 0 false by " + ids.get(4),
            ids.get(3) + " bad quarantined 0 false",
            ids.get(4) + " upsert applied 1 true",
            ids.get(7) + " delete not_read - false");
    Answer gone = Answer.to("explain", changes, "--key", "id=2");
    assertThat(gone.out())
        .contains("no row: " + ids.get(5) + " deleted it")
        .contains("applied, then replaced by " + ids.get(5))
        .contains("skipped: TOMBSTONE");
    Answer unknown = Answer.to("explain", changes, "--key", "3");
    assertThat(unknown.exitCode()).isEqualTo(Condition.KEY_NOT_FOUND.exitCode());
    assertThat(unknown.err()).contains("[KEY_NOT_FOUND]").contains("id=3");
    Answer wrong = Answer.to("explain", changes, "--key", "one");
    assertThat(wrong.exitCode()).isEqualTo(Condition.INVALID_JOB.exitCode());
    assertThat(wrong.err()).contains("`id`").contains("'one'");
    assertThat(Answer.to("explain", versions, "--key", "7").err())
        .contains("--key land=VALUE --key id=VALUE");

    assertThat(explained(newest, "land=DE", "id=7"))
        .containsExactly(
            stocks.get(0) + " upsert superseded 0 false by " + stocks.get(1),
            stocks.get(1) + " upsert applied 0 false by " + stocks.get(5),
            stocks.get(2) + " rejected quarantined 0 false",
            stocks.get(3) + " upsert superseded 1 late false by " + stocks.get(5),
            stocks.get(4) + " upsert repeated 1 false by " + stocks.get(1),
            stocks.get(5) + " delete applied 1 true");

    BROKER.admin().topics().unload(stock);
    BROKER.admin().topics().truncate(stock);
    stocked(stock, "8", 80, false);
    Answer remembered = Answer.to("explain", versions, "--key", "land=DE", "--key", "id=7");
    assertThat(remembered.out())
        .contains("{\"land\":\"DE\",\"id\":7,\"v\":30,\"__START_AT\":3,\"__END_AT\":5}")
        .containsPattern("\\* " + stocks.get(1) + " +gone .* applied\n")
        .containsPattern("  " + stocks.get(2) + " .* quarantined: NULL_SEQUENCE")
        .containsPattern("\\* " + stocks.get(3) + " +gone .* applied, came late\n")
        .containsPattern("\\* " + stocks.get(5) + " +gone .* applied\n")
        .contains("not read yet")
        .contains("note: The topic " + stock);
  }

  @Test
  void explain_eventsWhoseDeletesMayBeForgotten_saysThatTheyCameTooLate() throws Exception {
    String rooms = "persistent://" + BROKER.uniqueNamespace() + "/rooms";
    String job =
        job(
            "rooms",
            "{topics: [%s], format: json, schema: 'id DECIMAL(6,2), n INT, a INT, b INT, d BOOLEAN'}"
                .formatted(rooms),
            """
            {table: %s, auto_cdc: {keys: [id], sequence_by: [n], apply_as_deletes: d, \
            except_columns: [d], ignore_null_updates: true, tombstone_retention: 1ms}}"""
                .formatted(lake.path("rooms")));
    List<String> ids = new ArrayList<>();
    ids.add(room(rooms, 1, 5, "\"a\":1"));
    ids.add(room(rooms, 1, 6, "\"d\":true"));
    ids.add(room(rooms, 2, 8, "\"a\":2"));
    run(job);
    Answer maintained = Answer.to("maintain", job);
    assertThat(maintained.out()).containsPattern("rooms__deletes +expire +1 rows");
    ids.add(room(rooms, 1, 4, "\"a\":9"));
    ids.add(room(rooms, 2, 3, "\"b\":9"));
    ids.add(room(rooms, 3, 2, "\"a\":3"));
    ids.add(room(rooms, 3, 7, "\"b\":3"));
    run(job);

    assertThat(explained(job, "1"))
        .containsExactly(
            ids.get(0) + " upsert superseded 0 false by " + ids.get(1),
            ids.get(1) + " delete applied 0 true",
            ids.get(3) + " rejected quarantined 1 false");
    assertThat(explained(job, "2"))
        .containsExactly(
            ids.get(2) + " upsert applied 0 true",
            ids.get(4) + " upsert quarantined 1 late false by " + ids.get(2));
    assertThat(explained(job, "3"))
        .containsExactly(
            ids.get(5) + " upsert quarantined 1 false by " + ids.get(6),
            ids.get(6) + " upsert applied 1 true");
    assertThat(Answer.to("explain", job, "--key", "2").out())
        .contains("{\"id\":2.00,\"n\":8,\"a\":2}")
        .contains("quarantined: TOO_LATE: `b`: ");
    assertThat(Answer.to("explain", job, "--key", "1").out())
        .contains("no row: " + ids.get(1) + " deleted it")
        .contains("quarantined: TOO_LATE: the row is not there");
  }

  private static String room(String topic, int id, int n, String rest) throws Exception {
    return send(topic, "", "{\"id\":%d,\"n\":%d,%s}".formatted(id, n, rest));
  }

  private String stock(String topic, String name, int type) throws IOException {
    return job(
        name,
        "{topics: [%s], format: json, schema: 'land STRING, id INT, n INT, v INT, d BOOLEAN'}"
            .formatted(topic),
        """
        {table: %s, auto_cdc: {keys: [land, id], sequence_by: [n], \
        apply_as_deletes: d, except_columns: [n, d], stored_as_scd_type: %d}}"""
            .formatted(lake.path(name), type));
  }

  /** The messages of an explanation: id, event, outcome, batch, whether it stands, by what. */
  private List<String> explained(String job, String... key) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("explain", job, "--output", "json"));
    for (String each : key) {
      arguments.addAll(List.of("--key", each));
    }
    Answer answer = Answer.to(arguments.toArray(String[]::new));
    assertThat(answer.exitCode()).as(answer.err()).isZero();
    List<String> lines = new ArrayList<>();
    for (String line : answer.out().lines().toList()) {
      JsonNode node = JSON.readTree(line);
      if (node.path("type").asText().equals("key")) {
        assertThat(node.path("explained").booleanValue()).as(line).isTrue();
        assertThat(node.path("notes")).as(line).isEmpty();
      } else {
        assertThat(Instant.parse(node.path("publish_time").textValue()))
            .as(line)
            .isBetween(started, Instant.now());
        assertThat(node.path("table_version").isIntegralNumber())
            .as(line)
            .isEqualTo(node.path("batch").isIntegralNumber());
        assertThat(node.path("schema_version").intValue()).as(line).isZero();
        assertThat(node.path("schema_version").isIntegralNumber()).as(line).isTrue();
        JsonNode by = node.path("by");
        lines.add(
            "%s %s %s %s%s %s%s"
                .formatted(
                    node.path("message_id").asText(),
                    node.path("event").asText(),
                    node.path("outcome").asText(),
                    node.path("batch").isNull() ? "-" : node.path("batch").asText(),
                    node.path("late").booleanValue() ? " late" : "",
                    node.path("stands").asText(),
                    by.isNull() ? "" : " by " + by.path("ledger") + ":" + by.path("entry")));
      }
    }
    return lines;
  }

  private static void run(String... jobs) {
    List<String> arguments = new ArrayList<>(List.of("run"));
    arguments.addAll(List.of(jobs));
    Answer run = Answer.to(arguments.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static String debezium(String topic, int id, String op, @Nullable String name)
      throws Exception {
    String row = name == null ? "null" : "{\"id\":%d,\"name\":\"%s\"}".formatted(id, name);
    return send(
        topic,
        "{\"id\":%d}".formatted(id),
        "{\"op\":\"%s\",\"before\":%s,\"after\":%s,\"source\":{}}"
            .formatted(op, op.equals("d") ? "{\"id\":%d}".formatted(id) : "null", row));
  }

  private static String stocked(String topic, String n, int v, boolean deleted) throws Exception {
    return send(
        topic,
        "DE/7",
        "{\"land\":\"DE\",\"id\":7,\"n\":%s,\"v\":%d,\"d\":%s}".formatted(n, v, deleted));
  }

  /** Publishes a message and gives its id as {@code ledger:entry}. */
  private static String send(String topic, String key, @Nullable String value) throws Exception {
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).enableBatching(false).create()) {
      MessageId id = producer.newMessage().key(key).value(value).send();
      String[] parts = id.toString().split(":", -1);
      return parts[0] + ":" + parts[1];
    }
  }

  private String job(String name, String source, String target) throws IOException {
    String text =
        """
        version: 1
        name: %s
        pulsar: {service_url: "%s", admin_url: "%s"}
        source: %s
        target: %s
        trigger: available_now
        """
            .formatted(name, BROKER.serviceUrl(), BROKER.adminUrl(), source, target);
    return Files.writeString(lake.path().resolve(name + ".yaml"), text).toString();
  }
}
