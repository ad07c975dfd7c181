package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pulsar.client.admin.ListTopicsOptions;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.common.naming.TopicDomain;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Partitions and topics that come and go while a source reads them.
 *
 * <p>{@code -Dsluice.topics=1000} has a pattern match that many topics.
 */
class TopicChangesIT {

  private static final Logger LOG = LoggerFactory.getLogger(TopicChangesIT.class);
  private static final int TOPICS = Integer.getInteger("sluice.topics", 100);

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @BeforeAll
  static void startSpark() {
    SparkSessions.compiling();
  }

  @Test
  void partitionsThatComeWhileRunningAndWhileStopped_areReadFromTheirFirstMessage()
      throws Exception {
    String topic = BROKER.createTopic("grow", 2);
    publishToEach(topic, 2);
    CollectedBatches batches = new CollectedBatches();
    Map<String, String> options =
        Map.of("maxBytesPerTrigger", "200", "partitionDiscoveryIntervalMs", "50");
    StreamingQuery query =
        streams.stream(topic, options)
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("checkpoint"))
            .trigger(Trigger.ProcessingTime(0))
            .start();
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> query.exception().isDefined() || !batches.byBatch().isEmpty());
      BROKER.admin().topics().updatePartitionedTopic(topic, 4);
      publishToEach(topic, 4);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> query.exception().isDefined() || batches.rows().size() >= 60);
    } finally {
      query.stop();
    }

    BROKER.admin().topics().updatePartitionedTopic(topic, 8);
    publishToEach(topic, 8);
    streams.runAvailableNow(topic, options, "checkpoint", batches);
    streams.assertHoldsTopic(batches, topic);
    assertThat(batches.values()).hasSize(140);
  }

  @Test
  void availableNow_leavesPartitionsAndMessagesThatComeLater_toTheNextRun() throws Exception {
    String topic = BROKER.createTopic("target", 2);
    publishToEach(topic, 2);
    try (PlayedStream stream =
        new PlayedStream(streams, topic, "checkpoint", Map.of("maxBytesPerTrigger", "1"))) {
      stream.source().prepareForTriggerAvailableNow();
      stream.plan();
      BROKER.admin().topics().updatePartitionedTopic(topic, 3);
      publishToEach(topic, 3);
      assertThat(stream.readAll().values()).hasSize(20);
      assertThat(stream.position()).doesNotContain("\"2\":");

      stream.restart(Map.of());
      stream.source().prepareForTriggerAvailableNow();
      assertThat(stream.readAll().values()).hasSize(50);
    }
  }

  @Test
  void newPartitionsOnHold_comeBehindWhatTheOlderOnesHad_orAreRefused() throws Exception {
    String topic = BROKER.createTopic("hold", 2);
    publishToEach(topic, 2);
    Map<String, String> hold = Map.of("newPartitions", "hold", "maxBytesPerTrigger", "1");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", hold)) {
      BROKER.admin().topics().updatePartitionedTopic(topic, 4);
      publishToEach(topic, 4);
      List<String> values = stream.readAll().values();
      assertThat(values.subList(0, 40)).allMatch(value -> value.matches("p[01]-.*"));
      assertThat(values.subList(40, values.size()))
          .hasSize(20)
          .allMatch(v -> v.matches("p[23]-.*"));

      BROKER.admin().topics().updatePartitionedTopic(topic, 8);
      publishToEach(topic, 8);
      stream.restart(hold);
      stream.source().prepareForTriggerAvailableNow();
      stream.readAll();
      assertThat(values.subList(60, 100)).allMatch(value -> value.matches("p[0-3]-.*"));
      assertThat(values.subList(100, values.size()))
          .hasSize(40)
          .allMatch(v -> v.matches("p[4-7]-.*"));

      BROKER.admin().topics().updatePartitionedTopic(topic, 9);
      stream.restart(hold);
      assertThatThrownBy(stream::plan)
          .hasMessageContaining(
              "[UNORDERED_EVENTS] Topic " + topic + " had 8 partitions and has 9");
    }
  }

  @Test
  void pattern_takesTopicsThatCome_dropsThoseThatGo_andNeverTakesSystemTopics() throws Exception {
    String namespace = "persistent://" + BROKER.uniqueNamespace();
    Map<String, String> failing = Map.of("topicsPattern", namespace + "/.*");
    Map<String, String> tolerant =
        Map.of("topicsPattern", namespace + "/.*", "failOnDataLoss", "false");
    publish(namespace + "/a", "a");
    BROKER.admin().topicPolicies().setMaxConsumers(namespace + "/a", 100);
    BROKER.client().newTransaction().build().get().abort().get();
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        BROKER
                            .admin()
                            .topics()
                            .getList(
                                namespace.substring("persistent://".length()),
                                TopicDomain.persistent,
                                ListTopicsOptions.builder().includeSystemTopic(true).build()))
                    .anyMatch(topic -> topic.contains("__change_events")));
    try (PlayedStream stream = new PlayedStream(streams, null, "checkpoint", failing)) {
      stream.readAll();
      publish(namespace + "/b", "b");
      stream.readAll();
      assertThat(stream.values()).hasSize(20);
      assertThat(stream.position()).doesNotContain("__");

      publish(namespace + "/a", "lost");
      BROKER.admin().topics().delete(namespace + "/a", true);
      assertThatThrownBy(stream::plan)
          .hasMessageContaining("[" + Condition.DATA_LOSS + "] Messages of " + namespace + "/a")
          .hasMessageContaining("does not exist any more");
      stream.restart(tolerant).readAll();
      assertThat(stream.position()).doesNotContain(namespace + "/a");
      assertThat(stream.metric("dataLossEvents")).isEqualTo(1);

      publish(namespace + "/a", "anew");
      publish(namespace + "/b", "more");
      stream.restart(failing).readAll();
      assertThat(stream.values()).hasSize(40).contains("anew0", "anew9", "more0", "more9");
    }
  }

  @Test
  void pattern_ofManyTopics_isPlannedInBoundedTime_whileTheyComeAndGo() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    String prefix = "persistent://" + namespace + "/t";
    create(prefix, 0, TOPICS);
    BROKER.admin().topicPolicies().setMaxConsumers(prefix + 0, 100);
    Map<String, String> options =
        Map.of("topicsPattern", prefix + ".*", "failOnDataLoss", "false", "payload", "string");
    try (PlayedStream stream = new PlayedStream(streams, null, "checkpoint", options)) {
      long begun = System.nanoTime();
      stream.plan();
      Duration first = Duration.ofNanos(System.nanoTime() - begun);
      assertThat(stream.metric("partitions")).isEqualTo(TOPICS);
      publish(prefix + 3, "a");
      assertThat(stream.readAll().values()).hasSize(10);

      create(prefix, TOPICS, TOPICS + 10);
      publish(prefix + (TOPICS + 5), "b");
      BROKER.admin().topics().delete(prefix + 3, true);
      BROKER.admin().topics().delete(prefix + 4, true);
      assertThat(stream.readAll().values()).hasSize(20).contains("b9");
      assertThat(stream.metric("partitions")).isEqualTo(TOPICS + 8);
      assertThat(stream.metric("dataLossEvents")).as("topics that are gone").isEqualTo(2);
      begun = System.nanoTime();
      stream.plan();
      Duration idle = Duration.ofNanos(System.nanoTime() - begun);
      LOG.info("{} topics: first plan {}, idle plan with a look-up {}", TOPICS, first, idle);
      assertThat(first).isLessThan(Duration.ofSeconds(30));
      assertThat(idle).isLessThan(Duration.ofSeconds(10));
    }
  }

  private static void create(String prefix, int from, int to) throws Exception {
    CompletableFuture.allOf(
            IntStream.range(from, to)
                .mapToObj(i -> BROKER.admin().topics().createNonPartitionedTopicAsync(prefix + i))
                .toArray(CompletableFuture[]::new))
        .get(120, TimeUnit.SECONDS);
  }

  @Test
  void partitionNamedAsATopic_isThatPartitionOfItsTopic() throws Exception {
    String topic = BROKER.createTopic("named", 3);
    publishToEach(topic, 3);
    CollectedBatches batches =
        streams.runAvailableNow(topic + "-partition-1", Map.of(), "checkpoint");
    assertThat(batches.rows())
        .hasSize(10)
        .allSatisfy(
            row -> {
              assertThat(row.<String>getAs("__topic")).isEqualTo(topic);
              assertThat(row.<Integer>getAs("__partition")).isEqualTo(1);
            });
    publishToEach(topic, 3);
    assertThat(
            streams
                .runAvailableNow(topic + "-partition-1", Map.of(), "checkpoint")
                .values()
                .values())
        .hasSize(10)
        .allMatch(value -> value.startsWith("p1-"));
  }

  @Test
  void topics_areLookedUpAgainOnlyAfterTheInterval() throws Exception {
    String namespace = "persistent://" + BROKER.uniqueNamespace();
    publish(namespace + "/a", "a");
    Map<String, String> options =
        Map.of("topicsPattern", namespace + "/.*", "partitionDiscoveryIntervalMs", "3600000");
    try (PlayedStream stream = new PlayedStream(streams, null, "checkpoint", options)) {
      publish(namespace + "/b", "b");
      assertThat(stream.readAll().values()).hasSize(10);
      assertThat(stream.restart(options).readAll().values()).hasSize(20);
    }
  }

  @Test
  void aTopicThatIsNotReadAnyMore_isNamed_thoughItExists() throws Exception {
    String kept = BROKER.createTopic("kept", 0);
    String left = BROKER.createTopic("left", 0);
    publish(kept, "kept");
    publish(left, "left");
    String both = kept + "," + left;
    try (PlayedStream stream =
        new PlayedStream(streams, null, "checkpoint", Map.of("topics", both))) {
      stream.readAll();
      stream.restart(Map.of("topics", kept));
      assertThatThrownBy(stream::plan)
          .hasMessageContaining("[" + Condition.DATA_LOSS + "] Messages of " + left)
          .hasMessageContaining("do not contain it any more");
      stream.restart(Map.of("topics", kept, "failOnDataLoss", "false")).readAll();
      assertThat(stream.position()).doesNotContain(left);
    }
  }

  private void publishToEach(String topic, int partitions) throws Exception {
    for (int i = 0; i < partitions; i++) {
      publish(topic + "-partition-" + i, "p" + i + "-");
    }
  }

  private void publish(String topic, String prefix) throws Exception {
    streams.publishBatch(topic, CompressionType.NONE, 10, prefix);
  }
}
