package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.quickstart.ShopPublisher;
import io.sluice.runtime.JobRunner;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.MessageKey;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SilentReporter;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicContents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.TypedMessageBuilder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs from the topics that a connector has filled to tables that equal the database's. */
class ChangeJobIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Rows come, one gets another key, one goes. */
  private static final List<String> CANAL =
      List.of(
          canal("INSERT", "[{'id':'1','s':'a','d':'1.50'},{'id':'2','s':'b','d':null}]", "null"),
          canal("DELETE", "[{'id':'2','s':'b','d':null}]", "null"),
          canal("UPDATE", "[{'id':'2','s':'moved','d':'1.50'}]", "[{'id':'1','s':'a'}]"),
          canal("INSERT", "[{'id':'3','s':'c','d':null}]", "null"));

  private static final List<String> MAXWELL =
      List.of(
          maxwell("insert", "{'id':1,'s':'a'}", "null"),
          maxwell("insert", "{'id':2,'s':'b'}", "null"),
          maxwell("delete", "{'id':2,'s':'b'}", "null"),
          maxwell("update", "{'id':2,'s':'moved'}", "{'id':1,'s':'a'}"),
          maxwell("insert", "{'id':3,'s':'c'}", "null"));

  @RegisterExtension final TempLake lake = new TempLake();

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  @Test
  void run_jobsOfTheRepository_everyTableEqualsItsDatabaseAtEveryTime() throws Exception {
    Capture capture = Capture.of("pg-schema");
    String topics = "persistent://" + BROKER.uniqueNamespace() + "/shop.ecommerce";
    List<ShopPublisher.Topic> published = ShopPublisher.publish(BROKER.serviceUrl(), topics);
    String customers = topics + ".customers";
    List<MessageKey> positions =
        List.copyOf(TopicContents.read(BROKER.client(), customers).keySet());
    String mysql = "persistent://" + BROKER.uniqueNamespace() + "/";
    publish(mysql + "canal", CANAL);
    publish(mysql + "maxwell", MAXWELL);

    run(
        job(
            "jobs/ecommerce/database.yaml",
            "source.topics_pattern=" + topics + "\\.(.*)",
            "source.max_rows_per_batch=100",
            "target.table=" + lake.path("$1")),
        job(
            "jobs/ecommerce/customers.yaml",
            "source.topics=[" + customers + "]",
            "source.max_rows_per_batch=70",
            "target.table=" + lake.path("versions")),
        mysql("canal", mysql),
        mysql("maxwell", mysql));

    for (JsonNode definition : capture.definitions()) {
      String table = definition.path("table").textValue();
      if (published.stream().anyMatch(topic -> topic.table().equals(table))) {
        assertThat(
                CaptureReplayTest.differences(
                    capture, definition, RowTexts.rows(read(table).collectAsList())))
            .as(table)
            .isEmpty();
        assertThat(read(table).columns())
            .as(table)
            .containsExactlyInAnyOrderElementsOf(
                with("_position", replayed(capture.table(table)).columns().fieldNames()));
      }
    }
    for (int last : new int[] {0, 24, 60, 69, 70, 90, positions.size() - 1}) {
      ReplayedTable then = replayed(capture.table("customers").subList(0, last + 1));
      assertThat(RowTexts.of(asOf(customers, positions.get(last)).collectAsList(), then.columns()))
          .as("as of message %d", last)
          .containsExactlyInAnyOrderElementsOf(RowTexts.of(then))
          .isNotEmpty();
    }
    assertThat(read("canal").orderBy("id").select("id", "s", "d").collectAsList().toString())
        .isEqualTo("[[2,moved,1.50], [3,c,null]]");
    assertThat(read("maxwell").orderBy("id").select("id", "s").collectAsList().toString())
        .isEqualTo("[[2,moved], [3,c]]");
  }

  @Test
  void run_againInANewEpoch_goesOnWithTheColumnsAndTheKeyThereAre() throws Exception {
    List<RawMessage> messages = Capture.of("my-rec").table("customers");
    String namespace = BROKER.uniqueNamespace();
    int half = messages.size() / 2;
    publish(namespace, "customers", messages, 0, half);
    run(namespace);
    deleteCheckpoints();
    runAnew(namespace);
    // Then no message tells of columns: there was none in that epoch.
    deleteCheckpoints();
    publish(namespace, "customers", messages, half, messages.size());
    assertThatThrownBy(() -> run(namespace)).hasMessageContaining("[CHECKPOINT_MISMATCH]");
    runAnew(namespace);
    // It is a job like any other from then on.
    run(namespace);

    ReplayedTable expected = replayed(messages);
    assertThat(RowTexts.of(read("customers").collectAsList(), expected.columns()))
        .containsExactlyInAnyOrderElementsOf(RowTexts.of(expected))
        .isNotEmpty();
  }

  @Test
  void run_inTheOrderOfTheBinlog_aConnectorThatGoesBackDoesNotTakeTheTableAlong() throws Exception {
    List<RawMessage> messages = Capture.of("my-rec").table("customers");
    ReplayedTable expected = replayed(messages);
    String namespace = BROKER.uniqueNamespace();
    String topic = "persistent://" + namespace + "/shop.customers";
    JobSpec byTopic = job(binlogJob("by_topic", topic, ""));
    JobSpec byBinlog =
        job(
            binlogJob(
                "by_binlog",
                topic,
                ", auto_cdc: {sequence_by: [binlog_file, binlog_pos, binlog_row],"
                    + " except_columns: [binlog_file, binlog_pos, binlog_row]}"));
    publish(namespace, "customers", messages, 0, messages.size());
    run(byTopic, byBinlog);
    for (String table : List.of("by_topic", "by_binlog")) {
      assertThat(RowTexts.of(read(table).collectAsList(), expected.columns()))
          .as(table)
          .containsExactlyInAnyOrderElementsOf(RowTexts.of(expected))
          .isNotEmpty();
    }

    // What a connector tells again that has lost its place, as far as it has come.
    publish(namespace, "customers", messages, messages.size() / 4, messages.size() / 2);
    run(byTopic, byBinlog);
    assertThat(Set.copyOf(RowTexts.of(read("by_topic").collectAsList(), expected.columns())))
        .as("in the order of the topic it does go back")
        .isNotEqualTo(Set.copyOf(RowTexts.of(expected)));
    assertThat(RowTexts.of(read("by_binlog").collectAsList(), expected.columns()))
        .containsExactlyInAnyOrderElementsOf(RowTexts.of(expected));
  }

  private String binlogJob(String name, String topic, String merge) throws IOException {
    return Files.writeString(
            lake.path().resolve(name + ".yaml"),
            """
            version: 1
            name: %s
            source: {topics: ["%s"], format: debezium}
            transform:
              - sql: |
                  SELECT *,
                    CAST(substring_index(get_json_object(_source.position, '$.file'), '.', -1) AS BIGINT)
                      AS binlog_file,
                    CAST(get_json_object(_source.position, '$.pos') AS BIGINT) AS binlog_pos,
                    CAST(get_json_object(_source.position, '$.row') AS INT) AS binlog_row
                  FROM input
            target: {table: "%s"%s}
            trigger: available_now
            """
                .formatted(name, topic, lake.path(name), merge))
        .toString();
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
    publish(
        "persistent://" + namespace + "/shop.audit_log",
        List.of("{\"op\":\"t\",\"before\":null,\"after\":null,\"source\":{}}"));
    run(namespace);
    assertThat(read("audit_log").count()).isEqualTo(changes + 1);
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

  private static String canal(String type, String data, String old) {
    return """
        {'data':%s,'old':%s,'database':'shop','table':'x','isDdl':false,'pkNames':['id'],'es':1,\
        'mysqlType':{'id':'int(11)','s':'text','d':'decimal(10,2)'},'type':'%s'}"""
        .formatted(data, old, type)
        .replace('\'', '"');
  }

  private static String maxwell(String type, String data, String old) {
    return """
        {'database':'shop','table':'x','type':'%s','ts':1,'primary_key_columns':['id'],\
        'data':%s,'old':%s}"""
        .formatted(type, data, old)
        .replace('\'', '"');
  }

  /** The versions that hold at a message. */
  private Dataset<Row> asOf(String topic, MessageKey message) {
    String position =
        "named_struct('topic', '%s', 'partition', %d, 'ledger', %dL, 'entry', %dL, 'batch_index', %d)"
            .formatted(
                topic,
                message.partition(),
                message.ledger(),
                message.entry(),
                message.batchIndex());
    return read("versions")
        .where("__START_AT <= %1$s AND (__END_AT > %1$s OR __END_AT IS NULL)".formatted(position));
  }

  private Dataset<Row> read(String table) {
    return SparkSessions.local().read().format("delta").load(lake.path(table));
  }

  private static Producer<String> producer(String namespace, String table) throws Exception {
    return BROKER
        .client()
        .newProducer(Schema.STRING)
        .topic("persistent://" + namespace + "/shop." + table)
        .create();
  }

  private static void publish(String topic, List<String> messages) throws Exception {
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      for (String message : messages) {
        producer.send(message);
      }
    }
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
    run(shop(namespace, overrides));
  }

  private void runAnew(String namespace) throws Exception {
    JobRunner.run(List.of(shop(namespace)), true, PATIENCE, new SilentReporter());
  }

  private static void run(JobSpec... jobs) throws Exception {
    JobRunner.run(List.of(jobs), false, PATIENCE, new SilentReporter());
  }

  /** Every table of a database, with a table of its name in the lake. */
  private JobSpec shop(String namespace, String... overrides) throws Exception {
    Path file =
        Files.writeString(
            lake.path().resolve("shop.yaml"),
            """
            version: 1
            name: shop
            source: {topics_pattern: 'persistent://%s/shop\\.(.*)', format: debezium}
            target: {table: "%s/$1"}
            trigger: available_now
            """
                .formatted(namespace, lake.path()));
    return job(file.toString(), overrides);
  }

  private JobSpec mysql(String format, String topics) throws Exception {
    Path file =
        Files.writeString(
            lake.path().resolve(format + ".yaml"),
            """
            version: 1
            name: %1$s
            source: {topics: [%2$s%1$s], format: %1$s}
            target: {table: "%3$s/%1$s"}
            trigger: available_now
            """
                .formatted(format, topics, lake.path()));
    return job(file.toString());
  }

  private static JobSpec job(String file, String... overrides) {
    List<String> all = new ArrayList<>(Arrays.asList(overrides));
    all.add("pulsar.service_url=" + BROKER.serviceUrl());
    all.add("pulsar.admin_url=" + BROKER.adminUrl());
    return new JobSpecParser(Environment.ofProcess()).read(file, all).require();
  }

  private void deleteCheckpoints() throws IOException {
    try (Stream<Path> files = Files.walk(lake.path().resolve("_sluice"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
