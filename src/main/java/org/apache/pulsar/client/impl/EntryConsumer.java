package org.apache.pulsar.client.impl;

import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.SubscriptionMode;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.impl.conf.ConsumerConfigurationData;
import org.apache.pulsar.common.api.proto.CommandMessage;
import org.apache.pulsar.common.protocol.Commands;
import org.apache.pulsar.shade.io.netty.buffer.ByteBuf;

/**
 * A reader that hands over each stored entry as the broker sent it: one hand-off per entry, and no
 * checksum, decryption, decompression or message object on the network thread.
 *
 * <p>The client's own receive path makes several objects and two thread hops per message, and drops
 * entries that it cannot unpack. Taking entries off before it is how the broker's own compactor
 * reads ({@code RawReaderImpl} of Apache Pulsar).
 *
 * <p>The client's flow control is paused; how far the broker may send ahead is decided here, in
 * bytes. Permits are messages on the wire, so the window is turned into messages by their mean
 * stored size, which is measured as entries come.
 *
 * <p>One thread takes entries; the network threads put them.
 */
public final class EntryConsumer extends TopicConsumer {

  /** Permits before anything is known of the size of a message, which may be megabytes. */
  private static final int FIRST_WINDOW = 10;

  private static final int MAX_WINDOW = 1_000_000;

  /** The part of the window that is given back at once, so that few commands are sent. */
  private static final int WINDOW_PARTS = 4;

  /**
   * One entry as it came: broker metadata, checksum, metadata and payload.
   *
   * @param ledger its ledger
   * @param entry its id in the ledger
   * @param bytes what the broker sent; owned by whoever takes the delivery, who releases it
   * @param size how many bytes were sent
   * @param connection the connection that it came by
   */
  public record Delivery(long ledger, long entry, ByteBuf bytes, int size, ClientCnx connection) {}

  private final BlockingQueue<Delivery> arrived = new LinkedBlockingQueue<>();
  private final long windowBytes;
  private volatile int window = FIRST_WINDOW;
  private volatile boolean closed;
  private final AtomicInteger connections = new AtomicInteger();
  private double bytesPerMessage;
  private int owed;
  private volatile boolean reading = true;

  private EntryConsumer(
      PulsarClientImpl client,
      String topic,
      ConsumerConfigurationData<byte[]> conf,
      CompletableFuture<Consumer<byte[]>> subscribed,
      MessageId start,
      long windowBytes) {
    super(client, topic, conf, subscribed, start);
    this.windowBytes = windowBytes;
  }

  /**
   * Opens a non-durable subscription that delivers from the given entry on.
   *
   * @param compacted whether to deliver what compaction has left, as far as the topic is compacted
   * @param windowBytes how many stored bytes may be sent ahead, about
   */
  public static CompletableFuture<EntryConsumer> open(
      PulsarClient client,
      String topic,
      String subscription,
      MessageId start,
      boolean compacted,
      long windowBytes) {
    ConsumerConfigurationData<byte[]> conf = configuration(topic, subscription, 1);
    conf.setSubscriptionType(SubscriptionType.Exclusive);
    conf.setSubscriptionMode(SubscriptionMode.NonDurable);
    conf.setResetIncludeHead(true);
    conf.setStartPaused(true);
    conf.setReadCompacted(compacted);
    CompletableFuture<Consumer<byte[]>> subscribed = new CompletableFuture<>();
    EntryConsumer consumer =
        new EntryConsumer((PulsarClientImpl) client, topic, conf, subscribed, start, windowBytes);
    return subscribed.thenApply(connected -> consumer);
  }

  @Override
  void messageReceived(CommandMessage command, ByteBuf headersAndPayload, ClientCnx connection) {
    if (closed) {
      return;
    }
    arrived.add(
        new Delivery(
            command.getMessageId().getLedgerId(),
            command.getMessageId().getEntryId(),
            headersAndPayload.retain(),
            headersAndPayload.readableBytes(),
            connection));
    if (closed) {
      releaseAll(arrived);
    }
  }

  /** Permits die with their connection, so every new one begins with the whole window. */
  @Override
  protected void consumerIsReconnectedToBroker(ClientCnx connection, int queued) {
    super.consumerIsReconnectedToBroker(connection, queued);
    connections.incrementAndGet();
    if (reading) {
      grant(connection, window);
    }
  }

  /**
   * Takes the next entry, or gives null if none came in time.
   *
   * <p>After a reconnect entries may come again; the caller drops what it has had.
   */
  public Delivery take(long timeoutNanos) throws InterruptedException {
    return arrived.poll(timeoutNanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Says that an entry is done with: the broker may send as much again, and a reconnect goes on
   * behind it.
   *
   * @param messages how many messages it counts as at the broker
   */
  public void done(Delivery delivery, int messages) {
    lastDequeuedMessageId =
        new BatchMessageIdImpl(
            delivery.ledger(), delivery.entry(), getPartitionIndex(), Math.max(0, messages - 1));
    double mean = (double) delivery.size() / messages;
    bytesPerMessage = bytesPerMessage == 0 ? mean : 0.9 * bytesPerMessage + 0.1 * mean;
    if (delivery.connection() != getClientCnx()) {
      return;
    }
    int now = window;
    int wanted =
        (int) Math.min(MAX_WINDOW, Math.max(1, windowBytes / Math.max(1, bytesPerMessage)));
    int change = Math.max(-messages, wanted - now);
    window = now + change;
    owed += messages + change;
    if (reading && owed >= Math.max(1, window / WINDOW_PARTS)) {
      grant(delivery.connection(), owed);
      owed = 0;
    }
  }

  /** Stops or goes on asking the broker for more; what was asked for still comes. */
  public void setReading(boolean reading) {
    this.reading = reading;
  }

  /** The stored bytes that have come and were not taken yet. */
  public long heldBytes() {
    return arrived.stream().mapToLong(Delivery::size).sum();
  }

  /** How often the subscription was made anew at the broker; changes mean lost permits. */
  public int connections() {
    return connections.get();
  }

  private void grant(ClientCnx connection, int permits) {
    var unused =
        connection
            .ctx()
            .writeAndFlush(Commands.newFlow(consumerId, permits), connection.ctx().voidPromise());
  }

  @Override
  public synchronized CompletableFuture<Void> closeAsync() {
    closed = true;
    releaseAll(arrived);
    return super.closeAsync();
  }

  private static void releaseAll(Queue<Delivery> deliveries) {
    for (Delivery each = deliveries.poll(); each != null; each = deliveries.poll()) {
      each.bytes().release();
    }
  }
}
