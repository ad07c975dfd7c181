package io.sluice.pulsar;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.pulsar.client.impl.TopicConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's consumer on every partition. It receives no message: it holds the durable
 * subscription that keeps unread data alive, tells the tail, and acknowledges what is done.
 *
 * <p>Acknowledging is cumulative and only ever moves forward; the subscription is never sought, and
 * never removed when the query stops.
 */
public final class DriverCursors implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DriverCursors.class);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration SETTLING = Duration.ofSeconds(3);
  private static final int QUEUE_NOTHING = 0;

  private final Cluster cluster;
  private final LedgerMap ledgers;
  private final @Nullable String subscription;
  private final boolean pin;
  private final Map<TopicPartition, TopicConsumer> consumers = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Pos> highest = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Pos> acknowledged = new ConcurrentHashMap<>();
  private final AtomicLong ackFailures = new AtomicLong();

  private DriverCursors(
      Cluster cluster, LedgerMap ledgers, @Nullable String subscription, boolean pin) {
    this.cluster = cluster;
    this.ledgers = ledgers;
    this.subscription = subscription;
    this.pin = pin;
  }

  /**
   * Cursors on a durable subscription, which is made where it does not exist.
   *
   * @param pin whether the last read entry stays unacknowledged, which keeps its ledger listed
   */
  public static DriverCursors durable(
      Cluster cluster, LedgerMap ledgers, String subscription, boolean pin) {
    return new DriverCursors(cluster, ledgers, subscription, pin);
  }

  /** Cursors that leave no trace on the broker, for reads that happen once. */
  public static DriverCursors transientOnes(Cluster cluster, LedgerMap ledgers) {
    return new DriverCursors(cluster, ledgers, null, false);
  }

  /**
   * The position behind the last deliverable entry of each partition; {@link Pos#EARLIEST} where
   * nothing is stored. Partitions whose topic does not exist are absent.
   *
   * @throws io.sluice.SluiceException if a partition does not answer within 30 seconds
   */
  public Map<TopicPartition, Pos> tails(Collection<TopicPartition> partitions) {
    return tails(partitions, SubscriptionInitialPosition.Earliest);
  }

  /** As {@link #tails}, but a subscription that does not exist yet begins at the tail. */
  public Map<TopicPartition, Pos> tailsBeginningAtLatest(Collection<TopicPartition> partitions) {
    return tails(partitions, SubscriptionInitialPosition.Latest);
  }

  private Map<TopicPartition, Pos> tails(
      Collection<TopicPartition> partitions, SubscriptionInitialPosition initial) {
    Map<TopicPartition, Pos> tails = new TreeMap<>();
    Set<TopicPartition> pending = new TreeSet<>(partitions);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    long pauseMillis = 50;
    while (true) {
      List<Answer> answers = Cluster.forAll(pending, partition -> ask(partition, initial));
      Throwable lastFailure = null;
      Set<TopicPartition> doubtful = doubtful(answers, deadline);
      for (Answer answer : answers) {
        if (doubtful.contains(answer.partition)) {
          lastFailure = new IllegalStateException("The broker is loading " + answer.partition);
          continue;
        }
        if (answer.failure == null) {
          tails.put(answer.partition, answer.tail);
          highest.merge(answer.partition, answer.tail, Pos::max);
        } else if (!PulsarFailures.isMissing(answer.failure)) {
          lastFailure = answer.failure;
          continue;
        }
        pending.remove(answer.partition);
      }
      if (lastFailure == null) {
        return tails;
      }
      if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
        throw PulsarFailures.named(lastFailure, "find the end of " + pending, cluster.connection());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
      pauseMillis = Math.min(2 * pauseMillis, 2000);
    }
  }

  /**
   * The partitions whose answer must be asked for again. By its source, a broker with transactions
   * may say "nothing" while it unloads a topic. An answer that goes back, or that says "nothing"
   * where entries are stored, counts only when it has been the same for a while.
   */
  private Set<TopicPartition> doubtful(List<Answer> answers, long deadline) {
    Set<TopicPartition> backward = new TreeSet<>();
    for (Answer answer : answers) {
      Pos before = highest.get(answer.partition);
      if (answer.failure == null
          && (before == null ? answer.tail.isEarliest() : answer.tail.isBefore(before))) {
        backward.add(answer.partition);
      }
    }
    boolean waitedEnough = deadline - System.nanoTime() < PATIENCE.minus(SETTLING).toNanos();
    if (backward.isEmpty() || waitedEnough) {
      return Set.of();
    }
    ledgers.refresh(backward);
    backward.removeIf(
        partition -> {
          TopicLedgers stored = ledgers.known(partition);
          return stored == null || stored.first().isEarliest();
        });
    return backward;
  }

  private record Answer(TopicPartition partition, Pos tail, @Nullable Throwable failure) {}

  private CompletableFuture<Answer> ask(
      TopicPartition partition, SubscriptionInitialPosition initial) {
    return consumer(partition, initial)
        .thenCompose(TopicConsumer::tail)
        .handle(
            (tail, failure) -> {
              if (failure != null) {
                drop(partition);
                return new Answer(partition, Pos.EARLIEST, failure);
              }
              boolean nothing = tail.lastLedger() < 0 || tail.lastEntry() < 0;
              return new Answer(
                  partition,
                  nothing ? Pos.EARLIEST : Pos.after(tail.lastLedger(), tail.lastEntry()),
                  null);
            });
  }

  private CompletableFuture<TopicConsumer> consumer(
      TopicPartition partition, SubscriptionInitialPosition initial) {
    TopicConsumer open = consumers.get(partition);
    if (open != null) {
      return CompletableFuture.completedFuture(open);
    }
    CompletableFuture<TopicConsumer> opening =
        subscription == null
            ? TopicConsumer.openReader(
                cluster.client(),
                partition.fullName(),
                ReaderName.fresh(),
                MessageId.earliest,
                QUEUE_NOTHING)
            : TopicConsumer.openCursor(
                cluster.client(), partition.fullName(), subscription, initial);
    return opening.thenApply(
        opened -> {
          consumers.put(partition, opened);
          return opened;
        });
  }

  private void drop(TopicPartition partition) {
    TopicConsumer consumer = consumers.remove(partition);
    if (consumer != null) {
      var unused = consumer.closeAsync();
    }
  }

  /**
   * Acknowledges everything before these positions, in the background. A failure is logged and
   * tried again with the next call: it costs disk on the broker, never data.
   */
  public void acknowledge(Positions read) {
    read.byPartition()
        .forEach(
            (partition, position) -> {
              TopicConsumer consumer = consumers.get(partition);
              Pos target = target(position, ledgers.known(partition));
              if (consumer == null
                  || target == null
                  || !acknowledged.getOrDefault(partition, Pos.EARLIEST).isBefore(target)) {
                return;
              }
              var unused =
                  consumer
                      .acknowledgeCumulativeAsync(
                          new MessageIdImpl(target.ledger(), target.entry(), partition.partition()))
                      .whenComplete(
                          (done, failure) -> {
                            if (failure == null) {
                              acknowledged.merge(partition, target, Pos::max);
                            } else {
                              ackFailures.incrementAndGet();
                              LOG.warn(
                                  "Cannot acknowledge {} up to {} yet: {}",
                                  partition,
                                  target,
                                  failure.toString());
                            }
                          });
            });
  }

  /** The last entry to acknowledge when everything before the position is done, or null. */
  private @Nullable Pos target(Pos position, @Nullable TopicLedgers ledgers) {
    if (position.isEarliest()) {
      return null;
    }
    Pos last = lastEntryBefore(position, ledgers);
    return !pin || last == null ? last : lastEntryBefore(last, ledgers);
  }

  private static @Nullable Pos lastEntryBefore(Pos position, @Nullable TopicLedgers ledgers) {
    if (position.entry() > 0) {
      return new Pos(position.ledger(), position.entry() - 1);
    }
    return ledgers == null ? null : ledgers.lastEntryBefore(position);
  }

  /** The positions behind what this query has acknowledged since its start. */
  public Positions acknowledged() {
    Map<TopicPartition, Pos> behind = new TreeMap<>();
    acknowledged.forEach((partition, entry) -> behind.put(partition, entry.behind()));
    return Positions.of(behind);
  }

  /** How many acknowledgements have failed since the start. */
  public long ackFailures() {
    return ackFailures.get();
  }

  @Override
  public void close() {
    CompletableFuture<?>[] closing =
        consumers.values().stream()
            .map(TopicConsumer::closeAsync)
            .toArray(CompletableFuture[]::new);
    consumers.clear();
    CompletableFuture.allOf(closing)
        .orTimeout(5, TimeUnit.SECONDS)
        .exceptionally(
            failure -> {
              LOG.warn("Some cursors did not close: {}", failure.toString());
              return null;
            })
        .join();
  }
}
