package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.pulsar.client.impl.EntryConsumer;
import org.apache.pulsar.client.impl.EntryConsumer.Delivery;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.pulsar.common.api.proto.MessageMetadata;
import org.apache.pulsar.shade.io.netty.buffer.ByteBuf;

/**
 * Reads the entries before a range for chunks of a message that ends in it, with a subscription of
 * its own. Rare: only the first messages of a range can have begun before it.
 */
final class ChunkLookback implements ChunkedMessages.Lookback {

  private final PulsarOptions options;
  private final TopicPartition partition;
  private final EntryUnpacker unpacker;

  ChunkLookback(PulsarOptions options, TopicPartition partition, EntryUnpacker unpacker) {
    this.options = options;
    this.partition = partition;
    this.unpacker = unpacker;
  }

  @Override
  public void fill(String uuid, ChunkedMessages.Parts parts, Pos before) {
    Pos from = begin(before);
    try (PulsarClients.Lease lease = PulsarClients.acquire(options.connection())) {
      EntryConsumer consumer =
          EntryConsumer.open(
                  lease.client(),
                  partition.fullName(),
                  ReaderName.fresh(),
                  new MessageIdImpl(from.ledger(), from.entry(), partition.partition()),
                  /* compacted= */ false,
                  options.readAheadBytes())
              .get();
      try {
        ChunkedMessages.Parts found = new ChunkedMessages.Parts(parts.count());
        collect(consumer, uuid, found, before);
        parts.fillFrom(found);
      } finally {
        var unused = consumer.closeAsync();
      }
    } catch (ExecutionException failure) {
      throw PulsarFailures.named(failure, "open " + partition, options.connection());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new SluiceException(
          Condition.UNEXPECTED, "Stopped while looking for the chunks of " + uuid);
    }
  }

  private Pos begin(Pos before) {
    long entries = options.chunkLookbackEntries();
    if (before.entry() >= entries) {
      return new Pos(before.ledger(), before.entry() - entries);
    }
    try (Cluster cluster = Cluster.open(options.connection())) {
      LedgerMap ledgers = new LedgerMap(cluster);
      ledgers.refresh(List.of(partition));
      TopicLedgers known = ledgers.known(partition);
      return known == null ? new Pos(before.ledger(), 0) : known.back(before, entries);
    }
  }

  private void collect(EntryConsumer consumer, String uuid, ChunkedMessages.Parts found, Pos before)
      throws InterruptedException {
    MessageMetadata metadata = new MessageMetadata();
    while (true) {
      Delivery delivery = consumer.take(options.pollTimeout().toNanos());
      if (delivery == null) {
        throw new SluiceException(
            Condition.READ_TIMEOUT,
            "Nothing arrived from "
                + partition
                + " before "
                + before
                + " for "
                + options.pollTimeout().toSeconds()
                + " s, while looking for the first chunks of a message");
      }
      try {
        Pos at = new Pos(delivery.ledger(), delivery.entry());
        if (!at.isBefore(before)) {
          return;
        }
        unpacker.readMetadata(at, delivery.bytes(), metadata);
        if (ChunkedMessages.isChunk(metadata) && metadata.getUuid().equals(uuid)) {
          ByteBuf payload = unpacker.decrypted(at, delivery.bytes(), metadata);
          try {
            byte[] part = new byte[payload.readableBytes()];
            payload.readBytes(part);
            found.put(metadata.getChunkId(), at, part);
          } finally {
            payload.release();
          }
        }
        consumer.done(delivery, Math.max(1, metadata.getNumMessagesInBatch()));
      } finally {
        delivery.bytes().release();
      }
    }
  }
}
