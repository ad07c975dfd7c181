package io.sluice.bench;

import io.sluice.broker.PulsarStandalone;
import io.sluice.testing.RawSchema;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageRouter;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.api.TopicMetadata;

/**
 * A topic to read from: Avro records of a fixed size in batches of a thousand, spread evenly.
 *
 * @param bytes the size of every payload before compression
 * @param compression how batches are compressed
 * @param partitions how many partitions
 */
record BenchTopic(int bytes, CompressionType compression, int partitions) {

  private static final int BATCH = 1_000;

  /** The topic's full name. */
  String name() {
    return "persistent://public/default/bench-%d-%s-%d"
        .formatted(bytes, compression.name().toLowerCase(Locale.ROOT), partitions);
  }

  /** Creates the topic and publishes to it. */
  void publish(PulsarStandalone broker, long messages) throws Exception {
    BenchRows rows = BenchRows.ofSize(bytes);
    try (PulsarAdmin admin = PulsarAdmin.builder().serviceHttpUrl(broker.adminUrl()).build();
        PulsarClient client = PulsarClient.builder().serviceUrl(broker.serviceUrl()).build()) {
      admin.topics().createPartitionedTopic(name(), partitions);
      var refused = new AtomicReference<Throwable>();
      try (Producer<byte[]> producer = producer(client, rows, BATCH)) {
        for (long i = 0; i < messages; i++) {
          var unused =
              producer
                  .sendAsync(rows.payload(i))
                  .whenComplete((id, failure) -> refused.compareAndSet(null, failure));
        }
        producer.flush();
      }
      if (refused.get() != null) {
        throw new IllegalStateException("cannot publish to " + name(), refused.get());
      }
    }
  }

  /**
   * Publishes a few messages to every partition, then a few more after a hundredth of a second, and
   * so on.
   *
   * @param atOnce how many messages for a partition
   * @param done ends it
   */
  Thread publishSteadily(PulsarClient client, int atOnce, AtomicBoolean done) throws Exception {
    BenchRows rows = BenchRows.ofSize(bytes);
    Producer<byte[]> producer = producer(client, rows, atOnce);
    Thread publisher =
        new Thread(
            () -> {
              try (producer) {
                for (long i = 0; !done.get(); ) {
                  for (int j = 0; j < atOnce * partitions; j++) {
                    var unused = producer.sendAsync(rows.payload(i++));
                  }
                  producer.flush();
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
                }
              } catch (PulsarClientException e) {
                throw new IllegalStateException("cannot publish to " + name(), e);
              }
            },
            "publisher");
    publisher.start();
    return publisher;
  }

  /** How many bytes the broker keeps for all messages. */
  long storedBytes(PulsarStandalone broker) throws Exception {
    try (PulsarAdmin admin = PulsarAdmin.builder().serviceHttpUrl(broker.adminUrl()).build()) {
      return admin.topics().getPartitionedStats(name(), false).getStorageSize();
    }
  }

  private Producer<byte[]> producer(PulsarClient client, BenchRows rows, int batch)
      throws Exception {
    return client
        .newProducer(new RawSchema(rows.schema()))
        .topic(name())
        .compressionType(compression)
        .batchingMaxMessages(batch)
        .batchingMaxBytes(1 << 20)
        .batchingMaxPublishDelay(1, TimeUnit.SECONDS)
        .blockIfQueueFull(true)
        .messageRouter(new InTurns(batch))
        .create();
  }

  /** A batch for one partition, then a batch for the next. */
  private static final class InTurns implements MessageRouter {

    private static final long serialVersionUID = 1;

    private final int batch;
    private long sent;

    InTurns(int batch) {
      this.batch = batch;
    }

    @Override
    public int choosePartition(Message<?> message, TopicMetadata topic) {
      return (int) (sent++ / batch % topic.numPartitions());
    }
  }
}
