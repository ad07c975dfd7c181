package io.sluice.pulsar;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.pulsar.client.impl.TopicConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the broker up to where a reader's own non-durable cursor has come: everything before was
 * polled, or will never be delivered.
 *
 * <p>What was polled is acknowledged first, because the broker moves the cursor's mark-delete
 * position over undeliverable entries only behind acknowledged ones. A reader of a compacted topic
 * acknowledges nothing, as nothing would move over what was compacted away; there the broker's
 * statistics tell. The broker begins to read on only when what it has read before is written to the
 * connection; so a cursor that waits for new entries, and an answer that has come by the connection
 * after that, leave nothing on the way.
 *
 * @param consumer whose cursor it is
 * @param compacted whether it reads what compaction has left
 */
record CursorProbe(
    TopicPartition partition, TopicConsumer consumer, PulsarOptions options, boolean compacted) {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * Up to where the log has passed the reader.
   *
   * @param polled the newest entry that is done with, null if there is none
   * @return that position, or null if it is not known, as there is no connection
   */
  @Nullable Pos passed(@Nullable Pos polled) {
    try {
      return compacted ? passedWaiting() : passedAcknowledged(polled);
    } catch (ExecutionException | TimeoutException noAnswer) {
      return null;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private @Nullable Pos passedAcknowledged(@Nullable Pos polled)
      throws ExecutionException, InterruptedException, TimeoutException {
    if (polled != null) {
      var unused =
          consumer.acknowledgeCumulativeAsync(
              new MessageIdImpl(polled.ledger(), polled.entry(), partition.partition()));
    }
    TopicConsumer.Tail tail = tail();
    if (tail.markDeleteLedger() >= 0) {
      return Pos.after(tail.markDeleteLedger(), tail.markDeleteEntry());
    }
    TopicLedgers.Cursor own = byStatistics();
    return own == null ? null : own.standing();
  }

  private @Nullable Pos passedWaiting()
      throws ExecutionException, InterruptedException, TimeoutException {
    TopicLedgers.Cursor own = byStatistics();
    if (own == null || own.waitsAt() == null) {
      return null;
    }
    tail();
    return own.waitsAt();
  }

  private TopicConsumer.Tail tail()
      throws ExecutionException, InterruptedException, TimeoutException {
    return consumer.tail().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * The broker's statistics know every cursor; they are dear, but this is asked in silence only.
   */
  private TopicLedgers.@Nullable Cursor byStatistics() {
    try (Cluster cluster = Cluster.open(options.connection())) {
      LedgerMap ledgers = new LedgerMap(cluster);
      ledgers.refresh(List.of(partition));
      TopicLedgers known = ledgers.known(partition);
      return known == null ? null : known.cursors().get(consumer.getSubscription());
    }
  }
}
