package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.SluiceException;
import io.sluice.runtime.BatchProgress;
import io.sluice.runtime.JobRunner;
import io.sluice.runtime.ProgressReporter;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.TypedMessageBuilder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs from the topics that a connector has filled to tables that equal the database's. */
class ChangeJobIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  @Test
  void run_everyTableOfADatabase_equalsItAndShowsNothingElse() throws Exception {
    Capture capture = Capture.of("pg-rec");
    String namespace = BROKER.uniqueNamespace();
    List<String> tables = List.of("customers", "orders", "carts");
    for (String table : tables) {
      publish(namespace, table, capture.table(table), 0, Integer.MAX_VALUE);
    }

    run(namespace, "source.max_rows_per_batch=60");

    for (String table : tables) {
      ReplayedTable expected = replayed(capture.table(table));
      Dataset<Row> found = read(table);
      assertThat(found.columns())
          .as(table)
          .containsExactlyInAnyOrderElementsOf(with("_position", expected.columns().fieldNames()));
      assertThat(texts(found, expected))
          .as(table)
          .containsExactlyInAnyOrderElementsOf(texts(expected))
          .isNotEmpty();
    }
  }

  @Test
  void run_again_goesOnWithTheColumnsAndTheKeyThereAre() throws Exception {
    List<RawMessage> messages = Capture.of("my-rec").table("customers");
    String namespace = BROKER.uniqueNamespace();
    int half = messages.size() / 2;
    publish(namespace, "customers", messages, 0, half);
    run(namespace);
    publish(namespace, "customers", messages, half, messages.size());
    run(namespace);

    ReplayedTable expected = replayed(messages);
    assertThat(texts(read("customers"), expected))
        .containsExactlyInAnyOrderElementsOf(texts(expected))
        .isNotEmpty();
  }

  @Test
  void run_tableWithoutAPrimaryKey_keepsEveryChange() throws Exception {
    List<RawMessage> messages = Capture.of("pg-rec").table("audit_log");
    String namespace = BROKER.uniqueNamespace();
    publish(namespace, "audit_log", messages, 0, messages.size());

    run(namespace);

    long changes =
        replayed(messages).outcomes().stream().filter(each -> each.change() != null).count();
    assertThat(read("audit_log").count()).isEqualTo(changes).isPositive();
    assertThat(read("audit_log").columns()).contains("_op", "_position");
  }

  @Test
  void run_messagesThatAreNoChanges_areInTheQuarantine() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    String change = "{\"op\":\"c\",\"before\":null,\"after\":{\"id\":%d},\"source\":{}}";
    try (Producer<String> producer = producer(namespace, "t")) {
      producer.newMessage().key("{\"id\":1}").value(change.formatted(1)).send();
      producer.newMessage().key("{\"id\":2}").value("{\"op\":").send();
      producer.newMessage().key("{\"id\":3}").value(change.formatted(3)).send();
    }

    assertThatThrownBy(() -> run(namespace, "source.on_bad_record=fail"))
        .hasMessageContaining("[UNDECODABLE_MESSAGE]");
    run(namespace);

    assertThat(read("t").select("id").orderBy("id").collectAsList().toString())
        .isEqualTo("[[1], [3]]");
    List<Row> bad = read("t_quarantine").select("error_class", "payload").collectAsList();
    assertThat(bad).hasSize(1);
    assertThat(bad.get(0).getString(0)).isEqualTo("MALFORMED");
    assertThat(bad.get(0).<byte[]>getAs(1)).asString(StandardCharsets.UTF_8).isEqualTo("{\"op\":");
  }

  private static ReplayedTable replayed(List<RawMessage> messages) {
    return ReplayedTable.of(messages, ChangeOptions.of(ChangeFormat.DEBEZIUM));
  }

  private static List<String> with(String one, String... others) {
    List<String> all = new ArrayList<>(Arrays.asList(others));
    all.add(one);
    return all;
  }

  private Dataset<Row> read(String table) {
    return SparkSessions.local().read().format("delta").load(lake.path(table));
  }

  private static List<String> texts(Dataset<Row> rows, ReplayedTable like) {
    String[] columns = like.columns().fieldNames();
    return rows.collectAsList().stream()
        .map(row -> text(Arrays.stream(columns).<@Nullable Object>map(row::getAs).toList()))
        .toList();
  }

  private static List<String> texts(ReplayedTable table) {
    return table.rows().stream()
        .map(
            (Map<String, @Nullable Object> row) ->
                text(Arrays.stream(table.columns().fieldNames()).map(row::get).toList()))
        .toList();
  }

  /** Values as text, whatever form Spark gives them back in. */
  private static String text(List<@Nullable Object> values) {
    StringBuilder text = new StringBuilder();
    for (Object value : values) {
      text.append(value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value);
      text.append('|');
    }
    return text.toString();
  }

  private static Producer<String> producer(String namespace, String table) throws Exception {
    return BROKER
        .client()
        .newProducer(Schema.STRING)
        .topic("persistent://" + namespace + "/shop." + table)
        .create();
  }

  private static void publish(
      String namespace, String table, List<RawMessage> messages, int from, int to)
      throws Exception {
    try (Producer<String> producer = producer(namespace, table)) {
      for (RawMessage message : messages.subList(from, Math.min(to, messages.size()))) {
        byte[] key = message.key();
        byte[] value = message.value();
        TypedMessageBuilder<String> next = producer.newMessage();
        if (key != null) {
          next.key(new String(key, StandardCharsets.UTF_8));
        }
        next.value(value == null ? null : new String(value, StandardCharsets.UTF_8)).send();
      }
    }
  }

  private void run(String namespace, String... overrides) throws Exception {
    Path file =
        Files.writeString(
            lake.path().resolve("shop.yaml"),
            """
            version: 1
            name: shop
            pulsar: {service_url: "%s", admin_url: "%s"}
            source: {topics_pattern: 'persistent://%s/shop\\.(.*)', format: debezium}
            target: {table: "%s/$1"}
            trigger: available_now
            """
                .formatted(BROKER.serviceUrl(), BROKER.adminUrl(), namespace, lake.path()));
    JobRunner.run(
        List.of(
            new JobSpecParser(Environment.ofProcess())
                .read(file.toString(), List.of(overrides))
                .require()),
        false,
        Duration.ofSeconds(30),
        new Silent());
  }

  /** Nobody looks on. */
  private static final class Silent implements ProgressReporter {

    @Override
    public void started(String job, String table, String checkpoint) {}

    @Override
    public void batch(BatchProgress progress) {}

    @Override
    public void evolved(String job, List<String> changes) {}

    @Override
    public void ended(String job, long batches, long rows) {}

    @Override
    public void failed(String job, SluiceException reason) {}

    @Override
    public void draining() {}
  }
}
