package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.DriverProcess;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Messages that cannot be decoded: each is in the quarantine exactly once, or the job says why. */
class BadRecordIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();
  private final Recorder recorder = new Recorder();
  private final Random random = new Random(7);

  /** Payloads in hex by position. */
  private final Map<String, String> good = new TreeMap<>();

  private final Map<String, String> bad = new TreeMap<>();

  @Test
  void run_undecodableAmongOthers_partsThemExactly() throws Exception {
    String topic = BROKER.createTopic("bad", 0);
    publish(topic, 200);
    run(job(topic).with("source.max_rows_per_batch", "60"));

    assertThat(positions(table())).containsExactlyElementsOf(good.keySet());
    assertThat(quarantined()).isEqualTo(bad).hasSizeGreaterThan(20);
    assertThat(recorder.batches.stream().mapToLong(BatchProgress::bad).sum()).isEqualTo(bad.size());
    Row first = quarantine().orderBy("_position.entry").head();
    assertThat(first.<String>getAs("job")).isEqualTo("orders");
    assertThat(first.<String>getAs("error_class")).isNotBlank();
    assertThat(first.<String>getAs("error_message")).isNotBlank();
    assertThat(first.<Long>getAs("schema_version")).isZero();
    assertThat(first.getJavaMap(first.fieldIndex("properties"))).containsKey("number");
    assertThat(first.<byte[]>getAs("key")).isNotEmpty();
  }

  @Test
  void run_killedAroundTheQuarantine_bringsEachMessageOnce() throws Exception {
    String topic = BROKER.createTopic("bad-kill", 0);
    publish(topic, 100);
    for (String step :
        List.of("runtime.before-quarantine@1", "delta.after-log@2", "runtime.after-quarantine@1")) {
      DriverProcess killed =
          driver("killed-" + step, List.of("-Dsluice.fault=" + step), job(topic));
      assertThat(killed.exitCode())
          .as("%s%n%s", step, killed.output())
          .isEqualTo(FaultPoint.EXIT_CODE);
    }
    run(job(topic).with("source.max_rows_per_batch", "30"));

    assertThat(positions(table())).containsExactlyElementsOf(good.keySet());
    assertThat(quarantined()).isEqualTo(bad);
  }

  @Test
  void run_newEpochAfterAKillBeforeTheQuarantine_leavesNothingOut() throws Exception {
    String topic = BROKER.createTopic("bad-epoch", 0);
    publish(topic, 50);
    DriverProcess killed =
        driver("killed", List.of("-Dsluice.fault=runtime.before-quarantine@1"), job(topic));
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(FaultPoint.EXIT_CODE);
    run(job(topic), true);

    assertThat(positions(table())).containsExactlyElementsOf(good.keySet());
    assertThat(quarantined()).isEqualTo(bad);
  }

  @Test
  void run_dropped_areCountedAndNoQuarantineIsMade() throws Exception {
    String topic = BROKER.createTopic("bad-drop", 0);
    publish(topic, 50);
    run(job(topic).with("source.on_bad_record", "drop"));

    assertThat(positions(table())).containsExactlyElementsOf(good.keySet());
    assertThat(recorder.batches.stream().mapToLong(BatchProgress::bad).sum()).isEqualTo(bad.size());
    assertThat(Path.of(lake.path("orders_quarantine"))).doesNotExist();
  }

  @Test
  void run_failing_namesTheMessageAndWritesNothing() throws Exception {
    String topic = BROKER.createTopic("bad-fail", 0);
    publish(topic, 50);

    refused(
        job(topic).with("source.on_bad_record", "fail"),
        Condition.UNDECODABLE_MESSAGE,
        bad.keySet().iterator().next().substring(0, 2));
    assertThat(table().count()).isZero();
  }

  @Test
  void run_moreThanAllowed_stopsWithTheFiguresUntilTheLimitIsRaised() throws Exception {
    String topic = BROKER.createTopic("bad-limit", 0);
    publish(topic, 80);

    refused(
        job(topic).with("source.max_bad_per_batch", "2"),
        Condition.TOO_MANY_BAD_RECORDS,
        bad.size() + " messages that cannot be used: max_bad_per_batch allows 2");
    refused(
        job(topic).with("source.max_bad_ratio", "0.01"),
        Condition.TOO_MANY_BAD_RECORDS,
        "of 80 messages; max_bad_ratio allows 0.01");
    assertThat(Path.of(lake.path("orders_quarantine"))).doesNotExist();

    run(job(topic).with("source.max_bad_ratio", "0.9"));
    assertThat(positions(table())).containsExactlyElementsOf(good.keySet());
    assertThat(quarantined()).isEqualTo(bad);
  }

  @Test
  void run_textThatIsNoJson_isQuarantinedAsWell() throws Exception {
    String topic = BROKER.createTopic("bad-json", 0);
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      producer.send("{\"id\": 1}");
      producer.send("{\"id\": ");
      producer.send("{\"id\": \"many\"}");
      producer.send("{\"id\": 2, \"more\": 3}");
    }
    run(job(topic).with("source.format", "json").with("source.schema", "id BIGINT"));

    assertThat(table().orderBy("id").select("id").collectAsList().toString())
        .isEqualTo("[[1], [2]]");
    assertThat(
            quarantine()
                .orderBy("_position.entry")
                .selectExpr("CAST(payload AS STRING)", "error_class")
                .collectAsList()
                .toString())
        .isEqualTo("[[{\"id\": ,MALFORMED_JSON], [{\"id\": \"many\"},MALFORMED_JSON]]");
  }

  @Test
  void run_stepsThatFilter_hideNoBadMessage() throws Exception {
    String topic = BROKER.createTopic("bad-steps", 0);
    publish(topic, 60);
    run(
        job(topic)
            .with(
                "transform",
                "[{sql: \"SELECT _position FROM input WHERE id % 2 = 0\"}, {sql: \"SELECT _position FROM input WHERE _position.entry > 3\"}]"));

    assertThat(table().count()).isLessThan(good.size());
    assertThat(quarantined()).isEqualTo(bad);
  }

  /** Orders in Avro, among them such as are cut short, noise, or nothing. */
  private void publish(String topic, int count) throws Exception {
    try (Producer<byte[]> producer =
        BROKER.client().newProducer(OrderVersions.FIRST.schema()).topic(topic).create()) {
      for (int i = 0; i < count; i++) {
        byte[] payload =
            OrderVersions.encode(OrderVersions.FIRST.order(i, random.nextInt(1000), 0.5));
        boolean spoilt = i % 5 == 3;
        byte[] sent = spoilt ? spoilt(payload, i) : payload;
        MessageIdAdv id =
            (MessageIdAdv)
                producer.newMessage().key("k" + i).property("number", "" + i).value(sent).send();
        (spoilt ? bad : good)
            .put(
                key(id.getLedgerId(), id.getEntryId(), id.getBatchIndex()),
                HexFormat.of().formatHex(sent));
      }
    }
  }

  private byte[] spoilt(byte[] payload, int i) {
    return switch (i % 3) {
      case 0 -> java.util.Arrays.copyOf(payload, payload.length - 1 - random.nextInt(8));
      case 1 -> new byte[0];
      default -> {
        byte[] giant = payload.clone();
        java.util.Arrays.fill(giant, (byte) 0xff);
        yield giant;
      }
    };
  }

  private JobText job(String topic) {
    return JobText.of("orders", BROKER, topic, lake.path("orders"));
  }

  private void run(JobText text) throws Exception {
    run(text, false);
  }

  private void run(JobText text, boolean newEpoch) throws Exception {
    JobRunner.run(
        List.of(
            new JobSpecParser(Environment.ofProcess())
                .read(text.write(lake.path()).toString(), List.of())
                .require()),
        newEpoch,
        Duration.ofSeconds(30),
        recorder);
  }

  private void refused(JobText text, Condition condition, String reason) {
    assertThatThrownBy(() -> run(text))
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).as("%s", e).isEqualTo(condition))
        .hasMessageContaining(reason);
  }

  private DriverProcess driver(String name, List<String> settings, JobText job) throws Exception {
    List<String> all = new ArrayList<>(settings);
    all.add("-Dspark.delta.logStore.file.impl=io.sluice.testing.FaultingLogStore");
    return DriverProcess.start(
        lake.path().resolve(name + ".log"), all, List.of("run", job.write(lake.path()).toString()));
  }

  private Dataset<Row> table() {
    return spark.read().format("delta").load(lake.path("orders"));
  }

  private Dataset<Row> quarantine() {
    assertThat(Files.exists(Path.of(lake.path("orders_quarantine")))).isTrue();
    return spark.read().format("delta").load(lake.path("orders_quarantine"));
  }

  private Map<String, String> quarantined() {
    Map<String, String> payloads = new TreeMap<>();
    for (Row row : quarantine().select("_position.*", "payload").collectAsList()) {
      String key = key(row.getAs("ledger"), row.getAs("entry"), row.<Integer>getAs("batch_index"));
      assertThat(payloads.put(key, HexFormat.of().formatHex(row.<byte[]>getAs("payload"))))
          .as("twice in the quarantine: " + key)
          .isNull();
    }
    return payloads;
  }

  private static List<String> positions(Dataset<Row> rows) {
    return rows.select("_position.*").collectAsList().stream()
        .map(row -> key(row.getAs("ledger"), row.getAs("entry"), row.<Integer>getAs("batch_index")))
        .sorted()
        .toList();
  }

  private static String key(long ledger, long entry, int index) {
    return "%d:%05d:%d".formatted(ledger, entry, index);
  }
}
