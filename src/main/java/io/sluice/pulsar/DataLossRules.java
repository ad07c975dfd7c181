package io.sluice.pulsar;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's part of noticing lost data, before a batch is logged.
 *
 * <p>The position's ledger is listed, and the log reaches up to the position: nothing is lost,
 * since data goes by whole ledgers, the oldest first. The ledger is not listed: what it held behind
 * the position is gone, or the topic was made anew, unless it was seen closed and ending there. The
 * log ends before the position: the topic was made anew or restored, or the checkpoint belongs to
 * another cluster.
 *
 * <p>Going on never repeats a message of a log that still reaches beyond the position: only where
 * it ends before is everything in it another log's.
 *
 * <p>The tail alone decides nothing, because a broker may answer wrongly while it loads a topic;
 * where the tail is not enough, the list of ledgers is asked for. That happens when the position's
 * ledger is not the tail's, and once per position when nothing is stored or the tail lies before
 * it, so that a stream without new data costs nothing.
 */
public final class DataLossRules {

  private static final Logger LOG = LoggerFactory.getLogger(DataLossRules.class);

  /** Tells the ledgers of partitions. */
  interface Ledgers {
    /** The ledgers of the partitions that exist, known to reach up to these tails. */
    Map<TopicPartition, TopicLedgers> reaching(Map<TopicPartition, Pos> tails);

    /** The ledgers of the partitions that exist, asked for now. */
    Map<TopicPartition, TopicLedgers> now(Collection<TopicPartition> partitions);
  }

  private final PulsarOptions options;
  private final String subscription;
  private final Ledgers ledgers;
  private final LossReport report;
  private final Map<TopicPartition, Pos> judged = new ConcurrentHashMap<>();
  private final AtomicBoolean warned = new AtomicBoolean();

  /** Creates the rules for a source that reads with a durable subscription. */
  public DataLossRules(PulsarOptions options, String subscription, LedgerMap ledgers) {
    this(
        options,
        subscription,
        new Ledgers() {
          @Override
          public Map<TopicPartition, TopicLedgers> reaching(Map<TopicPartition, Pos> tails) {
            return ledgers.knowing(tails);
          }

          @Override
          public Map<TopicPartition, TopicLedgers> now(Collection<TopicPartition> partitions) {
            return ledgers.refreshed(partitions);
          }
        });
  }

  DataLossRules(PulsarOptions options, String subscription, Ledgers ledgers) {
    this.options = options;
    this.subscription = subscription;
    this.ledgers = ledgers;
    this.report = new LossReport(options);
  }

  /**
   * The positions to read from.
   *
   * @param start the positions of the checkpoint
   * @param tails how far each partition goes; absent where the topic is gone
   * @param selected whether the source's topics contain a partition
   * @return the start of every partition that still exists. Where data was lost and the options say
   *     to go on, it is the next stored position; if that lies before the start, the offset must go
   *     back to exactly there before anything is read
   * @throws io.sluice.SluiceException DATA_LOSS if data was lost and the options say to fail
   */
  public Map<TopicPartition, Pos> check(
      Positions start, Map<TopicPartition, Pos> tails, Predicate<TopicPartition> selected) {
    Map<TopicPartition, Pos> there = new TreeMap<>(start.byPartition());
    there.keySet().retainAll(tails.keySet());
    Map<TopicPartition, Pos> gone = new TreeMap<>(start.byPartition());
    gone.keySet().removeAll(tails.keySet());
    Map<TopicPartition, Pos> unanswered = new TreeMap<>();
    if (!gone.isEmpty()) {
      // Forgetting a position that was not gone would read everything again.
      Set<TopicPartition> listed = ledgers.now(gone.keySet()).keySet();
      gone.forEach(
          (partition, position) -> {
            if (!selected.test(partition)) {
              report.report(DataLoss.deselected(partition, position));
            } else if (listed.contains(partition)) {
              unanswered.put(partition, position);
            } else {
              report.report(DataLoss.vanished(partition, position));
            }
          });
    }
    Map<TopicPartition, Pos> first = corrected(there, tails);
    first.putAll(unanswered);
    return first;
  }

  /**
   * Checks a batch that was logged before its data may have gone.
   *
   * @throws io.sluice.SluiceException DATA_LOSS if data was lost and the options say to fail
   */
  public void checkRanges(Positions start, Positions end) {
    Map<TopicPartition, Pos> read = new TreeMap<>();
    Map<TopicPartition, Pos> ends = new TreeMap<>();
    end.byPartition()
        .forEach(
            (partition, to) -> {
              Pos from = start.getOrEarliest(partition);
              if (from.isBefore(to)) {
                read.put(partition, from);
                ends.put(partition, to);
              }
            });
    corrected(read, ends);
  }

  private Map<TopicPartition, Pos> corrected(
      Map<TopicPartition, Pos> positions, Map<TopicPartition, Pos> tails) {
    Map<TopicPartition, Pos> doubtful = new TreeMap<>();
    Map<TopicPartition, Pos> beyond = new TreeMap<>();
    positions.forEach(
        (partition, position) -> {
          Pos tail = tails.getOrDefault(partition, Pos.EARLIEST);
          if (position.isEarliest()
              || (tail.ledger() == position.ledger() && !tail.isBefore(position))) {
            return;
          }
          if (!tail.isBefore(position)) {
            doubtful.put(partition, tail);
          } else if (!position.equals(judged.get(partition))) {
            doubtful.put(partition, tail);
            beyond.put(partition, position);
          }
        });
    // Only the newest list of ledgers tells where a log ends.
    Map<TopicPartition, TopicLedgers> known = new TreeMap<>(ledgers.now(beyond.keySet()));
    known.putAll(ledgers.reaching(doubtful));
    Map<TopicPartition, Pos> first = new TreeMap<>(positions);
    doubtful.forEach(
        (partition, tail) -> {
          TopicLedgers stored = known.get(partition);
          Pos position = first.get(partition);
          DataLoss loss =
              stored == null || position == null ? null : loss(partition, position, stored);
          if (loss != null) {
            report.report(loss);
            first.put(partition, loss.to() == null ? position : loss.to());
          }
        });
    judged.putAll(beyond);
    return first;
  }

  private @Nullable DataLoss loss(TopicPartition partition, Pos position, TopicLedgers stored) {
    Pos end = stored.end();
    if (end.isBefore(position)) {
      return DataLoss.beyondTheEnd(
          partition, position, orNull(stored.first()), "the topic ends at " + end);
    }
    Pos next = stored.firstInLaterLedger(position);
    if (stored.lists(position.ledger())) {
      Pos closed = stored.endOf(position.ledger());
      return closed.isBefore(position)
          ? DataLoss.beyondTheEnd(partition, position, next, "its ledger ends at " + closed)
          : null;
    }
    if (stored.reachesTheOldest(position)
        || consumed(partition, stored, position)
        || (options.readCompacted() && stored.compactedUpTo() != null)) {
      return null;
    }
    TopicLedgers.Cursor cursor = stored.cursors().get(subscription);
    return DataLoss.removed(
        partition,
        position,
        next,
        "ledger "
            + position.ledger()
            + " was trimmed, expired or removed before it was read, or the topic was made anew"
            + (cursor == null
                ? "; subscription " + subscription + " is gone"
                : "; subscription " + subscription + " stands at " + cursor.standing()));
  }

  private static @Nullable Pos orNull(Pos first) {
    return first.isEarliest() ? null : first;
  }

  /**
   * Without the retention pin a ledger goes as soon as everything in it is acknowledged, and the
   * subscription is moved to the oldest ledger that is left. It still carries the note of the last
   * acknowledgement then, which no skipping, truncation or deletion leaves in place.
   */
  private boolean consumed(TopicPartition partition, TopicLedgers stored, Pos position) {
    TopicLedgers.Cursor cursor = stored.cursors().get(subscription);
    DoneMark mark = cursor == null ? null : DoneMark.of(cursor.properties());
    if (options.retentionPin() || mark == null || !mark.position().equals(position)) {
      return false;
    }
    if (warned.compareAndSet(false, true)) {
      LOG.warn(
          "Ledger {} of {} was removed after everything before {} was read. If a TTL is set, what it"
              + " expired behind that position before it was read cannot be told from nothing, as"
              + " {}=false. Said once",
          position.ledger(),
          partition,
          position,
          PulsarOption.RETENTION_PIN.key());
    }
    return true;
  }

  /** How many losses were recorded, instead of failing. */
  public long events() {
    return report.events();
  }
}
