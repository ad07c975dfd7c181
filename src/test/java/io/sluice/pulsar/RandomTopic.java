package io.sluice.pulsar;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RandomMessages;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A topic partition filled at random, and the model of what a reader must get. */
final class RandomTopic {

  private final PulsarBroker broker;
  private final Random random;
  private final TopicPartition partition;
  private final RandomMessages messages;

  RandomTopic(PulsarBroker broker, Random random) throws Exception {
    this.broker = broker;
    this.random = random;
    this.partition = new TopicPartition(broker.createTopic("model", 1), 0);
    this.messages = new RandomMessages(broker, random);
  }

  TopicPartition partition() {
    return partition;
  }

  /** What a reader must get: {@code ledger:entry:batchIndex} of every message, with its value. */
  Map<String, String> model() {
    Map<String, String> model = new TreeMap<>();
    messages.model().forEach((id, sent) -> model.put(id, sent.value()));
    return model;
  }

  /** Publishes a few things and does a few things to the topic. */
  void fill(int steps) throws Exception {
    for (int i = 0; i < steps; i++) {
      if (random.nextInt(9) == 0) {
        broker.admin().topics().unload(partition.fullName());
      } else {
        messages.publish(partition.fullName());
      }
    }
  }
}
