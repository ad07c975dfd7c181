package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.pulsar.client.impl.MessageImpl;
import org.apache.pulsar.client.impl.TopicConsumer;
import org.jspecify.annotations.Nullable;

/** Entries put together from the messages that the Pulsar client's own receive path delivers. */
final class StandardEntrySource implements EntrySource {

  private final TopicPartition partition;
  private final TopicConsumer consumer;
  private final EntryAssembler<Message<byte[]>> assembler;
  private final PulsarClients.Lease lease;
  private final CursorProbe probe;

  private StandardEntrySource(
      TopicPartition partition,
      TopicConsumer consumer,
      PulsarClients.Lease lease,
      PulsarOptions options) {
    this.probe = new CursorProbe(partition, consumer, options, /* compacted= */ false);
    this.partition = partition;
    this.consumer = consumer;
    this.lease = lease;
    this.assembler = new EntryAssembler<>(partition);
  }

  /**
   * Opens a source that begins with the entry at {@code start}, or the first behind it.
   *
   * @param lease released when the source is closed
   */
  static StandardEntrySource open(
      PulsarClients.Lease lease, TopicPartition partition, Pos start, PulsarOptions options)
      throws ExecutionException, InterruptedException {
    MessageId from =
        start.isEarliest()
            ? MessageId.earliest
            : new MessageIdImpl(start.ledger(), start.entry(), partition.partition());
    CompletableFuture<TopicConsumer> opening =
        TopicConsumer.openReader(
            lease.client(),
            partition.fullName(),
            ReaderName.fresh(),
            from,
            options.receiverQueueSize());
    return new StandardEntrySource(partition, opening.get(), lease, options);
  }

  @Override
  public @Nullable RawEntry poll(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      Message<byte[]> message = receive(deadline - System.nanoTime());
      if (message == null) {
        return null;
      }
      List<Message<byte[]>> entry = assembler.add(id(message), message);
      if (entry != null) {
        return new ClientEntry(entry);
      }
    }
  }

  private @Nullable Message<byte[]> receive(long nanos) {
    try {
      return consumer.receive(
          (int) Math.max(0, TimeUnit.NANOSECONDS.toMillis(nanos)), TimeUnit.MILLISECONDS);
    } catch (PulsarClientException failure) {
      throw new SluiceException(
          Condition.BROKER_UNREACHABLE,
          "Cannot read " + partition + ": " + failure.getMessage(),
          failure);
    }
  }

  private static MessageIdAdv id(Message<byte[]> message) {
    return (MessageIdAdv) message.getMessageId();
  }

  @Override
  public @Nullable Pos passed() {
    return probe.passed(assembler.lastComplete());
  }

  @Override
  public void giveBack() {
    // The client keeps no entry for later; this source never rests, so nobody asks for it again.
  }

  @Override
  public @Nullable Pos oldestOpenChunk() {
    return null;
  }

  @Override
  public long heldBytes() {
    return 0;
  }

  @Override
  public boolean rest() {
    return false;
  }

  @Override
  public boolean resume() {
    return false;
  }

  @Override
  public void close() {
    var unused = consumer.closeAsync();
    lease.close();
  }

  /** The messages of one entry as the client made them. */
  private static final class ClientEntry implements RawEntry {
    private final List<Message<byte[]>> messages;
    private int next;
    private Message<byte[]> current;

    private ClientEntry(List<Message<byte[]>> messages) {
      this.messages = messages;
      this.current = messages.get(0);
    }

    @Override
    public long ledger() {
      return id(current).getLedgerId();
    }

    @Override
    public long entry() {
      return id(current).getEntryId();
    }

    @Override
    public boolean advance() {
      if (next == messages.size()) {
        return false;
      }
      current = messages.get(next++);
      return true;
    }

    @Override
    public int batchIndex() {
      return id(current).getBatchIndex();
    }

    @Override
    public byte[] payload() {
      return current.getData();
    }

    @Override
    public int payloadOffset() {
      return 0;
    }

    @Override
    public int payloadLength() {
      return current.getData().length;
    }

    @Override
    public int storedSize() {
      return 0;
    }

    @Override
    public boolean isNull() {
      var metadata = ((MessageImpl<byte[]>) current).getMessageBuilder();
      return metadata.hasNullValue() && metadata.isNullValue();
    }

    @Override
    public byte @Nullable [] schemaVersion() {
      return current.getSchemaVersion();
    }

    @Override
    public byte @Nullable [] key() {
      return current.hasKey() ? current.getKeyBytes() : null;
    }

    @Override
    public byte @Nullable [] orderingKey() {
      return current.hasOrderingKey() ? current.getOrderingKey() : null;
    }

    @Override
    public long publishTimeMillis() {
      return current.getPublishTime();
    }

    @Override
    public long eventTimeMillis() {
      return current.getEventTime();
    }

    @Override
    public Map<String, String> properties() {
      return current.getProperties();
    }

    @Override
    public String producerName() {
      return current.getProducerName();
    }

    @Override
    public long sequenceId() {
      return current.getSequenceId();
    }

    @Override
    public byte[] messageId() {
      return current.getMessageId().toByteArray();
    }
  }
}
