package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import java.time.Duration;
import java.util.Objects;
import org.apache.pulsar.common.policies.data.ManagedLedgerInternalStats.CursorStats;
import org.awaitility.Awaitility;

/**
 * Where a durable subscription stands, as the broker says.
 *
 * @param broker where the topics are
 * @param name the subscription
 */
record WatchedSubscription(PulsarBroker broker, String name) {

  /** How many entries of a topic are not acknowledged. */
  long backlog(String topic) throws Exception {
    var subscriptions = broker.admin().topics().getStats(topic).getSubscriptions();
    return Objects.requireNonNull(subscriptions.get(name)).getMsgBacklog();
  }

  /** Its place in a topic. */
  String place(String topic) throws Exception {
    CursorStats cursor = broker.admin().topics().getInternalStats(topic).cursors.get(name);
    return Objects.requireNonNull(cursor).markDeletePosition;
  }

  /** Waits until so many entries of a topic are not acknowledged. */
  void awaitBacklog(String topic, long entries) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> assertThat(backlog(topic)).isEqualTo(entries));
  }
}
