package io.sluice.pulsar;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pulsar.client.impl.TopicConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the durable subscription behind what was read, and notices when somebody else has moved it.
 *
 * <p>The subscription decides nothing about what is read. It keeps unread data alive; so one that
 * was moved back or made anew is moved forward again, and one that was moved over unread data is
 * reported, since only a seek could bring it back.
 */
final class Acknowledger {

  private static final Logger LOG = LoggerFactory.getLogger(Acknowledger.class);

  /** How often the ledgers are looked at of a partition that nothing is pinned of any more. */
  private static final long LOOKING = TimeUnit.SECONDS.toNanos(60);

  private final LedgerMap ledgers;
  private final String subscription;
  private final boolean pin;
  private final Map<TopicPartition, Pos> done = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Pos> acknowledged = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Pos> judged = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Pos> suspects = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Long> lookedAt = new ConcurrentHashMap<>();
  private final Set<TopicPartition> movedBack = ConcurrentHashMap.newKeySet();
  private final Set<TopicPartition> movedForward = ConcurrentHashMap.newKeySet();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong changes = new AtomicLong();

  /**
   * Creates an acknowledger that has seen nothing yet.
   *
   * @param pin whether the last read entry stays unacknowledged, which keeps its ledger listed
   */
  Acknowledger(LedgerMap ledgers, String subscription, boolean pin) {
    this.ledgers = ledgers;
    this.subscription = subscription;
    this.pin = pin;
  }

  /**
   * Acknowledges everything before a position, in the background. A failure is logged and tried
   * again with the next call: it costs disk on the broker, never data.
   */
  void acknowledge(TopicPartition partition, Pos position, TopicConsumer consumer) {
    done.put(partition, position);
    Pos target = target(position, ledgers.known(partition));
    if (target == null || !acknowledged.getOrDefault(partition, Pos.EARLIEST).isBefore(target)) {
      return;
    }
    var unused =
        consumer
            .acknowledgeUpTo(target.ledger(), target.entry(), mark(position))
            .whenComplete(
                (receipt, failure) -> {
                  if (failure == null) {
                    acknowledged.merge(partition, target, Pos::max);
                    changes.incrementAndGet();
                  } else {
                    failures.incrementAndGet();
                    LOG.warn(
                        "Cannot acknowledge {} up to {} yet: {}",
                        partition,
                        target,
                        failure.toString());
                  }
                });
  }

  /** Pinned, the ledger itself is the evidence of where reading stands. */
  private Map<String, Long> mark(Pos position) {
    return pin ? Map.of() : new DoneMark(position).properties();
  }

  /** The last entry to acknowledge when everything before the position is done, or null. */
  private @Nullable Pos target(Pos position, @Nullable TopicLedgers known) {
    if (position.isEarliest()) {
      return null;
    }
    Pos last = lastEntryBefore(position, known);
    return !pin || last == null ? last : lastEntryBefore(last, known);
  }

  private static @Nullable Pos lastEntryBefore(Pos position, @Nullable TopicLedgers known) {
    if (position.entry() > 0) {
      return new Pos(position.ledger(), position.entry() - 1);
    }
    return known == null ? null : known.lastEntryBefore(position);
  }

  /**
   * Compares where the subscription stands with where this acknowledger has moved it.
   *
   * @param standing the position behind its mark-delete position
   */
  void seen(TopicPartition partition, Pos standing, TopicConsumer consumer) {
    Pos target = acknowledged.get(partition);
    Pos read = done.get(partition);
    if (read == null || read.isEarliest()) {
      return;
    }
    watchUnpinned(partition, read, standing);
    if (target != null && !target.isBefore(standing)) {
      if (movedBack.add(partition)) {
        LOG.warn(
            "Subscription {} of {} stands at {} although it was acknowledged up to {}: it was"
                + " deleted or moved back, or the broker lost its last state. It is moved forward"
                + " again; nothing is read twice",
            subscription,
            partition,
            standing,
            target);
      }
      acknowledged.remove(partition, target);
      changes.incrementAndGet();
      acknowledge(partition, read, consumer);
    } else if (read.isBefore(standing) && !standing.equals(judged.put(partition, standing))) {
      suspects.put(partition, standing);
    }
  }

  /**
   * Sees to it that a ledger's end is known before the ledger goes, once its pinned entry has been
   * taken: it is looked at now and then.
   */
  private void watchUnpinned(TopicPartition partition, Pos read, Pos standing) {
    if (!pin || standing.isBefore(read)) {
      lookedAt.remove(partition);
      return;
    }
    long now = System.nanoTime();
    Long before = lookedAt.get(partition);
    if (before == null || now - before >= LOOKING) {
      lookedAt.put(partition, now);
      suspects.put(partition, standing);
    }
  }

  /**
   * Warns of the subscriptions that were seen behind unread entries. The broker itself moves one
   * only from the end of a ledger to the start of the next.
   */
  void judgeSuspects() {
    if (!suspects.isEmpty()) {
      ledgers.refresh(suspects.keySet());
      suspects.forEach(this::judge);
      suspects.clear();
    }
  }

  private void judge(TopicPartition partition, Pos standing) {
    Pos read = done.getOrDefault(partition, Pos.EARLIEST);
    if (!ledgers.segments(partition, read, standing).isEmpty() && movedForward.add(partition)) {
      LOG.warn(
          "Subscription {} of {} was moved to {} by somebody else (TTL, skipped or acknowledged"
              + " messages, another query), but everything from {} on is still to be read: until"
              + " then retention may delete it",
          subscription,
          partition,
          standing,
          read);
    }
  }

  /** The positions behind what was acknowledged. */
  Positions acknowledged() {
    Map<TopicPartition, Pos> behind = new TreeMap<>();
    acknowledged.forEach((partition, entry) -> behind.put(partition, entry.behind()));
    return Positions.of(behind);
  }

  /** A number that changes whenever {@link #acknowledged} does. */
  long changes() {
    return changes.get();
  }

  /** How many acknowledgements have failed since the start. */
  long failures() {
    return failures.get();
  }
}
