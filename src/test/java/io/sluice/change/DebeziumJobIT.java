package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.runtime.JobRunner;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SilentReporter;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.delta.DeltaLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs with what a Debezium connector may send and the captures do not have. */
class DebeziumJobIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String UNKNOWN = "__debezium_unavailable_value";

  @RegisterExtension final TempLake lake = new TempLake();

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  @Test
  void run_connectorWithSettingsOfItsOwn_everyColumnIsThere() throws Exception {
    String topic = BROKER.createTopic("debezium-settings", 0);
    try (Producer<String> producer = producer(topic)) {
      send(producer, "c", 1, "{'id':1,'value':'x','price':'1234'}", 1);
      send(producer, "c", 2, "{'id':2,'value':'y','price':'12345678'}", 2);
      send(producer, "u", 1, "{'id':1,'value':'(unknown)','price':'1.5'}", 3);
      send(producer, "d", 2, null, 4);
    }

    run(
        """
        source:
          topics: ["%s"]
          format: debezium
          schema: price DECIMAL(10,2)
          debezium: {decimal_handling_mode: string, unavailable_value_placeholder: (unknown)}
          on_bad_record: fail
        target: {table: "%s", auto_cdc: {keys: [ID]}}
        """
            .formatted(topic, lake.path("t")));

    assertThat(rows("concat_ws(' ', id, value, price)")).containsExactly("1 x 1.50");
  }

  @Test
  void run_batchesBeforeTheFirstRowHaveNone_jobGoesOnUntilItsTableIsDropped() throws Exception {
    String topic = BROKER.createTopic("debezium-heartbeats", 0);
    String job =
        """
        source: {topics: ["%s"], format: debezium}
        target: {table: "%s", auto_cdc: {stored_as_scd_type: 2}}
        """
            .formatted(topic, lake.path("t"));
    try (Producer<String> producer = producer(topic)) {
      for (int i = 0; i < 2; i++) {
        producer.send("{\"ts_ms\":" + i + "}");
        run(job);
      }
      send(producer, "c", 1, "{'id':1,'name':'a'}", 1);
      send(producer, "c", 2, "{'id':2,'name':'b'}", 2);
      send(producer, "t", null, null, 3);
      send(producer, "c", 1, "{'id':1,'name':'c'}", 4);
      run(job);
    }

    assertThat(rows("concat(id, name, ' ', coalesce(string(__END_AT.entry), 'open'))"))
        .containsExactly("1a 4", "1c open", "2b 4");
    FileUtils.deleteDirectory(Path.of(lake.path("t")).toFile());
    DeltaLog.clearCache();
    assertThatThrownBy(() -> run(job)).hasMessageContaining("was dropped or created anew");
  }

  @Test
  void run_stepsMakeColumnsOfOneThatAnEventLacks_theyKeepTheirValues() throws Exception {
    String topic = BROKER.createTopic("debezium-steps", 0);
    try (Producer<String> producer = producer(topic)) {
      send(producer, "c", 1, "{'id':1,'big':'large','n':1}", 1);
      send(producer, "c", 2, "{'id':2,'big':'huge','n':1}", 2);
    }
    String renaming =
        job(
            topic,
            "renamed",
            "id, n, big AS notes, _op, _unwritten, _index, _position, _other_key, _change");
    String adding = job(topic, "added", "*, upper(big) AS notes, n + 1 AS more");
    run(renaming, adding);
    try (Producer<String> producer = producer(topic)) {
      send(producer, "u", 1, "{'id':1,'big':'" + UNKNOWN + "','n':2}", 3);
      send(producer, "d", 2, null, 4);
      send(producer, "c", 3, "{'id':3,'big':'" + UNKNOWN + "','n':3}", 4);
    }
    run(renaming, adding);

    assertThat(rows("renamed", "concat_ws(' ', id, n, notes)"))
        .containsExactly("1 2 large", "3 3 huge");
    assertThat(rows("added", "concat_ws(' ', id, n, big, notes, more)"))
        .containsExactly("1 2 large LARGE 3", "3 3 huge HUGE 4");
  }

  private String job(String topic, String table, String columns) {
    return """
        source: {topics: ["%s"], format: debezium, subscription: %s}
        transform: [{sql: "SELECT %s FROM input"}]
        target: {table: "%s"}
        """
        .formatted(topic, table, columns, lake.path(table));
  }

  private static Producer<String> producer(String topic) throws Exception {
    return BROKER.client().newProducer(Schema.STRING).topic(topic).enableBatching(false).create();
  }

  private static void send(
      Producer<String> producer, String op, @Nullable Integer id, @Nullable String after, int lsn)
      throws Exception {
    String key = id == null ? "default" : "{\"id\":" + id + "}";
    producer
        .newMessage()
        .key(key)
        .value(
            "{'op':'%s','before':%s,'after':%s,'source':{'lsn':%d}}"
                .formatted(op, op.equals("d") ? key : null, after, lsn)
                .replace('\'', '"'))
        .send();
  }

  private void run(String... jobs) throws Exception {
    List<JobSpec> specs = new ArrayList<>();
    for (String job : jobs) {
      String name = "job-%08x".formatted(job.hashCode());
      Path file =
          Files.writeString(
              lake.path().resolve(name + ".yaml"),
              """
              version: 1
              name: %s
              pulsar: {service_url: "%s", admin_url: "%s"}
              trigger: available_now
              """
                      .formatted(name, BROKER.serviceUrl(), BROKER.adminUrl())
                  + job);
      specs.add(
          new JobSpecParser(Environment.ofProcess()).read(file.toString(), List.of()).require());
    }
    JobRunner.run(specs, false, PATIENCE, new SilentReporter());
  }

  private List<String> rows(String expression) {
    return rows("t", expression);
  }

  private List<String> rows(String table, String expression) {
    Dataset<Row> rows = SparkSessions.local().read().format("delta").load(lake.path(table));
    return rows.selectExpr(expression).as(Encoders.STRING()).collectAsList().stream()
        .sorted()
        .toList();
  }
}
