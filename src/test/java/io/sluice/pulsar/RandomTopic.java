package io.sluice.pulsar;

import io.sluice.testing.PulsarBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.ProducerBuilder;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.transaction.Transaction;
import org.apache.pulsar.client.impl.TypedMessageBuilderImpl;
import org.jspecify.annotations.Nullable;

/**
 * A topic partition filled at random, and the model of what a reader must get: the ids that the
 * broker gave to what was sent, so no reader has a part in it.
 */
final class RandomTopic {

  private static final int MARKER = 13;

  private final PulsarBroker broker;
  private final Random random;
  private final TopicPartition partition;
  private final Map<String, String> model = new TreeMap<>();
  private int number;

  RandomTopic(PulsarBroker broker, Random random) throws Exception {
    this.broker = broker;
    this.random = random;
    this.partition = new TopicPartition(broker.createTopic("model", 1), 0);
  }

  TopicPartition partition() {
    return partition;
  }

  /** What a reader must get: {@code ledger:entry:batchIndex} of every message, with its value. */
  Map<String, String> model() {
    return model;
  }

  /** Publishes a few things and does a few things to the topic. */
  void fill(int steps) throws Exception {
    for (int i = 0; i < steps; i++) {
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> publish(batching(), 1 + random.nextInt(60), null);
        case 3 -> publish(singles(), 1 + random.nextInt(8), null);
        case 4 -> publish(singles().enableChunking(true).chunkMaxMessageSize(500), 3, null);
        case 5 -> transaction(true);
        case 6 -> transaction(false);
        case 7 -> markers(1 + random.nextInt(4));
        default -> broker.admin().topics().unload(partition.fullName());
      }
    }
  }

  private ProducerBuilder<String> batching() {
    return producer()
        .batchingMaxMessages(1 + random.nextInt(40))
        .batchingMaxPublishDelay(1, TimeUnit.HOURS);
  }

  private ProducerBuilder<String> singles() {
    return producer().enableBatching(false);
  }

  private ProducerBuilder<String> producer() {
    CompressionType[] compressions = CompressionType.values();
    return broker
        .client()
        .newProducer(Schema.STRING)
        .topic(partition.fullName())
        .compressionType(compressions[random.nextInt(compressions.length)]);
  }

  private void transaction(boolean commit) throws Exception {
    Transaction transaction =
        broker.client().newTransaction().withTransactionTimeout(5, TimeUnit.MINUTES).build().get();
    Map<String, String> written = publish(singles(), 1 + random.nextInt(5), transaction);
    if (commit) {
      transaction.commit().get(30, TimeUnit.SECONDS);
    } else {
      transaction.abort().get(30, TimeUnit.SECONDS);
      model.keySet().removeAll(written.keySet());
    }
  }

  private Map<String, String> publish(
      ProducerBuilder<String> builder, int count, @Nullable Transaction transaction)
      throws Exception {
    Map<String, String> written = new TreeMap<>();
    try (Producer<String> producer = builder.create()) {
      List<String> values = new ArrayList<>();
      List<CompletableFuture<MessageId>> sent = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String value = number++ + "." + "v".repeat(random.nextInt(900));
        values.add(value);
        sent.add(
            (transaction == null ? producer.newMessage() : producer.newMessage(transaction))
                .value(value)
                .sendAsync());
      }
      producer.flush();
      for (int i = 0; i < count; i++) {
        MessageIdAdv id = (MessageIdAdv) sent.get(i).get(30, TimeUnit.SECONDS);
        written.put(
            id.getLedgerId() + ":" + id.getEntryId() + ":" + id.getBatchIndex(), values.get(i));
      }
    }
    model.putAll(written);
    return written;
  }

  /** Entries that the broker takes for its own and delivers to nobody. */
  private void markers(int count) throws Exception {
    try (Producer<String> producer = singles().create()) {
      for (int i = 0; i < count; i++) {
        var marker = (TypedMessageBuilderImpl<String>) producer.newMessage().value("marker");
        marker.getMetadataBuilder().setMarkerType(MARKER);
        marker.send();
      }
    }
  }
}
