package io.sluice.quickstart;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.jspecify.annotations.Nullable;

/** Publishes the shipped flights to a partitioned topic: Avro, keyed by origin, in LZ4 batches. */
public final class FlightsPublisher {

  private static final long PROGRESS_EVERY = 50_000;

  private FlightsPublisher() {}

  /**
   * Creates the topic that the flights are published to.
   *
   * @throws SluiceException if the broker cannot be reached or the topic exists already
   */
  public static void createTopic(String adminUrl, String topic, int partitions) {
    try (PulsarAdmin admin = PulsarAdmin.builder().serviceHttpUrl(adminUrl).build()) {
      admin.topics().createPartitionedTopic(topic, partitions);
    } catch (PulsarClientException | PulsarAdminException e) {
      throw failure("The topic " + topic + " cannot be created", e);
    }
  }

  /**
   * Publishes flights to a topic that exists.
   *
   * @param limit how many at most
   * @param again whether to begin again at the first flight when the last has been sent
   * @param progress told the number of flights sent so far, from time to time
   * @return how many messages the broker has acknowledged
   * @throws SluiceException if the broker cannot be reached or refuses a message
   */
  public static long publish(
      String serviceUrl, String topic, long limit, boolean again, LongConsumer progress) {
    AtomicReference<@Nullable Throwable> refused = new AtomicReference<>();
    long sent = 0;
    try (PulsarClient client = PulsarClient.builder().serviceUrl(serviceUrl).build();
        Producer<Flight> producer = producer(client, topic)) {
      do {
        try (Flights flights = Flights.open()) {
          Iterator<Flight> next = flights.iterator();
          while (sent < limit && next.hasNext() && refused.get() == null) {
            send(producer, next.next(), refused);
            sent++;
            if (sent % PROGRESS_EVERY == 0) {
              progress.accept(sent);
            }
          }
        }
      } while (again && sent < limit && refused.get() == null);
      producer.flush();
    } catch (IOException e) {
      throw failure("The flights cannot be published to " + topic, e);
    }
    Throwable cause = refused.get();
    if (cause != null) {
      throw failure("The flights cannot be published to " + topic, cause);
    }
    return sent;
  }

  private static Producer<Flight> producer(PulsarClient client, String topic)
      throws PulsarClientException {
    return client
        .newProducer(new FlightSchema())
        .topic(topic)
        .compressionType(CompressionType.LZ4)
        // The default batcher keeps the order of each key as well; the key-based one would make an
        // entry of nearly every message.
        .batchingMaxMessages(2_000)
        .batchingMaxBytes(256 * 1024)
        .batchingMaxPublishDelay(100, TimeUnit.MILLISECONDS)
        .maxPendingMessages(20_000)
        .blockIfQueueFull(true)
        .create();
  }

  private static void send(
      Producer<Flight> producer, Flight flight, AtomicReference<@Nullable Throwable> refused) {
    var unused =
        producer
            .newMessage()
            .key(flight.origin())
            .value(flight)
            .sendAsync()
            .whenComplete(
                (id, failure) -> {
                  if (failure != null) {
                    refused.compareAndSet(
                        null,
                        failure instanceof CompletionException ? failure.getCause() : failure);
                  }
                });
  }

  private static SluiceException failure(String what, Throwable cause) {
    return new SluiceException(
        Condition.BROKER_UNREACHABLE, what + ": " + cause.getMessage(), cause);
  }
}
