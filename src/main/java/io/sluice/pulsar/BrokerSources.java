package io.sluice.pulsar;

import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import org.apache.pulsar.client.api.CryptoKeyReader;
import org.apache.pulsar.client.impl.TopicConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sources that read from a broker, with the JVM's shared client. */
final class BrokerSources implements EntrySources {

  private static final Logger LOG = LoggerFactory.getLogger(BrokerSources.class);

  static {
    if (!TopicConsumer.INSIDE_CLIENT) {
      LOG.warn(
          "Sluice and the Pulsar client are loaded by different class loaders, so messages are read"
              + " one by one, which is slower. Put both on the class path in the same way, or use"
              + " sluice.jar, which holds both");
    }
  }

  private final PulsarOptions options;
  private final boolean keeping;
  private final @Nullable CryptoKeyReader keys;

  /**
   * Creates a door to the broker.
   *
   * @param keeping whether sources rest for a later range when they are left
   */
  BrokerSources(PulsarOptions options, boolean keeping) {
    this.options = options;
    this.keeping = keeping;
    this.keys = options.cryptoKeys() == null ? null : options.cryptoKeys().reader();
  }

  @Override
  public @Nullable EntrySource resume(TopicPartition partition, Pos start) {
    return SourcePool.SHARED.resume(poolKey(), partition, start);
  }

  @Override
  public void leave(TopicPartition partition, Pos next, EntrySource source) {
    if (keeping) {
      SourcePool.SHARED.leave(poolKey(), partition, next, source);
    } else {
      source.close();
    }
  }

  private Object poolKey() {
    return poolKey(options);
  }

  /** What two sources must have in common for one to go on with the other's reader. */
  static Object poolKey(PulsarOptions options) {
    return Arrays.asList(options.connection(), options.cryptoKeys(), options.readCompacted());
  }

  @Override
  public EntrySource open(TopicPartition partition, Pos start) throws InterruptedException {
    if (options.readCompacted() && !TopicConsumer.INSIDE_CLIENT) {
      throw PulsarOptions.invalid(
          "Cannot use %s where Sluice and the Pulsar client have different class loaders: put both"
              + " on the class path in the same way, or use sluice.jar",
          PulsarOption.READ_COMPACTED.key());
    }
    LossReport losses = new LossReport(options);
    PulsarClients.Lease lease = PulsarClients.acquire(options.connection());
    try {
      return TopicConsumer.INSIDE_CLIENT
          ? EntryConsumerSource.open(
              lease, partition, start, options, entry(partition, losses), losses)
          : StandardEntrySource.open(lease, partition, start, options);
    } catch (ExecutionException failure) {
      lease.close();
      throw PulsarFailures.named(failure, "open " + partition, options.connection());
    } catch (RuntimeException | InterruptedException failure) {
      lease.close();
      throw failure;
    }
  }

  private StoredEntry entry(TopicPartition partition, LossReport losses) {
    var unpacker = new EntryUnpacker(partition, keys);
    return new StoredEntry(
        partition,
        unpacker,
        new ChunkedMessages(new ChunkLookback(options, partition, unpacker)),
        (lastChunk, uuid) ->
            losses.report(
                DataLoss.chunks(partition, lastChunk, uuid, options.chunkLookbackEntries())));
  }
}
