package io.sluice.pulsar;

import io.sluice.SluiceException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pulsar.client.impl.BatchMessageIdImpl;
import org.apache.pulsar.client.impl.ChunkMessageIdImpl;
import org.apache.pulsar.client.impl.EntryConsumer.Delivery;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.pulsar.common.api.proto.KeyValue;
import org.apache.pulsar.common.api.proto.MessageMetadata;
import org.apache.pulsar.common.api.proto.SingleMessageMetadata;
import org.apache.pulsar.shade.io.netty.buffer.ByteBuf;
import org.apache.pulsar.shade.io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one entry, unpacked in place when the first is asked for. One object serves all
 * entries of a reader, so that a message costs no object.
 */
final class StoredEntry implements RawEntry {

  private static final ByteBuf EMPTY = Unpooled.EMPTY_BUFFER;

  private final TopicPartition partition;
  private final EntryUnpacker unpacker;
  private final ChunkedMessages chunked;
  private final LostChunks lost;
  private final MessageMetadata metadata = new MessageMetadata();
  private final SingleMessageMetadata single = new SingleMessageMetadata();
  private @Nullable Delivery delivery;
  private boolean hasMetadata;
  private boolean unpacked;
  private boolean batch;
  private int messages;
  private int next;
  private ByteBuf body = EMPTY;
  private int bodySize;
  private int payloadOffset;
  private int payloadLength;
  private byte @Nullable [] schemaVersion;
  private @Nullable Pos firstChunk;

  /** Told of a chunked message whose earlier chunks are gone. */
  interface LostChunks {
    void report(Pos lastChunk, String uuid);
  }

  StoredEntry(
      TopicPartition partition, EntryUnpacker unpacker, ChunkedMessages chunked, LostChunks lost) {
    this.partition = partition;
    this.unpacker = unpacker;
    this.chunked = chunked;
    this.lost = lost;
  }

  /** Stands at an entry, before its first message. */
  void at(Delivery entry) {
    delivery = entry;
    hasMetadata = false;
    unpacked = false;
    next = 0;
    messages = 0;
    firstChunk = null;
  }

  private Delivery delivery() {
    Delivery entry = delivery;
    if (entry == null) {
      throw new IllegalStateException("There is no entry");
    }
    return entry;
  }

  private Pos position() {
    return new Pos(ledger(), entry());
  }

  /** Where the oldest chunked message begins that is not complete yet, null if none. */
  @Nullable Pos oldestOpenChunk() {
    return chunked.oldestOpen();
  }

  /** How many messages the broker counts the entry as; 1 if that cannot be read. */
  int permits() {
    if (!hasMetadata) {
      try {
        readMetadata();
      } catch (SluiceException unreadable) {
        // Whoever asks for its messages is told; here it is only given back to the broker's
        // account.
        return 1;
      }
    }
    return Math.max(1, metadata.getNumMessagesInBatch());
  }

  private void readMetadata() {
    unpacker.readMetadata(position(), delivery().bytes(), metadata);
    hasMetadata = true;
  }

  @Override
  public boolean advance() {
    if (!unpacked) {
      unpack();
    }
    while (next < messages) {
      next++;
      if (!batch) {
        payloadOffset = 0;
        payloadLength = bodySize;
        return true;
      }
      readSingle();
      if (!single.isCompactedOut()) {
        return true;
      }
    }
    return false;
  }

  private void unpack() {
    if (!hasMetadata) {
      readMetadata();
    }
    unpacked = true;
    batch = metadata.hasNumMessagesInBatch() || metadata.getNumMessagesInBatch() > 1;
    schemaVersion =
        metadata.hasSchemaVersion() && metadata.getSchemaVersionSize() > 0
            ? metadata.getSchemaVersion()
            : null;
    ByteBuf payload = unpacker.decrypted(position(), delivery().bytes(), metadata);
    try {
      if (!ChunkedMessages.isChunk(metadata)) {
        open(payload, metadata.getNumMessagesInBatch());
        return;
      }
      ChunkedMessages.Parts parts = chunked.add(metadata, position(), payload);
      if (parts == null) {
        return;
      }
      if (!parts.complete()) {
        lost.report(position(), metadata.getUuid());
        return;
      }
      firstChunk = parts.first();
      open(parts.joined(), 1);
    } finally {
      payload.release();
    }
  }

  private void open(ByteBuf payload, int count) {
    bodySize = unpacker.decompress(position(), payload, metadata);
    messages = count;
    body = batch ? Unpooled.wrappedBuffer(unpacker.array(), 0, bodySize) : EMPTY;
  }

  private void readSingle() {
    try {
      int size = Math.toIntExact(body.readUnsignedInt());
      single.parseFrom(body, size);
      payloadOffset = body.readerIndex();
      payloadLength = single.getPayloadSize();
      body.skipBytes(payloadLength);
    } catch (ArithmeticException
        | IllegalArgumentException
        | IllegalStateException
        | IndexOutOfBoundsException broken) {
      throw unpacker.corrupt(
          position(),
          "message %d of %d cannot be read: %s".formatted(next, messages, broken.getMessage()),
          broken);
    }
  }

  @Override
  public long ledger() {
    return delivery().ledger();
  }

  @Override
  public long entry() {
    return delivery().entry();
  }

  @Override
  public int batchIndex() {
    return batch ? next - 1 : -1;
  }

  @Override
  public byte[] payload() {
    return unpacker.array();
  }

  @Override
  public int payloadOffset() {
    return payloadOffset;
  }

  @Override
  public int payloadLength() {
    return payloadLength;
  }

  @Override
  public boolean isNull() {
    return (batch && single.hasNullValue()) ? single.isNullValue() : metadata.isNullValue();
  }

  @Override
  public byte @Nullable [] schemaVersion() {
    return schemaVersion;
  }

  @Override
  public byte @Nullable [] key() {
    if (batch) {
      return single.hasPartitionKey() && !single.isNullPartitionKey()
          ? key(single.getPartitionKey(), single.isPartitionKeyB64Encoded())
          : null;
    }
    return metadata.hasPartitionKey() && !metadata.isNullPartitionKey()
        ? key(metadata.getPartitionKey(), metadata.isPartitionKeyB64Encoded())
        : null;
  }

  private static byte[] key(String text, boolean base64) {
    return base64 ? Base64.getDecoder().decode(text) : text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte @Nullable [] orderingKey() {
    if (batch) {
      return single.hasOrderingKey() ? single.getOrderingKey() : null;
    }
    return metadata.hasOrderingKey() ? metadata.getOrderingKey() : null;
  }

  @Override
  public long publishTimeMillis() {
    return metadata.getPublishTime();
  }

  @Override
  public long eventTimeMillis() {
    if (batch && single.hasEventTime()) {
      return single.getEventTime();
    }
    return metadata.hasEventTime() ? metadata.getEventTime() : 0;
  }

  @Override
  public Map<String, String> properties() {
    List<KeyValue> pairs = batch ? single.getPropertiesList() : metadata.getPropertiesList();
    if (pairs.isEmpty()) {
      return Map.of();
    }
    Map<String, String> properties = new HashMap<>(2 * pairs.size());
    for (KeyValue pair : pairs) {
      properties.put(pair.getKey(), pair.getValue());
    }
    return properties;
  }

  @Override
  public String producerName() {
    return metadata.getProducerName();
  }

  @Override
  public long sequenceId() {
    return (batch && single.hasSequenceId()) ? single.getSequenceId() : metadata.getSequenceId();
  }

  @Override
  public int storedSize() {
    return delivery().size();
  }

  @Override
  public byte[] messageId() {
    if (batch) {
      return new BatchMessageIdImpl(
              ledger(), entry(), partition.partition(), batchIndex(), messages, null)
          .toByteArray();
    }
    var last = new MessageIdImpl(ledger(), entry(), partition.partition());
    Pos first = firstChunk;
    return first == null
        ? last.toByteArray()
        : new ChunkMessageIdImpl(
                new MessageIdImpl(first.ledger(), first.entry(), partition.partition()), last)
            .toByteArray();
  }
}
