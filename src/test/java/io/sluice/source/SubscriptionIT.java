package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.time.Duration;
import java.util.Map;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.MessageId;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The durable subscription: what the source does to it, and what others may do to it. */
class SubscriptionIT {

  private static final String SUBSCRIPTION = "mine";
  private static final Map<String, String> PINNED = Map.of("subscription", SUBSCRIPTION);
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

  @Test
  void backlog_isOneEntryWithThePin_andNoneWithoutIt_howeverManyMessagesAnEntryHolds()
      throws Exception {
    String topic = BROKER.createTopic("pin", 0);
    publish(topic, 3);
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", PINNED)) {
      stream.plan();
      assertThat(MINE.backlog(topic)).isEqualTo(3);
      stream.readAll();
      MINE.awaitBacklog(topic, 1);
      stream.restart(UNPINNED).readAll();
      MINE.awaitBacklog(topic, 0);
      assertThat(stream.values()).hasSize(300);
    }
  }

  @Test
  void backlog_acrossALedgersEnd_isStillOneEntry() throws Exception {
    String topic = BROKER.createTopic("roll", 0);
    publish(topic, 2);
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", PINNED)) {
      stream.readAll();
      BROKER.admin().topics().unload(topic);
      publish(topic, 1);
      stream.readAll();
      MINE.awaitBacklog(topic, 1);
    }
  }

  @Test
  void subscriptionMovedForward_changesNothingThatIsRead_andIsNeverMovedBack() throws Exception {
    String topic = BROKER.createTopic("forward", 0);
    publish(topic, 2);
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", PINNED)) {
      stream.readAll();
      publish(topic, 3);
      BROKER.admin().topics().skipAllMessages(topic, SUBSCRIPTION);
      stream.readAll();
      assertThat(stream.values()).hasSize(500);
      assertThat(MINE.backlog(topic)).isZero();
      publish(topic, 1);
      assertThat(stream.readAll().values()).hasSize(600);
    }
  }

  @Test
  void subscriptionMovedBack_isMovedForwardAgain_withoutAnyNewMessage() throws Exception {
    String topic = BROKER.createTopic("back", 0);
    publish(topic, 4);
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", PINNED)) {
      stream.readAll();
      MINE.awaitBacklog(topic, 1);
      BROKER.admin().topics().resetCursor(topic, SUBSCRIPTION, MessageId.earliest);
      assertThat(MINE.backlog(topic)).isEqualTo(4);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(100))
          .untilAsserted(
              () -> {
                stream.readAll();
                assertThat(MINE.backlog(topic)).isEqualTo(1);
              });
      assertThat(stream.values()).hasSize(400);
    }
  }

  @Test
  void subscriptionDeleted_isMadeAgainBeforeUnreadData_alsoWhenTheQueryBeganAtTheLatest()
      throws Exception {
    String topic = BROKER.createTopic("deleted", 0);
    publish(topic, 2);
    Map<String, String> latest = Map.of("subscription", SUBSCRIPTION, "startingOffsets", "latest");
    try (PlayedStream stream = new PlayedStream(streams, topic, "checkpoint", latest)) {
      publish(topic, 2);
      stream.readAll();
      MINE.awaitBacklog(topic, 1);
      publish(topic, 2);
      BROKER.admin().topics().deleteSubscription(topic, SUBSCRIPTION, true);
      stream.plan();
      assertThat(MINE.backlog(topic)).isGreaterThanOrEqualTo(3);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(100))
          .untilAsserted(
              () -> {
                stream.plan();
                assertThat(MINE.backlog(topic)).isEqualTo(3);
              });
      stream.readAll();
      MINE.awaitBacklog(topic, 1);
      assertThat(stream.values()).hasSize(400);
    }
  }

  @Test
  void twoDriversOnOneSubscription_neverMoveItBack() throws Exception {
    String topic = BROKER.createTopic("zombie", 0);
    publish(topic, 2);
    try (PlayedStream zombie = new PlayedStream(streams, topic, "zombie", UNPINNED);
        PlayedStream successor = new PlayedStream(streams, topic, "successor", UNPINNED)) {
      zombie.readAll();
      publish(topic, 2);
      successor.readAll();
      MINE.awaitBacklog(topic, 0);
      String standing = MINE.place(topic);

      zombie.source().commit(zombie.source().deserializeOffset(zombie.position()));
      zombie.restart(UNPINNED).plan();
      assertThat(MINE.place(topic)).isEqualTo(standing);
      zombie.readAll();
      assertThat(MINE.place(topic)).isEqualTo(standing);
      assertThat(zombie.values()).hasSize(400);
      assertThat(successor.values()).hasSize(400);
    }
  }

  /** So many entries of 100 messages. */
  private void publish(String topic, int entries) throws Exception {
    for (int i = 0; i < entries; i++) {
      streams.publishBatch(topic, CompressionType.LZ4, 100, "e");
    }
  }
}
