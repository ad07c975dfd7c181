package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.pulsar.client.impl.MessageImpl;
import org.apache.pulsar.client.impl.TopicConsumer;
import org.jspecify.annotations.Nullable;

/** Entries put together from the messages that the Pulsar client's own receive path delivers. */
final class StandardEntrySource implements EntrySource {

  private static final Duration PROBE_PATIENCE = Duration.ofSeconds(10);

  private final TopicPartition partition;
  private final TopicConsumer consumer;
  private List<Message<byte[]>> assembling = new ArrayList<>();
  private @Nullable Pos polledUpTo;

  private StandardEntrySource(TopicPartition partition, TopicConsumer consumer) {
    this.partition = partition;
    this.consumer = consumer;
  }

  /**
   * Opens a source that begins with the entry at {@code start}, or the first behind it.
   *
   * @param queueSize how many messages may be held ahead
   */
  static StandardEntrySource open(
      PulsarClient client, TopicPartition partition, Pos start, int queueSize)
      throws ExecutionException, InterruptedException {
    MessageId from =
        start.isEarliest()
            ? MessageId.earliest
            : new MessageIdImpl(start.ledger(), start.entry(), partition.partition());
    CompletableFuture<TopicConsumer> opening =
        TopicConsumer.openReader(client, partition.fullName(), ReaderName.fresh(), from, queueSize);
    return new StandardEntrySource(partition, opening.get());
  }

  @Override
  public @Nullable RawEntry poll(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      Message<byte[]> message = receive(deadline - System.nanoTime());
      if (message == null) {
        return null;
      }
      if (add(message)) {
        List<Message<byte[]>> messages = assembling;
        assembling = new ArrayList<>(messages.size());
        MessageIdAdv id = id(message);
        polledUpTo = new Pos(id.getLedgerId(), id.getEntryId());
        return new ClientEntry(messages);
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

  /** Takes a message in; true when it completes its entry. */
  private boolean add(Message<byte[]> message) {
    MessageIdAdv id = id(message);
    if (!assembling.isEmpty()) {
      MessageIdAdv last = id(assembling.get(assembling.size() - 1));
      int order = position(id).compareTo(position(last));
      if (order < 0 || (order == 0 && id.getBatchIndex() <= last.getBatchIndex())) {
        return false;
      }
      if (order > 0 || id.getBatchIndex() != last.getBatchIndex() + 1) {
        throw new SluiceException(
            Condition.UNEXPECTED,
            "The broker delivered entry "
                + position(last)
                + " of "
                + partition
                + " only up to message "
                + last.getBatchIndex()
                + " of "
                + last.getBatchSize()
                + "; the task reads it again");
      }
    }
    assembling.add(message);
    return id.getBatchIndex() < 0 || id.getBatchIndex() == id.getBatchSize() - 1;
  }

  private static MessageIdAdv id(Message<byte[]> message) {
    return (MessageIdAdv) message.getMessageId();
  }

  private static Pos position(MessageIdAdv id) {
    return new Pos(id.getLedgerId(), id.getEntryId());
  }

  @Override
  public @Nullable Pos passed() {
    Pos polled = polledUpTo;
    if (polled != null) {
      // The broker moves this cursor over undeliverable entries only behind acknowledged ones.
      var unused =
          consumer.acknowledgeCumulativeAsync(
              new MessageIdImpl(polled.ledger(), polled.entry(), partition.partition()));
    }
    try {
      TopicConsumer.Tail tail =
          consumer.tail().get(PROBE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      return tail.markDeleteLedger() < 0
          ? Pos.EARLIEST
          : Pos.after(tail.markDeleteLedger(), tail.markDeleteEntry());
    } catch (ExecutionException | TimeoutException noAnswer) {
      return null;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  @Override
  public void close() {
    var unused = consumer.closeAsync();
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
    public boolean isNull() {
      return !((MessageImpl<byte[]>) current).getMessageBuilder().hasNullValue()
          ? false
          : ((MessageImpl<byte[]>) current).getMessageBuilder().isNullValue();
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
