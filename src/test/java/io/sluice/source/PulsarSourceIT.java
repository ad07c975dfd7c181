package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.MessageKey;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicContents;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.transaction.Transaction;
import org.apache.pulsar.common.policies.data.RetentionPolicies;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PulsarSourceIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void stream_endsOnEveryEntry_givesEveryMessageOnce(CompressionType compression) throws Exception {
    String topic = BROKER.createTopic("entries", 2);
    Random random = new Random(compression.ordinal());
    for (int i = 0; i < 10; i++) {
      int size = i == 0 ? 1 : 1 + random.nextInt(1000);
      publishBatch(topic + "-partition-" + i % 2, compression, size, "b" + i + "-");
    }

    CollectedBatches batches =
        runAvailableNow(topic, Map.of("maxBytesPerTrigger", "1"), "checkpoint");

    assertHoldsTopic(batches, topic);
    assertThat(batches.byBatch()).hasSize(10);
    assertThat(batches.byBatch().values())
        .allSatisfy(
            rows ->
                assertThat(rows.stream().map(row -> MessageKey.of(row).entry()).distinct())
                    .hasSize(1));
  }

  @Test
  void stream_openTransactionAtTheTail_isReadWhenItEnds() throws Exception {
    String topic = BROKER.createTopic("transactions", 0);
    try (Producer<String> producer =
        BROKER
            .client()
            .newProducer(Schema.STRING)
            .topic(topic)
            .sendTimeout(0, TimeUnit.SECONDS)
            .create()) {
      producer.send("before");
      Transaction open = transaction();
      producer.newMessage(open).value("committed later").send();
      producer.send("behind the open transaction");
      CollectedBatches batches = runAvailableNow(topic, Map.of(), "checkpoint");
      assertThat(batches.values().values()).containsExactly("before");

      open.commit().get();
      runAvailableNow(topic, Map.of(), "checkpoint", batches);
      assertThat(batches.values().values())
          .containsExactly("before", "committed later", "behind the open transaction");

      Transaction aborted = transaction();
      for (int i = 0; i < 500; i++) {
        producer.newMessage(aborted).value("aborted " + i).sendAsync();
      }
      producer.flush();
      aborted.abort().get();
      runAvailableNow(topic, Map.of(), "checkpoint", batches);
      assertThat(batches.values()).hasSize(3);

      producer.send("after the aborted transaction");
      runAvailableNow(topic, Map.of(), "checkpoint", batches);
      assertHoldsTopic(batches, topic);
      assertThat(batches.values()).hasSize(4);
    }
  }

  @Test
  void stream_startingAtLatest_leavesOutTheWholeLastBatchBefore() throws Exception {
    String topic = BROKER.createTopic("latest", 0);
    publishBatch(topic, CompressionType.LZ4, 100, "old");
    CollectedBatches batches =
        runAvailableNow(topic, Map.of("startingOffsets", "latest"), "checkpoint");
    assertThat(batches.rows()).isEmpty();

    publishBatch(topic, CompressionType.LZ4, 100, "new");
    runAvailableNow(topic, Map.of("startingOffsets", "latest"), "checkpoint", batches);
    assertThat(batches.values().values()).hasSize(100).allMatch(value -> value.startsWith("new"));
  }

  @Test
  void initialOffset_firstRunDiesBeforeItsFirstBatch_isFoundAgain() throws Exception {
    String topic = BROKER.createTopic("initial", 0);
    publishBatch(topic, CompressionType.NONE, 3, "old");
    PulsarScan scan = scan(topic, Map.of("startingOffsets", "latest"));
    var dead = scan.toMicroBatchStream(lake.path("checkpoint/sources/0"));
    String first = dead.initialOffset().json();
    dead.stop();

    publishBatch(topic, CompressionType.NONE, 3, "meanwhile");
    CollectedBatches batches =
        runAvailableNow(topic, Map.of("startingOffsets", "latest"), "checkpoint");
    assertThat(batches.values().values()).containsExactly("meanwhile0", "meanwhile1", "meanwhile2");
    var again = scan.toMicroBatchStream(lake.path("checkpoint/sources/0"));
    assertThat(again.initialOffset().json()).isEqualTo(first);
    again.stop();
  }

  @Test
  void stream_unloadedAtRandomPoints_neitherLosesNorRepeats() throws Exception {
    String topic = BROKER.createTopic("unload", 2);
    for (int i = 0; i < 60; i++) {
      publishBatch(topic + "-partition-" + i % 2, CompressionType.LZ4, 500, "m" + i + "-");
    }
    CollectedBatches batches = new CollectedBatches();
    Random random = new Random(7);
    StreamingQuery query =
        stream(topic, Map.of("maxBytesPerTrigger", "20000", "receiverQueueSize", "10"))
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("checkpoint"))
            .trigger(Trigger.AvailableNow())
            .start();
    int unloads = 0;
    while (!query.awaitTermination(50 + random.nextInt(150))) {
      BROKER.admin().topics().unload(topic + "-partition-" + random.nextInt(2));
      unloads++;
    }
    assertThat(unloads).isGreaterThan(3);
    assertHoldsTopic(batches, topic);
    assertThat(batches.values()).hasSize(30_000);
  }

  @Test
  void stream_topicFullyTrimmedWhileIdle_readsWhatComesNext() throws Exception {
    String topic = "persistent://" + namespaceWithoutRetention() + "/trimmed";
    BROKER.admin().topics().createNonPartitionedTopic(topic);
    publishBatch(topic, CompressionType.NONE, 10, "a");
    Map<String, String> options = Map.of("retentionPin", "false", "subscription", "trimmer");
    CollectedBatches batches = runAvailableNow(topic, options, "checkpoint");
    runAvailableNow(topic, options, "checkpoint", batches);
    BROKER.admin().topics().unload(topic);
    BROKER.admin().topics().trimTopic(topic);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                BROKER.admin().topics().getInternalStats(topic).ledgers.stream()
                    .allMatch(ledger -> ledger.entries == 0));
    runAvailableNow(topic, options, "checkpoint", batches);

    publishBatch(topic, CompressionType.NONE, 10, "b");
    runAvailableNow(topic, options, "checkpoint", batches);
    assertThat(batches.values().values()).hasSize(20);
    assertThat(batches.values().values().stream().filter(value -> value.startsWith("b")))
        .hasSize(10);
  }

  @Test
  void stream_unreadLedgerTruncated_failsWithDataLoss_orGoesOnWhenTold() throws Exception {
    String topic = BROKER.createTopic("truncated", 0);
    publishBatch(topic, CompressionType.NONE, 10, "read");
    CollectedBatches batches = runAvailableNow(topic, Map.of(), "checkpoint");
    publishBatch(topic, CompressionType.NONE, 10, "lost");
    BROKER.admin().topics().unload(topic);
    publishBatch(topic, CompressionType.NONE, 10, "lost, too");
    BROKER.admin().topics().truncate(topic);
    publishBatch(topic, CompressionType.NONE, 10, "left");

    assertThatThrownBy(() -> runAvailableNow(topic, Map.of(), "checkpoint", batches))
        .hasStackTraceContaining("[" + Condition.DATA_LOSS + "] Messages of " + topic)
        .hasStackTraceContaining("failOnDataLoss=false");
    runAvailableNow(topic, Map.of("failOnDataLoss", "false"), "checkpoint", batches);
    assertThat(batches.values().values().stream().filter(value -> value.startsWith("left")))
        .hasSize(10);
  }

  @Test
  void batch_readsWhatIsStored_andLeavesNoSubscription() throws Exception {
    String topic = BROKER.createTopic("batch", 3);
    for (int partition = 0; partition < 3; partition++) {
      publishBatch(topic + "-partition-" + partition, CompressionType.ZLIB, 50, "p" + partition);
    }
    Dataset<Row> rows = spark.read().format("pulsar").options(options(topic, Map.of())).load();

    Map<MessageKey, String> values = new HashMap<>();
    rows.collectAsList().forEach(row -> values.put(MessageKey.of(row), row.getAs("value")));
    assertThat(values).isEqualTo(TopicContents.read(BROKER.client(), topic));
    assertThat(rows.count()).isEqualTo(150);
    assertThat(BROKER.admin().topics().getSubscriptions(topic + "-partition-0")).isEmpty();
  }

  @Test
  void stream_afterItsBatchesAreDurable_leavesOnlyThePinnedEntryInTheBacklog() throws Exception {
    String topic = BROKER.createTopic("backlog", 0);
    for (int i = 0; i < 5; i++) {
      publishBatch(topic, CompressionType.NONE, 10, "b" + i);
    }
    Map<String, String> options = Map.of("subscription", "lag");
    runAvailableNow(topic, options, "checkpoint");
    assertThat(backlog(topic)).isEqualTo(5);
    runAvailableNow(topic, options, "checkpoint");
    Awaitility.await().untilAsserted(() -> assertThat(backlog(topic)).isEqualTo(1));
  }

  @Test
  void load_topicDoesNotExist_saysSoAndDoesNotCreateIt() {
    String topic = BROKER.uniqueTopic("absent");
    assertThatThrownBy(() -> spark.read().format("pulsar").options(options(topic, Map.of())).load())
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("[" + Condition.TOPIC_NOT_FOUND + "]")
        .hasMessageContaining(topic);
    assertThatThrownBy(() -> BROKER.admin().topics().getStats(topic))
        .isInstanceOf(PulsarAdminException.NotFoundException.class);
  }

  /** Compares by count first: a difference of thousands of rows is no readable message. */
  private static void assertHoldsTopic(CollectedBatches batches, String topic) throws Exception {
    Map<MessageKey, String> expected = TopicContents.read(BROKER.client(), topic);
    Map<MessageKey, String> actual = batches.values();
    Map<MessageKey, String> missing = new TreeMap<>(expected);
    missing.entrySet().removeAll(actual.entrySet());
    Map<MessageKey, String> unexpected = new TreeMap<>(actual);
    unexpected.entrySet().removeAll(expected.entrySet());
    assertThat(missing.entrySet().stream().limit(5)).as("%s missing", missing.size()).isEmpty();
    assertThat(unexpected.entrySet().stream().limit(5))
        .as("%s unexpected", unexpected.size())
        .isEmpty();
    assertThat(expected).isNotEmpty();
  }

  private String namespaceWithoutRetention() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    BROKER.admin().namespaces().setRetention(namespace, new RetentionPolicies(0, 0));
    return namespace;
  }

  private long backlog(String topic) throws Exception {
    return BROKER.admin().topics().getStats(topic).getSubscriptions().get("lag").getMsgBacklog();
  }

  private Transaction transaction() throws Exception {
    return BROKER
        .client()
        .newTransaction()
        .withTransactionTimeout(5, TimeUnit.MINUTES)
        .build()
        .get();
  }

  private void publishBatch(String topic, CompressionType compression, int size, String prefix)
      throws Exception {
    try (Producer<String> producer =
        BROKER
            .client()
            .newProducer(Schema.STRING)
            .topic(topic)
            .compressionType(compression)
            .batchingMaxMessages(size)
            .batchingMaxPublishDelay(1, TimeUnit.HOURS)
            .create()) {
      List<CompletableFuture<MessageId>> sent = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        sent.add(producer.sendAsync(prefix + i));
      }
      producer.flush();
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    }
  }

  private Map<String, String> options(String topic, Map<String, String> more) {
    Map<String, String> options = new HashMap<>();
    options.put("service.url", BROKER.serviceUrl());
    options.put("admin.url", BROKER.adminUrl());
    options.put("topic", topic);
    options.putAll(more);
    return options;
  }

  private PulsarScan scan(String topic, Map<String, String> more) {
    var options = io.sluice.pulsar.PulsarOptions.parse(options(topic, more));
    return new PulsarScan(options, SourceSchema.infer(options));
  }

  private Dataset<Row> stream(String topic, Map<String, String> more) {
    Map<String, String> options = options(topic, more);
    options.putIfAbsent("startingOffsets", "earliest");
    return spark.readStream().format("pulsar").options(options).load();
  }

  private CollectedBatches runAvailableNow(
      String topic, Map<String, String> more, String checkpoint) throws Exception {
    CollectedBatches batches = new CollectedBatches();
    runAvailableNow(topic, more, checkpoint, batches);
    return batches;
  }

  private void runAvailableNow(
      String topic, Map<String, String> more, String checkpoint, CollectedBatches batches)
      throws Exception {
    StreamingQuery query =
        stream(topic, more)
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path(checkpoint))
            .trigger(Trigger.AvailableNow())
            .start();
    if (!query.awaitTermination(120_000)) {
      query.stop();
      throw new AssertionError("The query did not end: " + query.lastProgress());
    }
  }
}
