package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Encoders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Airflow runs the DAGs of job files: each task is a driver, by {@code spark-submit}. */
class AirflowInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  private final Instant started = Instant.now();
  private Programs programs;

  @BeforeEach
  void prepare() throws Exception {
    programs = Programs.prepared("airflow");
  }

  @Test
  void pythonTests_pass() throws Exception {
    assertThat(Airflow.tests(lake.path(), programs)).contains(" passed").doesNotContain(" skipped");
  }

  @Test
  void dags_runForReal_fillAndMaintainTablesAndTellOfThem() throws Exception {
    Path jobs = Files.createDirectories(lake.path().resolve("jobs"));
    String topic = BROKER.createTopic("airflow", 2);
    String namespace = BROKER.uniqueNamespace();
    job(jobs, "orders", "topics: [\"%s\"]".formatted(topic), "orders");
    Airflow airflow = Airflow.in(lake.path(), programs);

    publish(topic, 0, 100);
    String first = airflow.test("sluice_ingest__orders");
    assertThat(values("orders")).as(first).isEqualTo(messages(100));

    publish(topic, 100, 30);
    airflow.haltNextDriverAt("runtime.after-commit");
    String second = airflow.test("sluice_ingest__orders");
    assertThat(values("orders")).as(second).isEqualTo(messages(130));

    String maintained = airflow.test("sluice_maintenance");
    assertThat(maintained).contains(lake.path("orders") + "  nothing to do");

    job(jobs, "each", "topics_pattern: persistent://%s/(.*)".formatted(namespace), "each/$1");
    publish("persistent://" + namespace + "/a", 0, 10);
    publish("persistent://" + namespace + "/b", 0, 20);
    String each = airflow.test("sluice_ingest__each");
    assertThat(values("each/b")).as(each).isEqualTo(messages(20));

    job(jobs, "nothing", "topics: [\"%s\"]".formatted(BROKER.uniqueTopic("none")), "nothing");
    assertThat(airflow.test("sluice_ingest__nothing")).contains("TOPIC_NOT_FOUND, exit code 12");

    JsonNode facts = airflow.facts();
    assertThat(tasks(facts))
        .containsExactlyInAnyOrder(
            "sluice_ingest__orders run success, try 1",
            "sluice_ingest__orders run success, try 2",
            "sluice_ingest__each run success, try 1",
            "sluice_ingest__nothing run failed, try 1",
            "sluice_maintenance maintain__orders success, try 1");
    // The driver that was killed had written the 30 rows; only the version tells of them.
    assertThat(events(facts))
        .as(each)
        .startsWith(
            "orders version 1, 100 rows in 1 batches", "orders version 2, 0 rows in 1 batches")
        .containsExactlyInAnyOrder(
            "orders version 1, 100 rows in 1 batches",
            "orders version 2, 0 rows in 1 batches",
            "each/a version 1, 10 rows in 1 batches",
            "each/b version 1, 20 rows in 1 batches");
    assertThat(facts.path("events"))
        .allSatisfy(
            event ->
                assertThat(Instant.parse(event.path("extra").path("complete_until").asText()))
                    .isBetween(started, Instant.now()));
  }

  private static List<String> tasks(JsonNode facts) {
    return StreamSupport.stream(facts.path("tasks").spliterator(), false)
        .map(
            task ->
                "%s %s %s, try %d"
                    .formatted(
                        task.path("dag_id").asText(),
                        task.path("task_id").asText(),
                        task.path("state").asText(),
                        task.path("try_number").asInt()))
        .toList();
  }

  /** Every event by the part of its table's URI within the lake. */
  private List<String> events(JsonNode facts) {
    return StreamSupport.stream(facts.path("events").spliterator(), false)
        .map(
            event ->
                "%s version %d, %d rows in %d batches"
                    .formatted(
                        event.path("uri").asText().replace("file://" + lake.path() + "/", ""),
                        event.path("extra").path("version").asLong(),
                        event.path("extra").path("rows").asLong(),
                        event.path("extra").path("batches").asLong()))
        .toList();
  }

  private void job(Path directory, String name, String topics, String table) throws IOException {
    Files.writeString(
        directory.resolve(name + ".yaml"),
        """
        version: 1
        name: %s
        pulsar: {service_url: "%s", admin_url: "%s"}
        source: {%s, start: earliest}
        target: {table: "%s"}
        trigger: {every: 10s}
        """
            .formatted(name, BROKER.serviceUrl(), BROKER.adminUrl(), topics, lake.path(table)));
  }

  private static void publish(String topic, int first, int count) throws Exception {
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      for (int i = first; i < first + count; i++) {
        producer.newMessage().key("k" + i).value(message(i)).send();
      }
    }
  }

  private static List<String> messages(int count) {
    return IntStream.range(0, count).mapToObj(AirflowInteropIT::message).toList();
  }

  private static String message(int number) {
    return "message %04d".formatted(number);
  }

  private List<String> values(String table) {
    return SparkSessions.local()
        .read()
        .format("delta")
        .load(lake.path(table))
        .select("value")
        .orderBy("value")
        .as(Encoders.STRING())
        .collectAsList();
  }
}
