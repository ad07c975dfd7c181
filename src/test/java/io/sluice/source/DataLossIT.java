package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.common.policies.data.ManagedLedgerInternalStats.LedgerInfo;
import org.apache.pulsar.common.policies.data.RetentionPolicies;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a broker can do to unread data, and what the source says about it. */
class DataLossIT {

  private static final String SUBSCRIPTION = "mine";
  private static final Map<String, String> FAIL = Map.of("subscription", SUBSCRIPTION);
  private static final Map<String, String> GO_ON =
      Map.of("subscription", SUBSCRIPTION, "failOnDataLoss", "false");
  private static final Map<String, String> UNPINNED =
      Map.of("subscription", SUBSCRIPTION, "retentionPin", "false");

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  private static final WatchedSubscription MINE = new WatchedSubscription(BROKER, SUBSCRIPTION);
  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @BeforeAll
  static void startSpark() {
    SparkSessions.compiling();
  }

  /** Something that somebody does to a topic with unread data. */
  private interface Deed {
    void to(String topic) throws Exception;
  }

  @Test
  void trimmedAfterTheSubscriptionWasDeleted_isALoss() throws Exception {
    assertLoss(topic -> BROKER.admin().topics().deleteSubscription(topic, SUBSCRIPTION, true));
  }

  @Test
  void trimmedAfterExpiry_isALoss() throws Exception {
    assertLoss(DataLossIT::expireAll);
  }

  private static void expireAll(String topic) {
    Awaitility.await()
        // The broker stores one move of a cursor a second, and does not trim by others.
        .pollDelay(Duration.ofMillis(1500))
        .pollInterval(Duration.ofMillis(1500))
        .ignoreExceptions()
        .until(
            () -> {
              BROKER.admin().topics().expireMessages(topic, SUBSCRIPTION, /* seconds */ 1);
              return MINE.backlog(topic) == 0;
            });
  }

  @Test
  void trimmedAfterSkipping_isALoss() throws Exception {
    assertLoss(topic -> BROKER.admin().topics().skipAllMessages(topic, SUBSCRIPTION));
  }

  @Test
  void truncated_isALoss() throws Exception {
    assertLoss(topic -> BROKER.admin().topics().truncate(topic));
  }

  /** Both modes: the loss is named with range and remedy; or counted, and what is left is read. */
  private void assertLoss(Deed deed) throws Exception {
    String topic = topicWithoutRetention();
    publish(topic, "read");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", FAIL)) {
      stream.readAll();
      String before = stream.position();
      publish(topic, "lost");
      BROKER.admin().topics().unload(topic);
      long lost = ledgers(topic).get(0).ledgerId;
      deed.to(topic);
      awaitTrimmed(topic, lost);
      publish(topic, "left");

      assertThatThrownBy(stream::plan)
          .hasMessageContaining(
              "[" + Condition.DATA_LOSS + "] Messages of " + topic + " from " + lost)
          .hasMessageContaining("ledger " + lost + " was trimmed")
          .hasMessageContaining("failOnDataLoss=false");
      assertThat(stream.position()).isEqualTo(before);

      stream.restart(GO_ON).readAll();
      assertThat(stream.values()).containsExactly("read0", "read1", "left0", "left1");
      assertThat(stream.metric("dataLossEvents")).isEqualTo(1);
      publish(topic, "new");
      stream.restart(FAIL).readAll();
      assertThat(stream.values()).endsWith("left1", "new0", "new1").hasSize(6);
    }
  }

  @Test
  void skippedOrExpiredButStillStored_isReadAllTheSame() throws Exception {
    String topic = BROKER.createTopic("skipped", 0);
    publish(topic, "read");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", FAIL)) {
      stream.readAll();
      publish(topic, "skipped");
      BROKER.admin().topics().skipMessages(topic, SUBSCRIPTION, 1);
      BROKER.admin().topics().unload(topic);
      publish(topic, "skipped, too");
      BROKER.admin().topics().skipAllMessages(topic, SUBSCRIPTION);

      assertThat(stream.readAll().values()).hasSize(6);
      assertThat(stream.restart(FAIL).readAll().values()).hasSize(6);
    }
  }

  @Test
  void deletedAndMadeAnewWhileRunning_isALoss_andIsNeverMadeBySluice() throws Exception {
    String topic = BROKER.createTopic("deleted", 0);
    publish(topic, "read");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", FAIL)) {
      stream.readAll();
      publish(topic, "lost");
      long former = ledgers(topic).get(0).ledgerId;
      BROKER.admin().topics().delete(topic, true);
      assertThatThrownBy(stream::plan)
          .hasMessageContaining("[" + Condition.DATA_LOSS + "]")
          .hasMessageContaining("does not exist any more");
      assertThatThrownBy(stream::plan).hasMessageContaining("does not exist any more");
      assertThatThrownBy(() -> BROKER.admin().topics().getStats(topic))
          .isInstanceOf(PulsarAdminException.NotFoundException.class);

      publish(topic, "anew");
      assertThat(ledgers(topic).get(0).ledgerId).isGreaterThan(former);
      assertThatThrownBy(stream::plan)
          .hasMessageContaining("[" + Condition.DATA_LOSS + "]")
          .hasMessageContaining("made anew");
      stream.restart(GO_ON).readAll();
      assertThat(stream.values()).containsExactly("read0", "read1", "anew0", "anew1");
      assertThat(stream.metric("dataLossEvents")).isEqualTo(1);
    }
  }

  @Test
  void deletedWhileRunning_whenToldToGoOn_isForgottenAndReadFromItsBeginningWhenItComesBack()
      throws Exception {
    String topic = BROKER.createTopic("back", 2);
    publish(topic + "-partition-0", "a");
    publish(topic + "-partition-1", "b");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", GO_ON)) {
      stream.readAll();
      BROKER.admin().topics().deletePartitionedTopic(topic, true);
      stream.readAll();
      assertThat(stream.position()).isEqualTo("{\"v\":1,\"t\":{}}");
      assertThat(stream.metric("dataLossEvents")).isEqualTo(2);
      assertThat(stream.readAll().metric("dataLossEvents")).isEqualTo(2);

      BROKER.admin().topics().createPartitionedTopic(topic, 2);
      publish(topic + "-partition-1", "anew");
      stream.readAll();
      assertThat(stream.values()).hasSize(6).endsWith("anew0", "anew1");
    }
  }

  @Test
  void rolledExactlyAtTheEnd_isNoLoss_untilThePinnedLedgerIsReallyGone() throws Exception {
    String topic = topicWithoutRetention();
    publish(topic, "read");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", FAIL)) {
      stream.readAll();
      BROKER.admin().topics().unload(topic);
      BROKER.admin().topics().trimTopic(topic);
      publish(topic, "next");
      stream.restart(FAIL).readAll();
      assertThat(stream.values()).containsExactly("read0", "read1", "next0", "next1");

      long pinned = ledgers(topic).get(ledgers(topic).size() - 1).ledgerId;
      BROKER.admin().topics().unload(topic);
      BROKER.admin().topics().skipAllMessages(topic, SUBSCRIPTION);
      awaitTrimmed(topic, pinned);
      assertThatThrownBy(() -> stream.restart(FAIL).plan())
          .hasMessageContaining("[" + Condition.DATA_LOSS + "]")
          .hasMessageContaining("subscription " + SUBSCRIPTION + " stands at ");
    }
  }

  @Test
  void pinnedEntryThatExpired_isNoLoss_whenItsLedgerIsClosedAndGoes() throws Exception {
    String topic = topicWithoutRetention();
    publish(topic, "read");
    publish(topic, "pinned");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", FAIL)) {
      stream.readAll();
      MINE.awaitBacklog(topic, 1);
      long pinned = ledgers(topic).get(0).ledgerId;
      BROKER.admin().topics().unload(topic);
      expireAll(topic);
      stream.plan();
      awaitTrimmed(topic, pinned);
      stream.plan();
      publish(topic, "next");
      assertThat(stream.readAll().values()).hasSize(6).endsWith("next0", "next1");

      long unread = ledgers(topic).get(0).ledgerId;
      publish(topic, "lost");
      BROKER.admin().topics().unload(topic);
      expireAll(topic);
      awaitTrimmed(topic, unread);
      assertThatThrownBy(stream::plan).hasMessageContaining("[" + Condition.DATA_LOSS + "]");
    }
  }

  @Test
  void withoutThePin_trimmedWhileIdle_isNoLoss_andCostsAnIdleTriggerNothing() throws Exception {
    String topic = topicWithoutRetention();
    publish(topic, "read");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", UNPINNED)) {
      stream.readAll();
      MINE.awaitBacklog(topic, 0);
      for (int i = 0; i < 2; i++) {
        long consumed = ledgers(topic).get(0).ledgerId;
        BROKER.admin().topics().unload(topic);
        awaitTrimmed(topic, consumed);
        assertThat(stream.readAll().values()).hasSize(2);
      }
      publish(topic, "next");
      assertThat(stream.restart(UNPINNED).readAll().values()).hasSize(4);
    }
  }

  @Test
  void withoutThePin_skippedOverUnreadData_isALoss() throws Exception {
    String topic = topicWithoutRetention();
    publish(topic, "read");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", UNPINNED)) {
      stream.readAll();
      MINE.awaitBacklog(topic, 0);
      publish(topic, "lost");
      long lost = ledgers(topic).get(0).ledgerId;
      BROKER.admin().topics().unload(topic);
      BROKER.admin().topics().skipAllMessages(topic, SUBSCRIPTION);
      awaitTrimmed(topic, lost);
      publish(topic, "left");

      assertThatThrownBy(stream::plan).hasMessageContaining("[" + Condition.DATA_LOSS + "]");
    }
  }

  @Test
  void aCheckpointOfAnotherCluster_isNamed_alsoInALedgerThatExistsHere() throws Exception {
    String topic = BROKER.createTopic("foreign", 0);
    publish(topic, "here");
    long ledger = ledgers(topic).get(0).ledgerId;
    for (String position : List.of(ledger + ":77", (ledger + 1000) + ":0")) {
      Map<String, String> foreign =
          Map.of(
              "startingOffsets",
              "{\"v\":1,\"t\":{\"" + topic + "\":{\"-1\":\"" + position + "\"}}}");
      try (PlayedStream stream =
          new PlayedStream(streams, topic, position.replace(':', '-'), foreign)) {
        assertThatThrownBy(stream::plan)
            .hasMessageContaining("[" + Condition.DATA_LOSS + "] Messages of " + topic)
            .hasMessageContaining("ends at " + ledger + ":1, before the position")
            .hasMessageContaining("another cluster");
        stream.restart(GO_ON).readAll();
        assertThat(stream.values()).containsExactly("here0", "here1");
        assertThat(stream.metric("dataLossEvents")).isEqualTo(1);
        assertThat(stream.restart(FAIL).readAll().values()).hasSize(2);
      }
    }
  }

  @Test
  void aLoggedBatch_thatIsRunAgainAfterItsLedgersWereTrimmed_isALoss() throws Exception {
    String topic = BROKER.createTopic("logged", 0);
    publish(topic, "read");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", FAIL)) {
      stream.readAll();
      publish(topic, "lost");
      BROKER.admin().topics().unload(topic);
      publish(topic, "left");
      Offset start = stream.source().deserializeOffset(stream.position());
      Offset end = stream.plan();
      InputPartition[] planned = stream.source().planInputPartitions(start, end);
      BROKER.admin().topics().truncate(topic);

      assertThatThrownBy(() -> stream.read(planned))
          .hasMessageContaining("[" + Condition.DATA_LOSS + "] Messages of " + topic)
          .hasMessageContaining("removed before it was read");
      stream.restart(FAIL);
      assertThatThrownBy(() -> stream.source().planInputPartitions(start, end))
          .hasMessageContaining("[" + Condition.DATA_LOSS + "] Messages of " + topic);

      stream.restart(GO_ON);
      stream.read(planned);
      stream.read(stream.source().planInputPartitions(start, end));
      assertThat(stream.values())
          .containsExactly("read0", "read1", "left0", "left1", "left0", "left1");
      assertThat(stream.metric("dataLossEvents")).isEqualTo(2);
    }
  }

  @Test
  void aTopicThatIsGoneWhenItsTaskOpensIt_isALoss() throws Exception {
    String topic = BROKER.createTopic("gone", 0);
    publish(topic, "lost");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", FAIL)) {
      Offset start = stream.source().deserializeOffset(stream.position());
      InputPartition[] planned = stream.source().planInputPartitions(start, stream.plan());
      BROKER.admin().topics().delete(topic, true);
      assertThatThrownBy(() -> stream.read(planned))
          .hasMessageContaining("[" + Condition.DATA_LOSS + "] Messages of " + topic)
          .hasMessageContaining("does not exist any more");
      assertThatThrownBy(() -> BROKER.admin().topics().getStats(topic))
          .isInstanceOf(PulsarAdminException.NotFoundException.class);
    }
  }

  @Test
  void query_thatMeetsALoss_logsNoBatch_andReportsWhatItRecorded() throws Exception {
    String topic = BROKER.createTopic("query", 0);
    publish(topic, "read");
    CollectedBatches batches = streams.runAvailableNow(topic, FAIL, "checkpoint");
    publish(topic, "lost");
    BROKER.admin().topics().unload(topic);
    BROKER.admin().topics().truncate(topic);
    publish(topic, "left");
    List<String> logged = offsets();

    assertThatThrownBy(() -> streams.runAvailableNow(topic, FAIL, "checkpoint", batches))
        .hasStackTraceContaining("[" + Condition.DATA_LOSS + "] Messages of " + topic);
    assertThat(offsets()).isEqualTo(logged);

    streams.runAvailableNow(topic, GO_ON, "checkpoint", batches);
    assertThat(batches.values().values()).containsExactly("read0", "read1", "left0", "left1");
  }

  private List<String> offsets() throws Exception {
    try (Stream<Path> files = Files.list(Path.of(lake.path("checkpoint/offsets")))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void publish(String topic, String prefix) throws Exception {
    streams.publishBatch(topic, CompressionType.NONE, 2, prefix);
  }

  private static String topicWithoutRetention() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    BROKER.admin().namespaces().setRetention(namespace, new RetentionPolicies(0, 0));
    String topic = "persistent://" + namespace + "/topic";
    BROKER.admin().topics().createNonPartitionedTopic(topic);
    return topic;
  }

  private static List<LedgerInfo> ledgers(String topic) throws Exception {
    return BROKER.admin().topics().getInternalStats(topic).ledgers;
  }

  private static void awaitTrimmed(String topic, long ledger) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(
            () -> {
              BROKER.admin().topics().trimTopic(topic);
              assertThat(ledgers(topic)).noneMatch(each -> each.ledgerId == ledger);
            });
  }
}
