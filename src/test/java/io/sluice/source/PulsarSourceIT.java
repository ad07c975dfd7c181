package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.MessageKey;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicContents;
import io.sluice.testing.TopicStreams;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PulsarSourceIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.compiling();
  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void stream_endsOnEveryEntry_givesEveryMessageOnce(CompressionType compression) throws Exception {
    String topic = BROKER.createTopic("entries", 2);
    Random random = new Random(compression.name().hashCode());
    for (int i = 0; i < 10; i++) {
      int size = i == 0 ? 1 : 1 + random.nextInt(1000);
      streams.publishBatch(topic + "-partition-" + i % 2, compression, size, "b" + i + "-");
    }

    CollectedBatches batches =
        streams.runAvailableNow(topic, Map.of("maxBytesPerTrigger", "1"), "checkpoint");

    streams.assertHoldsTopic(batches, topic);
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
      CollectedBatches batches = streams.runAvailableNow(topic, Map.of(), "checkpoint");
      assertThat(batches.values().values()).containsExactly("before");

      open.commit().get();
      streams.runAvailableNow(topic, Map.of(), "checkpoint", batches);
      assertThat(batches.values().values())
          .containsExactly("before", "committed later", "behind the open transaction");

      Transaction aborted = transaction();
      List<CompletableFuture<MessageId>> sent = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        sent.add(producer.newMessage(aborted).value("aborted " + i).sendAsync());
      }
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
      aborted.abort().get();
      streams.runAvailableNow(topic, Map.of(), "checkpoint", batches);
      assertThat(batches.values()).hasSize(3);

      producer.send("after the aborted transaction");
      streams.runAvailableNow(topic, Map.of(), "checkpoint", batches);
      streams.assertHoldsTopic(batches, topic);
      assertThat(batches.values()).hasSize(4);
    }
  }

  @Test
  void stream_startingAtLatest_leavesOutTheWholeLastBatchBefore() throws Exception {
    String topic = BROKER.createTopic("latest", 0);
    streams.publishBatch(topic, CompressionType.LZ4, 100, "old");
    CollectedBatches batches =
        streams.runAvailableNow(topic, Map.of("startingOffsets", "latest"), "checkpoint");
    assertThat(batches.rows()).isEmpty();

    streams.publishBatch(topic, CompressionType.LZ4, 100, "new");
    streams.runAvailableNow(topic, Map.of("startingOffsets", "latest"), "checkpoint", batches);
    assertThat(batches.values().values()).hasSize(100).allMatch(value -> value.startsWith("new"));
  }

  @Test
  void initialOffset_firstRunDiesBeforeItsFirstBatch_isFoundAgain() throws Exception {
    String topic = BROKER.createTopic("initial", 0);
    streams.publishBatch(topic, CompressionType.NONE, 3, "old");
    PulsarScan scan = scan(streams.options(topic, Map.of("startingOffsets", "latest")));
    var dead = scan.toMicroBatchStream(lake.path("checkpoint/sources/0"));
    String first = dead.initialOffset().json();
    dead.stop();

    streams.publishBatch(topic, CompressionType.NONE, 3, "meanwhile");
    CollectedBatches batches =
        streams.runAvailableNow(topic, Map.of("startingOffsets", "latest"), "checkpoint");
    assertThat(batches.values().values()).containsExactly("meanwhile0", "meanwhile1", "meanwhile2");
    var again = scan.toMicroBatchStream(lake.path("checkpoint/sources/0"));
    assertThat(again.initialOffset().json()).isEqualTo(first);
    again.stop();
  }

  @Test
  void stream_topicFullyTrimmedWhileIdle_readsWhatComesNext() throws Exception {
    String topic = "persistent://" + namespaceWithoutRetention() + "/trimmed";
    BROKER.admin().topics().createNonPartitionedTopic(topic);
    streams.publishBatch(topic, CompressionType.NONE, 10, "a");
    Map<String, String> options = Map.of("retentionPin", "false", "subscription", "trimmer");
    CollectedBatches batches = streams.runAvailableNow(topic, options, "checkpoint");
    streams.runAvailableNow(topic, options, "checkpoint", batches);
    BROKER.admin().topics().unload(topic);
    BROKER.admin().topics().trimTopic(topic);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                BROKER.admin().topics().getInternalStats(topic).ledgers.stream()
                    .allMatch(ledger -> ledger.entries == 0));
    streams.runAvailableNow(topic, options, "checkpoint", batches);

    streams.publishBatch(topic, CompressionType.NONE, 10, "b");
    streams.runAvailableNow(topic, options, "checkpoint", batches);
    assertThat(batches.values().values()).hasSize(20);
    assertThat(batches.values().values().stream().filter(value -> value.startsWith("b")))
        .hasSize(10);
  }

  @Test
  void stream_unreadLedgerTruncated_failsWithDataLoss_orGoesOnWhenTold() throws Exception {
    String topic = BROKER.createTopic("truncated", 0);
    streams.publishBatch(topic, CompressionType.NONE, 10, "read");
    CollectedBatches batches = streams.runAvailableNow(topic, Map.of(), "checkpoint");
    streams.publishBatch(topic, CompressionType.NONE, 10, "lost");
    BROKER.admin().topics().unload(topic);
    streams.publishBatch(topic, CompressionType.NONE, 10, "lost, too");
    BROKER.admin().topics().truncate(topic);
    streams.publishBatch(topic, CompressionType.NONE, 10, "left");

    assertThatThrownBy(() -> streams.runAvailableNow(topic, Map.of(), "checkpoint", batches))
        .hasStackTraceContaining("[" + Condition.DATA_LOSS + "] Messages of " + topic)
        .hasStackTraceContaining("failOnDataLoss=false");
    streams.runAvailableNow(topic, Map.of("failOnDataLoss", "false"), "checkpoint", batches);
    assertThat(batches.values().values().stream().filter(value -> value.startsWith("left")))
        .hasSize(10);
  }

  @Test
  void batch_readsWhatIsStored_andLeavesNoSubscription() throws Exception {
    String topic = BROKER.createTopic("batch", 3);
    for (int partition = 0; partition < 3; partition++) {
      streams.publishBatch(
          topic + "-partition-" + partition, CompressionType.ZLIB, 50, "p" + partition);
    }
    Dataset<Row> rows =
        spark.read().format("pulsar").options(streams.options(topic, Map.of())).load();

    Map<MessageKey, String> values = new HashMap<>();
    rows.collectAsList().forEach(row -> values.put(MessageKey.of(row), row.getAs("value")));
    assertThat(values).isEqualTo(TopicContents.read(BROKER.client(), topic));
    assertThat(rows.count()).isEqualTo(150);
    assertThat(BROKER.admin().topics().getSubscriptions(topic + "-partition-0")).isEmpty();
  }

  @Test
  void stream_topicsPattern_readsTopicsAndPartitionsThatComeLaterFromTheirBeginning()
      throws Exception {
    String namespace = "persistent://" + BROKER.uniqueNamespace();
    String first = namespace + "/orders-a";
    BROKER.admin().topics().createPartitionedTopic(first, 1);
    BROKER.admin().topics().createNonPartitionedTopic(namespace + "/payments");
    streams.publishBatch(first + "-partition-0", CompressionType.NONE, 2, "a");
    streams.publishBatch(namespace + "/payments", CompressionType.NONE, 2, "other");
    Map<String, String> options = Map.of("topicsPattern", namespace + "/orders-.*");
    CollectedBatches batches = streams.runAvailableNow(null, options, "checkpoint");

    String second = namespace + "/orders-b";
    BROKER.admin().topics().createNonPartitionedTopic(second);
    streams.publishBatch(second, CompressionType.NONE, 2, "b");
    BROKER.admin().topics().updatePartitionedTopic(first, 2);
    streams.publishBatch(first + "-partition-1", CompressionType.NONE, 2, "a1-");
    streams.runAvailableNow(null, options, "checkpoint", batches);

    assertThat(batches.rows())
        .extracting(row -> row.getAs("__topic") + " " + row.getAs("value"))
        .containsExactlyInAnyOrder(
            first + " a0",
            first + " a1",
            first + " a1-0",
            first + " a1-1",
            second + " b0",
            second + " b1");
  }

  @Test
  void stream_rowLimit_keepsBatchesNearItWhateverTheEntriesHold() throws Exception {
    String topic = BROKER.createTopic("rows", 2);
    for (int i = 0; i < 40; i++) {
      streams.publishBatch(
          topic + "-partition-" + i % 2, CompressionType.LZ4, i < 10 ? 10 : 100, "m" + i + "-");
    }
    CollectedBatches batches =
        streams.runAvailableNow(topic, Map.of("maxRowsPerTrigger", "500"), "checkpoint");

    streams.assertHoldsTopic(batches, topic);
    assertThat(batches.byBatch().values())
        .allSatisfy(rows -> assertThat(rows.size()).isBetween(1, 1000));
  }

  @Test
  void stream_afterItsBatchesAreDurable_leavesOnlyThePinnedEntryInTheBacklog() throws Exception {
    String topic = BROKER.createTopic("backlog", 0);
    for (int i = 0; i < 5; i++) {
      streams.publishBatch(topic, CompressionType.NONE, 10, "b" + i);
    }
    Map<String, String> options = Map.of("subscription", "lag");
    streams.runAvailableNow(topic, options, "checkpoint");
    assertThat(backlog(topic)).isEqualTo(5);
    streams.runAvailableNow(topic, options, "checkpoint");
    Awaitility.await().untilAsserted(() -> assertThat(backlog(topic)).isEqualTo(1));
  }

  @Test
  void load_topicDoesNotExist_saysSoAndDoesNotCreateIt() {
    String topic = BROKER.uniqueTopic("absent");
    assertThatThrownBy(
            () -> spark.read().format("pulsar").options(streams.options(topic, Map.of())).load())
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("[" + Condition.TOPIC_NOT_FOUND + "]")
        .hasMessageContaining(topic);
    assertThatThrownBy(() -> BROKER.admin().topics().getStats(topic))
        .isInstanceOf(PulsarAdminException.NotFoundException.class);
  }

  private String namespaceWithoutRetention() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    BROKER.admin().namespaces().setRetention(namespace, new RetentionPolicies(0, 0));
    return namespace;
  }

  private long backlog(String topic) throws Exception {
    var subscriptions = BROKER.admin().topics().getStats(topic).getSubscriptions();
    return Objects.requireNonNull(subscriptions.get("lag")).getMsgBacklog();
  }

  private Transaction transaction() throws Exception {
    return BROKER
        .client()
        .newTransaction()
        .withTransactionTimeout(5, TimeUnit.MINUTES)
        .build()
        .get();
  }

  private static PulsarScan scan(Map<String, String> given) {
    PulsarOptions options = PulsarOptions.parse(given);
    return new PulsarScan(options, SourceSchema.infer(options), PartitionFilter.NONE);
  }
}
