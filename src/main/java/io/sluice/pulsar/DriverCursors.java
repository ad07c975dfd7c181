package io.sluice.pulsar;

import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
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
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.impl.TopicConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's consumer on every partition. It receives no message: it holds the durable
 * subscription that keeps unread data alive, tells the tail, and acknowledges what is done.
 *
 * <p>Acknowledging is cumulative and only ever moves forward; the subscription is never sought, and
 * never removed when the query stops. Wherever it does not exist it begins at the oldest entry,
 * also when a query begins at the latest one: the client would use the same place again when it
 * makes a subscription anew that somebody has deleted. No wait is unbounded.
 */
public final class DriverCursors implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DriverCursors.class);
  private static final Duration PATIENCE = Duration.ofSeconds(Cluster.PATIENCE_SECONDS);

  /** A question whose answer got lost is put again, by a new consumer, while there is time. */
  private static final Duration PATIENCE_OF_ONE = Duration.ofSeconds(10);

  private static final int QUEUE_NOTHING = 0;

  /** Consumers replaced at once, so that a trigger stays quick and a broker is not flooded. */
  private static final int RENEWALS = 8;

  private final Cluster cluster;
  private final LedgerMap ledgers;
  private final @Nullable String subscription;
  private final @Nullable Acknowledger acknowledger;
  private final boolean compacted;
  private final Map<TopicPartition, CompletableFuture<TopicConsumer>> consumers =
      new ConcurrentHashMap<>();
  private final TailTrust trust = new TailTrust();

  private DriverCursors(
      Cluster cluster,
      LedgerMap ledgers,
      @Nullable String subscription,
      boolean pin,
      boolean compacted) {
    this.compacted = compacted;
    this.cluster = cluster;
    this.ledgers = ledgers;
    this.subscription = subscription;
    this.acknowledger = subscription == null ? null : new Acknowledger(ledgers, subscription, pin);
  }

  /**
   * Cursors on a durable subscription, which is made where it does not exist.
   *
   * @param options whether the last read entry stays unacknowledged, which keeps its ledger listed,
   *     and whether a topic is read as compaction has left it
   */
  public static DriverCursors durable(
      Cluster cluster, LedgerMap ledgers, String subscription, PulsarOptions options) {
    return new DriverCursors(
        cluster, ledgers, subscription, options.retentionPin(), options.readCompacted());
  }

  /**
   * Cursors that leave no trace on the broker, for reads that happen once.
   *
   * @param compacted whether a topic is read as compaction has left it
   */
  public static DriverCursors transientOnes(Cluster cluster, LedgerMap ledgers, boolean compacted) {
    return new DriverCursors(cluster, ledgers, null, false, compacted);
  }

  /** As the other, when nothing has been read yet. */
  public Map<TopicPartition, Pos> tails(Collection<TopicPartition> partitions) {
    return tails(partitions, Positions.of(Map.of()));
  }

  /**
   * The position behind the last deliverable entry of each partition; {@link Pos#EARLIEST} where
   * nothing is stored, not even what compaction has left. Partitions whose topic does not exist are
   * absent.
   *
   * <p>An answer that lies before an earlier one or before what was read already, or that says
   * "nothing" where entries are stored, counts only when new consumers have given it for three
   * seconds; see {@link TailTrust}.
   *
   * @param read how far each partition has been read by the checkpoint
   * @throws io.sluice.SluiceException naming a partition that does not answer within a minute
   */
  public Map<TopicPartition, Pos> tails(Collection<TopicPartition> partitions, Positions read) {
    trust.expect(read);
    trust.begin();
    Map<TopicPartition, Pos> tails = new TreeMap<>();
    Set<TopicPartition> pending = new TreeSet<>(partitions);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    long pauseMillis = 50;
    while (true) {
      boolean few = pending.size() <= RENEWALS;
      List<Answer> answers =
          Cluster.forAll(pending, partition -> ask(partition, few, deadline - System.nanoTime()));
      Set<TopicPartition> empty = knownEmpty(answers);
      Answer open = null;
      for (Answer answer : answers) {
        TopicPartition partition = answer.partition;
        if (answer.failure != null) {
          if (PulsarFailures.isMissing(answer.failure)) {
            trust.forget(partition);
            pending.remove(partition);
          } else {
            open = answer;
          }
        } else if (believed(answer, empty)) {
          trust.believe(partition, answer.tail, System.nanoTime());
          tails.put(
              partition,
              compacted && answer.tail.isEarliest()
                  ? ledgers.compactedUpTo(partition)
                  : answer.tail);
          pending.remove(partition);
          watch(partition, answer.standing);
        } else {
          drop(partition);
          open = answer;
        }
      }
      if (open == null) {
        if (acknowledger != null) {
          acknowledger.judgeSuspects();
        }
        renew(tails.keySet());
        return tails;
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new UncheckedIOException(
            new InterruptedIOException("Stopped while asking for the end of " + open.partition));
      }
      if (System.nanoTime() > deadline) {
        throw unanswered(open, pending.size() - 1);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
      pauseMillis = Math.min(2 * pauseMillis, 1000);
    }
  }

  private RuntimeException unanswered(Answer open, int others) {
    Throwable failure =
        open.failure != null
            ? open.failure
            : new PulsarClientException("its answers do not settle, the last was " + open.tail);
    String also = others == 0 ? "" : " and of " + others + " other partitions";
    return PulsarFailures.named(
        failure, "find the end of " + open.partition + also, cluster.connection());
  }

  private boolean believed(Answer answer, Set<TopicPartition> empty) {
    return !trust.doubtful(answer.partition, answer.tail)
        || trust.settled(answer.partition, answer.tail, System.nanoTime())
        || (answer.tail.isEarliest() && empty.contains(answer.partition));
  }

  /** Those of which nothing is stored; asked for when "nothing" is said for the first time. */
  private Set<TopicPartition> knownEmpty(List<Answer> answers) {
    Set<TopicPartition> empty = new TreeSet<>();
    for (Answer answer : answers) {
      if (answer.failure == null
          && trust.doubtful(answer.partition, answer.tail)
          && trust.firstDoubt(answer.partition, answer.tail, System.nanoTime())
          && answer.tail.isEarliest()) {
        empty.add(answer.partition);
      }
    }
    ledgers.refresh(empty);
    empty.removeIf(
        partition -> {
          TopicLedgers stored = ledgers.known(partition);
          return stored != null && !stored.first().isEarliest();
        });
    return empty;
  }

  private void renew(Collection<TopicPartition> partitions) {
    long now = System.nanoTime();
    partitions.stream()
        .filter(partition -> trust.renewalDue(partition, now))
        .limit(RENEWALS)
        .forEach(
            partition -> {
              drop(partition);
              trust.renewed(partition, now);
            });
  }

  /** What one partition said; {@code standing} is where its subscription is, null if unknown. */
  private record Answer(
      TopicPartition partition, Pos tail, @Nullable Pos standing, @Nullable Throwable failure) {}

  private CompletableFuture<Answer> ask(TopicPartition partition, boolean few, long patienceNanos) {
    CompletableFuture<TopicConsumer> consumer =
        consumers.computeIfAbsent(partition, this::openConsumer);
    return consumer
        .thenCompose(TopicConsumer::tail)
        .orTimeout(
            Math.max(1, Math.min(PATIENCE_OF_ONE.toNanos(), patienceNanos)), TimeUnit.NANOSECONDS)
        .handle(
            (tail, failure) -> {
              if (failure != null) {
                // Of many that are still being opened each is waited for: the broker has enough to
                // do.
                if (few || consumer.isDone()) {
                  drop(partition);
                }
                return new Answer(partition, Pos.EARLIEST, null, explained(failure));
              }
              boolean nothing = tail.lastLedger() < 0 || tail.lastEntry() < 0;
              return new Answer(
                  partition,
                  nothing ? Pos.EARLIEST : Pos.after(tail.lastLedger(), tail.lastEntry()),
                  tail.markDeleteLedger() < 0
                      ? null
                      : Pos.after(tail.markDeleteLedger(), tail.markDeleteEntry()),
                  null);
            });
  }

  private void watch(TopicPartition partition, @Nullable Pos standing) {
    TopicConsumer consumer = opened(partition);
    if (acknowledger != null && standing != null && consumer != null) {
      acknowledger.seen(partition, standing, consumer);
    }
  }

  private @Nullable TopicConsumer opened(TopicPartition partition) {
    CompletableFuture<TopicConsumer> consumer = consumers.get(partition);
    return consumer == null || !consumer.isDone() || consumer.isCompletedExceptionally()
        ? null
        : consumer.join();
  }

  private static Throwable explained(Throwable failure) {
    return failure instanceof TimeoutException
        ? new PulsarClientException.TimeoutException(
            "no answer within " + PATIENCE.toSeconds() + " s")
        : failure;
  }

  private CompletableFuture<TopicConsumer> openConsumer(TopicPartition partition) {
    return subscription == null
        ? TopicConsumer.openReader(
            cluster.client(),
            partition.fullName(),
            ReaderName.fresh(),
            MessageId.earliest,
            QUEUE_NOTHING)
        : TopicConsumer.openCursor(cluster.client(), partition.fullName(), subscription);
  }

  private void drop(TopicPartition partition) {
    CompletableFuture<TopicConsumer> consumer = consumers.remove(partition);
    if (consumer != null) {
      var unused = consumer.thenCompose(TopicConsumer::closeAsync);
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
              TopicConsumer consumer = opened(partition);
              if (acknowledger != null && consumer != null) {
                acknowledger.acknowledge(partition, position, consumer);
              }
            });
  }

  /** The positions behind what this query has acknowledged since its start. */
  public Positions acknowledged() {
    return acknowledger == null ? Positions.of(Map.of()) : acknowledger.acknowledged();
  }

  /** A number that changes whenever {@link #acknowledged} does. */
  public long ackChanges() {
    return acknowledger == null ? 0 : acknowledger.changes();
  }

  /** How many acknowledgements have failed since the start. */
  public long ackFailures() {
    return acknowledger == null ? 0 : acknowledger.failures();
  }

  @Override
  public void close() {
    CompletableFuture<?>[] closing =
        consumers.values().stream()
            .map(consumer -> consumer.thenCompose(TopicConsumer::closeAsync))
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
