package io.sluice.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
 * Publishes at random in every way that Pulsar has, and keeps the model of what a reader must get:
 * the ids that the broker gave to what was sent, so no reader has a part in it.
 */
public final class RandomMessages {

  private static final int MARKER = 13;
  private static final long PATIENCE_SECONDS = 120;

  /** A message: the partition that it was sent to, by its full name, and its text. */
  public record Sent(String partition, String value) {}

  private record Pending(Transaction transaction, Map<String, Sent> written) {}

  private final PulsarBroker broker;
  private final Random random;
  private final Map<String, Sent> model = new HashMap<>();
  private final List<Pending> pending = new ArrayList<>();
  private int number;

  /** Publishes to topics of this broker, every choice by this source of chance. */
  public RandomMessages(PulsarBroker broker, Random random) {
    this.broker = broker;
    this.random = random;
  }

  /** The name of a message: {@code ledger:entry:batchIndex}. */
  public static String id(long ledger, long entry, int batchIndex) {
    return ledger + ":" + entry + ":" + batchIndex;
  }

  /** Every message that a reader must get, now or when all transactions have ended, by its id. */
  public Map<String, Sent> model() {
    return model;
  }

  /** Publishes something, complete, to one partition of a topic. */
  public void publish(String partition) throws Exception {
    publish(partition, random.nextInt(8));
  }

  /** Publishes plain messages to one partition of a topic. */
  public void publishPlain(String partition) throws Exception {
    publish(partition, random.nextInt(4));
  }

  private void publish(String partition, int kind) throws Exception {
    switch (kind) {
      case 0, 1, 2 -> send(batching(partition), partition, 1 + random.nextInt(60), null);
      case 3 -> send(singles(partition), partition, 1 + random.nextInt(8), null);
      case 4 ->
          send(
              singles(partition).enableChunking(true).chunkMaxMessageSize(500), partition, 3, null);
      case 5, 6 -> {
        begin(partition);
        endTransaction(pending.size() - 1);
      }
      default -> markers(partition, 1 + random.nextInt(4));
    }
  }

  /** Publishes to one partition in a transaction that stays open. */
  public void begin(String partition) throws Exception {
    Transaction transaction =
        broker.client().newTransaction().withTransactionTimeout(5, TimeUnit.MINUTES).build().get();
    // A flush does not wait for what is still being registered with the transaction.
    ProducerBuilder<String> builder =
        random.nextBoolean()
            ? singles(partition)
            : batching(partition).batchingMaxPublishDelay(1, TimeUnit.MILLISECONDS);
    pending.add(
        new Pending(transaction, send(builder, partition, 1 + random.nextInt(5), transaction)));
  }

  /** Commits or aborts the transactions that are open. */
  public void endTransactions() throws Exception {
    while (!pending.isEmpty()) {
      endTransaction(random.nextInt(pending.size()));
    }
  }

  private void endTransaction(int index) throws Exception {
    Pending each = pending.remove(index);
    if (random.nextBoolean()) {
      each.transaction.commit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } else {
      each.transaction.abort().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      model.keySet().removeAll(each.written.keySet());
    }
  }

  private ProducerBuilder<String> batching(String partition) {
    return producer(partition)
        .batchingMaxMessages(1 + random.nextInt(40))
        .batchingMaxPublishDelay(1, TimeUnit.HOURS);
  }

  private ProducerBuilder<String> singles(String partition) {
    return producer(partition).enableBatching(false);
  }

  private ProducerBuilder<String> producer(String partition) {
    CompressionType[] compressions = CompressionType.values();
    return broker
        .client()
        .newProducer(Schema.STRING)
        .topic(partition)
        .sendTimeout((int) PATIENCE_SECONDS, TimeUnit.SECONDS)
        .compressionType(compressions[random.nextInt(compressions.length)]);
  }

  private Map<String, Sent> send(
      ProducerBuilder<String> builder,
      String partition,
      int count,
      @Nullable Transaction transaction)
      throws Exception {
    Map<String, Sent> written = new HashMap<>();
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
        MessageIdAdv id = (MessageIdAdv) sent.get(i).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        written.put(
            id(id.getLedgerId(), id.getEntryId(), id.getBatchIndex()),
            new Sent(partition, values.get(i)));
      }
    }
    model.putAll(written);
    return written;
  }

  /** Entries that the broker takes for its own and delivers to nobody. */
  private void markers(String partition, int count) throws Exception {
    try (Producer<String> producer = singles(partition).create()) {
      for (int i = 0; i < count; i++) {
        var marker = (TypedMessageBuilderImpl<String>) producer.newMessage().value("marker");
        marker.getMetadataBuilder().setMarkerType(MARKER);
        marker.send();
      }
    }
  }
}
