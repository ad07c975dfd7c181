package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.admin.LongRunningProcessStatus;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.policies.data.RetentionPolicies;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Topics read as Pulsar's compaction has left them. */
class CompactedTopicsIT {

  private static final Map<String, String> COMPACTED =
      Map.of("readCompacted", "true", "pollTimeoutMs", "9000");
  private static final Map<String, String> ENTRY_BY_ENTRY =
      Map.of("readCompacted", "true", "pollTimeoutMs", "9000", "maxBytesPerTrigger", "1");

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @BeforeAll
  static void startSpark() {
    SparkSessions.compiling();
  }

  @Test
  void batchesWithCompactedSingles_giveTheLastOfEveryKey_andAllThatCameLater() throws Exception {
    String topic = BROKER.createTopic("compacted", 0);
    publish(topic, "a1", "b1", "c1"); // all of it goes
    publish(topic, "a2", "d1", "b2"); // the first goes
    publish(topic, "c2", "a3"); // the last goes
    publish(topic, "e1");
    publish(topic, "d2", "e-", "a4", "-nokey");
    compact(topic);
    assertThat(read(topic, COMPACTED)).containsExactly("b2", "c2", "d2", "a4");
    publish(topic, "a5", "a6", "-nokey");

    assertThat(read(topic, COMPACTED)).containsExactly("b2", "c2", "d2", "a4", "a5", "a6", "nokey");
    assertThat(read(topic, Map.of())).hasSize(16);
    try (PlayedStream stream = new PlayedStream(streams, topic, "stream", ENTRY_BY_ENTRY)) {
      assertThat(stream.readAll().values())
          .containsExactly("b2", "c2", "d2", "a4", "a5", "a6", "nokey");
      assertThat(stream.metric("dataLossEvents")).isZero();
    }
  }

  @Test
  void endThatIsCompactedAway_endsByProof_andNothingIsAcknowledged() throws Exception {
    String topic = BROKER.createTopic("tombstones-last", 0);
    publish(topic, "a1");
    publish(topic, "b1");
    publish(topic, "b-");
    publish(topic, "c1");
    publish(topic, "c-");
    compact(topic);
    try (PlayedStream stream = new PlayedStream(streams, topic, "stream", COMPACTED)) {
      assertThat(stream.readAll().values()).containsExactly("a1");
      assertThat(
              BROKER.admin().topics().getInternalStats(topic).cursors.entrySet().stream()
                  .filter(cursor -> cursor.getKey().startsWith("sluice-reader")))
          .isNotEmpty()
          .allSatisfy(cursor -> assertThat(cursor.getValue().markDeletePosition).endsWith(":-1"));
      publish(topic, "d1");
      publish(topic, "d-");
      compact(topic);
      assertThat(stream.restart(COMPACTED).readAll().values()).containsExactly("a1");
      assertThat(stream.metric("dataLossEvents")).isZero();
    }
    publish(topic, "a-");
    compact(topic);
    assertThat(read(topic, COMPACTED)).isEmpty();
  }

  @Test
  void compactionBetweenAttempts_leavesTheLastOfEveryKey_andAlarmsNobody() throws Exception {
    String topic = BROKER.createTopic("attempts", 0);
    publish(topic, "a1", "b1", "c1");
    publish(topic, "a2", "b2");
    try (PlayedStream stream = new PlayedStream(streams, topic, "stream", ENTRY_BY_ENTRY)) {
      var start = stream.source().deserializeOffset(stream.position());
      InputPartition[] planned = stream.source().planInputPartitions(start, stream.plan());
      stream.read(planned);
      assertThat(stream.values()).containsExactly("a1", "b1", "c1");
      publish(topic, "c2", "d1");
      compact(topic);
      stream.read(planned);
      assertThat(stream.values()).as("all of it was compacted away").hasSize(3);

      stream.values().clear();
      assertThat(stream.readAll().values()).containsExactly("a2", "b2", "c2", "d1");
      publish(topic, "d2");
      publish(topic, "d3", "a3");
      compact(topic);
      stream.restart(ENTRY_BY_ENTRY);
      assertThat(stream.readAll().values()).endsWith("d1", "d3", "a3").hasSize(6);
      assertThat(stream.metric("dataLossEvents")).isZero();
    }
  }

  @Test
  void ledgersThatWereTrimmed_areWhatCompactionHasLeftOfThem() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    BROKER.admin().namespaces().setRetention(namespace, new RetentionPolicies(0, 0));
    String topic = "persistent://" + namespace + "/trimmed";
    BROKER.admin().topics().createNonPartitionedTopic(topic);
    publish(topic, "a1", "b1");
    publish(topic, "a2", "c1");
    compact(topic);
    trim(topic);

    assertThat(read(topic, COMPACTED)).containsExactly("b1", "a2", "c1");
    assertThat(read(topic, Map.of())).isEmpty();
    try (PlayedStream stream = new PlayedStream(streams, topic, "stream", ENTRY_BY_ENTRY)) {
      assertThat(stream.readAll().values()).containsExactly("b1", "a2", "c1");
      publish(topic, "b2", "d1");
      publish(topic, "d2");
      stream.plan();
      String subscription = subscription(topic);
      compact(topic);
      BROKER.admin().topics().skipAllMessages(topic, subscription);
      trim(topic);
      assertThat(stream.readAll().values()).endsWith("c1", "b2", "d2").hasSize(5);
      assertThat(stream.metric("dataLossEvents")).isZero();
    }
    publish(topic, "e1");
    assertThat(read(topic, COMPACTED)).containsExactly("a2", "c1", "b2", "d2", "e1");
  }

  @Test
  void batchRead_thatCompactionOvertakes_isALoss_orGoesOnWhenTold() throws Exception {
    String topic = BROKER.createTopic("overtaken", 0);
    publish(topic, "a1", "b1");
    Batch strict = batch(topic, COMPACTED);
    InputPartition[] planned = strict.planInputPartitions();
    compact(topic);
    assertThat(read(strict, planned)).containsExactly("a1", "b1");
    publish(topic, "a2");
    assertThat(read(strict, planned)).containsExactly("a1", "b1");
    compact(topic);

    assertThatThrownBy(() -> read(strict, planned))
        .hasMessageContaining("[" + Condition.DATA_LOSS + "]")
        .hasMessageContaining("was compacted up to")
        .hasMessageContaining("Read again");
    Map<String, String> tolerant = new HashMap<>(COMPACTED);
    tolerant.put("failOnDataLoss", "false");
    assertThat(read(batch(topic, tolerant), planned)).containsExactly("b1");
    assertThat(read(topic, COMPACTED)).containsExactly("b1", "a2");
  }

  private Batch batch(String topic, Map<String, String> options) {
    PulsarOptions parsed = PulsarOptions.parse(streams.options(topic, options));
    return new PulsarScan(parsed, SourceSchema.infer(parsed), PartitionFilter.NONE).toBatch();
  }

  private static List<String> read(Batch batch, InputPartition... partitions) throws Exception {
    List<String> values = new ArrayList<>();
    for (InputPartition partition : partitions) {
      try (PartitionReader<InternalRow> reader =
          batch.createReaderFactory().createReader(partition)) {
        while (reader.next()) {
          InternalRow row = reader.get();
          values.add(row.isNullAt(0) ? "deleted" : row.getUTF8String(0).toString());
        }
      }
    }
    return values;
  }

  private List<String> read(String topic, Map<String, String> options) throws Exception {
    Batch batch = batch(topic, options);
    return read(batch, batch.planInputPartitions());
  }

  /** One entry. A message is its key and the rest of its value; "-" as the rest deletes the key. */
  private static void publish(String topic, String... messages) throws Exception {
    try (Producer<String> producer =
        BROKER
            .client()
            .newProducer(Schema.STRING)
            .topic(topic)
            .batchingMaxMessages(messages.length + 1)
            .batchingMaxPublishDelay(1, TimeUnit.HOURS)
            .create()) {
      List<CompletableFuture<?>> sent = new ArrayList<>();
      for (String message : messages) {
        var builder = producer.newMessage();
        if (message.startsWith("-")) {
          builder.value(message.substring(1));
        } else {
          builder.key(message.substring(0, 1)).value(message.endsWith("-") ? null : message);
        }
        sent.add(builder.sendAsync());
      }
      producer.flush();
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    }
  }

  private static void compact(String topic) throws Exception {
    BROKER.admin().topics().triggerCompaction(topic);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () ->
                BROKER.admin().topics().compactionStatus(topic).status
                    == LongRunningProcessStatus.Status.SUCCESS);
  }

  /** Closes the topic's ledger and has every ledger removed that nobody needs. */
  private static void trim(String topic) throws Exception {
    var stats = BROKER.admin().topics().getInternalStats(topic);
    long last = stats.ledgers.get(stats.ledgers.size() - 1).ledgerId;
    BROKER.admin().topics().unload(topic);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              BROKER.admin().topics().trimTopic(topic);
              assertThat(BROKER.admin().topics().getInternalStats(topic).ledgers)
                  .noneMatch(each -> each.ledgerId <= last);
            });
  }

  private static String subscription(String topic) throws Exception {
    return BROKER.admin().topics().getSubscriptions(topic).stream()
        .filter(name -> name.startsWith("sluice-"))
        .filter(name -> !name.startsWith("sluice-reader"))
        .findFirst()
        .orElseThrow();
  }
}
