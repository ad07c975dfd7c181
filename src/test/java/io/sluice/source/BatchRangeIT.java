package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Parts of topics: from here to there, by publish time or by message, and single partitions. */
class BatchRangeIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private static final long T0 = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @Test
  void batch_byPublishTime_readsFromTheFirstEntryThatIsNotOlder() throws Exception {
    String topic = BROKER.createTopic("times", 0);
    assertThat(read(topic, "startingTime", at(0))).isEmpty();
    assertThat(read(topic, "endingTime", at(0))).isEmpty();

    publishAt(topic, 100, 200, 200, 300);
    BROKER.admin().topics().unload(topic);
    assertThat(read(topic, "startingTime", at(400))).isEmpty();
    publishAt(topic, 400, 400);

    assertThat(read(topic, "startingTime", at(0))).hasSize(6);
    assertThat(read(topic, "startingTime", at(150))).hasSize(5);
    assertThat(read(topic, "startingTime", at(200))).hasSize(5);
    assertThat(read(topic, "startingTime", at(200), "startingInclusive", "false")).hasSize(3);
    assertThat(read(topic, "startingTime", at(350))).containsExactly("400", "400");
    assertThat(read(topic, "startingTime", at(401))).isEmpty();
    assertThat(read(topic, "startingTime", at(1_000_000_000))).isEmpty();
    assertThat(read(topic, "endingTime", at(200))).containsExactly("100");
    assertThat(read(topic, "endingTime", at(200), "endingInclusive", "true")).hasSize(3);
    assertThat(read(topic, "endingTime", at(400))).hasSize(4);
    assertThat(read(topic, "endingTime", at(1_000_000_000))).hasSize(6);
    assertThat(read(topic, "startingTime", "2026-01-01T00:00:00.200Z", "endingTime", at(301)))
        .containsExactly("200", "200", "300");
    assertThat(read(topic, "startingTime", at(300), "endingTime", at(200))).isEmpty();
    assertThat(read(topic, "startingTime", "{\"" + topic + "\":" + at(300) + "}")).hasSize(3);

    publishAt(topic, 600, 500, 700);
    assertThat(read(topic, "startingTime", at(600))).contains("600", "700");
    assertThat(read(topic, "startingTime", at(800))).isEmpty();
  }

  @Test
  void stream_startingAtATime_readsFromThereOn() throws Exception {
    String topic = BROKER.createTopic("from", 0);
    publishAt(topic, 100, 200, 300);
    Map<String, String> options = Map.of("startingTime", at(200));
    var batches = new CollectedBatches();
    run(topic, options, batches);
    publishAt(topic, 400);
    run(topic, options, batches);
    assertThat(batches.values().values()).containsExactly("200", "300", "400");
  }

  @Test
  void batch_byMessageId_beginsAndEndsWithinEntries() throws Exception {
    String topic = BROKER.createTopic("ids", 0);
    streams.publishBatch(topic, CompressionType.LZ4, 5, "a");
    streams.publishBatch(topic, CompressionType.NONE, 5, "b");
    MessageIdAdv last = (MessageIdAdv) BROKER.admin().topics().getLastMessageId(topic);
    long ledger = last.getLedgerId();

    assertThat(read(topic, "startingOffsets", position(topic, ledger + ":1:3")))
        .containsExactly("b3", "b4");
    assertThat(
            read(
                topic,
                "startingOffsets",
                position(topic, ledger + ":0:3"),
                "startingInclusive",
                "false",
                "endingOffsets",
                position(topic, ledger + ":1:1")))
        .containsExactly("a4", "b0");
    assertThat(
            read(
                topic,
                "startingOffsets",
                position(topic, ledger + ":1:1"),
                "endingOffsets",
                position(topic, ledger + ":1:2"),
                "endingInclusive",
                "true"))
        .containsExactly("b1", "b2");
    assertThat(
            read(
                topic,
                "startingOffsets",
                position(topic, ledger + ":0"),
                "startingInclusive",
                "false",
                "minPartitions",
                "5"))
        .hasSize(5);
    var batches = new CollectedBatches();
    run(topic, Map.of("startingOffsets", position(topic, ledger + ":0:4")), batches);
    assertThat(batches.values().values()).containsExactly("a4", "b0", "b1", "b2", "b3", "b4");
  }

  @Test
  void batch_ofSomePartitions_opensOnlyThose() throws Exception {
    String topic = BROKER.createTopic("some", 4);
    for (int i = 0; i < 4; i++) {
      streams.publishBatch(topic + "-partition-" + i, CompressionType.NONE, 2, i + "-");
    }
    Dataset<Row> rows = load(topic).where("__partition in (1, 2) and __partition <> 2");
    assertThat(rows.javaRDD().getNumPartitions()).isEqualTo(1);
    assertThat(rows.collectAsList())
        .extracting(row -> row.<String>getAs("value"))
        .containsExactly("1-0", "1-1");
    assertThat(load(topic).where("__topic = 'another'").javaRDD().getNumPartitions()).isZero();
    assertThat(load(topic).where("__partition = 3 or value = '0-1'").count()).isEqualTo(3);
    assertThatThrownBy(
            () ->
                load(
                        topic,
                        "startingOffsets",
                        "{\"v\":1,\"t\":{\"" + topic + "\":{\"4\":\"1:0\"}}}")
                    .where("__partition = 1")
                    .count())
        .hasStackTraceContaining("[" + Condition.INVALID_JOB + "]");
  }

  /** Publishes single messages, each at a publish time after T0 that is also its text. */
  private static void publishAt(String topic, long... millis) throws Exception {
    AtomicLong now = new AtomicLong();
    Clock clock =
        new Clock() {
          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return Instant.ofEpochMilli(T0 + now.get());
          }
        };
    try (PulsarClient client =
            PulsarClient.builder().serviceUrl(BROKER.serviceUrl()).clock(clock).build();
        Producer<String> producer =
            client.newProducer(Schema.STRING).topic(topic).enableBatching(false).create()) {
      for (long each : millis) {
        now.set(each);
        producer.send(Long.toString(each));
      }
    }
  }

  private static String at(long millis) {
    return Long.toString(T0 + millis);
  }

  private static String position(String topic, String position) {
    return "{\"v\":1,\"t\":{\"" + topic + "\":{\"-1\":\"" + position + "\"}}}";
  }

  private void run(String topic, Map<String, String> options, CollectedBatches batches)
      throws Exception {
    var query =
        SparkSessions.compiling()
            .readStream()
            .format("pulsar")
            .options(streams.options(topic, options))
            .load()
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("checkpoint"))
            .trigger(Trigger.AvailableNow())
            .start();
    assertThat(query.awaitTermination(60_000)).isTrue();
  }

  private List<String> read(String topic, String... options) {
    return load(topic, options).collectAsList().stream()
        .map(row -> row.<String>getAs("value"))
        .toList();
  }

  private Dataset<Row> load(String topic, String... options) {
    var reader =
        SparkSessions.compiling()
            .read()
            .format("pulsar")
            .options(streams.options(topic, Map.of("payload", "string")));
    for (List<String> option : pairs(options)) {
      reader = reader.option(option.get(0), option.get(1));
    }
    return reader.load();
  }

  private static List<List<String>> pairs(String... options) {
    return java.util.stream.IntStream.range(0, options.length / 2)
        .mapToObj(i -> Arrays.asList(options[2 * i], options[2 * i + 1]))
        .toList();
  }
}
