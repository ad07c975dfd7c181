package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.impl.EntryConsumer;
import org.apache.pulsar.client.impl.EntryConsumer.Delivery;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.jspecify.annotations.Nullable;

/** Entries as the broker sends them, unpacked on the thread that reads. */
final class EntryConsumerSource implements EntrySource {

  private final TopicPartition partition;
  private final EntryConsumer consumer;
  private final StoredEntry entry;
  private final PulsarClients.Lease lease;
  private final CursorProbe probe;
  private final LossReport losses;
  private @Nullable Delivery current;
  private @Nullable Delivery givenBack;
  private @Nullable Pos newest;
  private int restedAt = -1;

  private EntryConsumerSource(
      TopicPartition partition,
      EntryConsumer consumer,
      StoredEntry entry,
      PulsarClients.Lease lease,
      PulsarOptions options,
      LossReport losses) {
    this.losses = losses;
    this.partition = partition;
    this.consumer = consumer;
    this.entry = entry;
    this.lease = lease;
    this.probe = new CursorProbe(partition, consumer, options, options.readCompacted());
  }

  /**
   * Opens a source that begins with the entry at {@code start}, or the first behind it.
   *
   * @param lease released when the source is closed
   * @param entry shows the entries one after the other
   * @param losses told of messages that are lost
   */
  static EntryConsumerSource open(
      PulsarClients.Lease lease,
      TopicPartition partition,
      Pos start,
      PulsarOptions options,
      StoredEntry entry,
      LossReport losses)
      throws ExecutionException, InterruptedException {
    MessageId from =
        start.isEarliest()
            ? MessageId.earliest
            : new MessageIdImpl(start.ledger(), start.entry(), partition.partition());
    return new EntryConsumerSource(
        partition,
        EntryConsumer.open(
                lease.client(),
                partition.fullName(),
                ReaderName.fresh(),
                from,
                options.readCompacted(),
                options.readAheadBytes())
            .get(),
        entry,
        lease,
        options,
        losses);
  }

  @Override
  public @Nullable RawEntry poll(Duration timeout) {
    finish();
    Delivery delivery = givenBack;
    givenBack = null;
    if (delivery == null) {
      try {
        delivery = consumer.take(timeout.toNanos());
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new SluiceException(
            Condition.UNEXPECTED, "Stopped while waiting for the next entry of " + partition);
      }
    }
    if (delivery == null) {
      return null;
    }
    current = delivery;
    newest = new Pos(delivery.ledger(), delivery.entry());
    entry.at(delivery);
    return entry;
  }

  /** Gives the entry before back to the broker's account and to the buffer pool. */
  private void finish() {
    Delivery delivery = current;
    if (delivery == null) {
      return;
    }
    current = null;
    try {
      consumer.done(delivery, entry.permits());
    } finally {
      delivery.bytes().release();
    }
  }

  @Override
  public void giveBack() {
    givenBack = current;
    current = null;
  }

  @Override
  public @Nullable Pos passed() {
    finish();
    int connections = consumer.connections();
    Pos passed = probe.passed(givenBack == null ? newest : null);
    // A cursor that is not held back by what is still to be polled says nothing about it.
    return probe.compacted() && (consumer.heldBytes() > 0 || consumer.connections() != connections)
        ? null
        : passed;
  }

  @Override
  public @Nullable Pos oldestOpenChunk() {
    return entry.oldestOpenChunk();
  }

  @Override
  public long losses() {
    return losses.events();
  }

  @Override
  public long heldBytes() {
    return consumer.heldBytes();
  }

  @Override
  public boolean rest() {
    finish();
    consumer.setReading(false);
    restedAt = consumer.connections();
    return consumer.isConnected();
  }

  @Override
  public boolean resume() {
    consumer.setReading(true);
    return consumer.isConnected() && consumer.connections() == restedAt;
  }

  @Override
  public void close() {
    Delivery delivery = current == null ? givenBack : current;
    current = null;
    givenBack = null;
    if (delivery != null) {
      delivery.bytes().release();
    }
    var unused = consumer.closeAsync();
    lease.close();
  }
}
