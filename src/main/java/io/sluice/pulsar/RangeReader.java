package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one range of one topic partition: every entry that the broker delivers in it, once.
 *
 * <p>The end is never guessed. A read is complete when an entry at or behind the end arrives, when
 * the entry before the end was read, or when the broker proves that nothing else of the range will
 * ever be delivered. Until one of these is so the read goes on, and fails after the poll time-out.
 */
public final class RangeReader implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RangeReader.class);
  private static final Duration FIRST_PROBE = Duration.ofMillis(100);
  private static final Duration LAST_PROBE = Duration.ofSeconds(5);

  /**
   * A broker may lose a subscription that arrives while it unloads the topic: it attaches it to the
   * topic that is being closed, after that topic's subscribers were told to reconnect. So silence
   * for this long, without proof that all is read, is answered with a new subscription.
   */
  private static final Duration STALLED = Duration.ofSeconds(5);

  private final ReadRange range;
  private final EntrySources sources;
  private final GapVerifier gaps;
  private final Duration timeout;
  private final Duration stalled;
  private final ReadCounters counters = new ReadCounters();
  private EntrySource source;
  private final boolean snapshot;
  private Pos position;
  private boolean done;
  private boolean verified;
  private long losses;
  private long lossesBefore;

  RangeReader(
      ReadRange range,
      EntrySources sources,
      GapVerifier gaps,
      Duration timeout,
      Duration stalled,
      boolean snapshot,
      boolean fresh)
      throws InterruptedException {
    this.snapshot = snapshot;
    this.range = range;
    this.sources = sources;
    this.gaps = gaps;
    this.timeout = timeout;
    this.stalled = stalled;
    this.position = range.start();
    this.done = !range.start().isBefore(range.end());
    EntrySource rested = fresh ? null : sources.resume(range.partition(), range.start());
    if (rested != null) {
      counters.fromCache();
    }
    this.source = rested == null ? opened() : rested;
    this.lossesBefore = source.losses();
  }

  private EntrySource opened() throws InterruptedException {
    try {
      return sources.open(range.partition(), range.start());
    } catch (SluiceException failure) {
      if (failure.condition() != Condition.TOPIC_NOT_FOUND || !gaps.vanished(range)) {
        throw failure;
      }
      done = true;
      return new NoEntries();
    }
  }

  /**
   * Opens a reader with the JVM's shared client, or takes the one that has read up to the range's
   * start.
   *
   * @param keep whether the reader is kept for the range that begins where this one ends
   * @param fresh whether the reader of the batch before must not be used, since it may be at fault
   * @throws SluiceException named, if the topic cannot be opened; DATA_LOSS if it does not exist
   *     any more and the options say to fail
   */
  public static RangeReader open(
      PulsarOptions options, ReadRange range, boolean keep, boolean fresh)
      throws InterruptedException {
    return new RangeReader(
        range,
        new BrokerSources(options, keep),
        GapVerifier.askingBroker(options),
        options.pollTimeout(),
        STALLED,
        /* snapshot= */ !keep,
        fresh);
  }

  /** Closes the readers of this JVM that rest at these partitions. */
  public static void forget(PulsarOptions options, Set<TopicPartition> partitions) {
    SourcePool.SHARED.forget(BrokerSources.poolKey(options), partitions);
  }

  /**
   * The next entry of the range, or null when the range is complete.
   *
   * @throws SluiceException READ_TIMEOUT if the broker neither delivers nor proves the end in time,
   *     DATA_LOSS if a part of the range is gone
   */
  public @Nullable RawEntry next() {
    RawEntry entry = nextOfRange();
    if (entry == null && snapshot && !verified) {
      verified = true;
      gaps.verifySnapshot(range);
    }
    return entry;
  }

  private @Nullable RawEntry nextOfRange() {
    long begun = System.nanoTime();
    long reopenAt = begun + stalled.toNanos();
    Duration patience = FIRST_PROBE;
    while (!done) {
      RawEntry entry = poll(patience);
      if (entry != null) {
        Pos at = new Pos(entry.ledger(), entry.entry());
        if (at.isBefore(position)) {
          counters.duplicate();
          continue;
        }
        if (!at.isBefore(range.end())) {
          source.giveBack();
          finish();
          return null;
        }
        if (!at.equals(position)) {
          counters.gap();
        }
        if (at.ledger() != position.ledger()) {
          gaps.verify(range, position, at);
        }
        position = Pos.after(at.ledger(), at.entry());
        counters.entry(entry.storedSize());
        done = !position.isBefore(range.end());
        return entry;
      }
      counters.probe();
      if (provedComplete()) {
        finish();
        return null;
      }
      long now = System.nanoTime();
      if (now - begun > timeout.toNanos()) {
        throw timedOut();
      }
      if (now - reopenAt > 0) {
        reopen();
        reopenAt = now + Math.min(2 * (now - begun), timeout.toNanos());
      }
      Duration longer = patience.multipliedBy(2);
      patience = longer.compareTo(LAST_PROBE) < 0 ? longer : LAST_PROBE;
    }
    return null;
  }

  private @Nullable RawEntry poll(Duration patience) {
    long before = System.nanoTime();
    RawEntry entry = source.poll(patience);
    counters.waited(System.nanoTime() - before);
    return entry;
  }

  private boolean provedComplete() {
    Pos passed = source.passed();
    return passed != null && !passed.isBefore(range.end());
  }

  private void finish() {
    gaps.verify(range, position, range.end());
    position = Pos.max(position, range.end());
    done = true;
  }

  private void reopen() {
    LOG.warn(
        "Nothing comes from {} at {}, although not all is read; subscribing anew",
        range.partition(),
        position);
    counters.reopen();
    losses += source.losses() - lossesBefore;
    source.close();
    try {
      source = sources.open(range.partition(), position);
      lossesBefore = 0;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new SluiceException(Condition.UNEXPECTED, "Stopped while opening " + range.partition());
    }
  }

  private SluiceException timedOut() {
    return new SluiceException(
        Condition.READ_TIMEOUT,
        "Nothing arrived from "
            + range
            + " for "
            + timeout.toSeconds()
            + " s, with "
            + position
            + " next to read, and the broker does not say that the rest is complete. Check the"
            + " broker, or raise pollTimeoutMs");
  }

  /**
   * Where the oldest message begins that ends behind the range, as far as this reader knows; null
   * if there is none, or if the range is not read yet.
   */
  public @Nullable Pos oldestOpenChunk() {
    return done ? source.oldestOpenChunk() : null;
  }

  /** How many gaps and lost messages of the range were recorded, instead of failing. */
  public long dataLossEvents() {
    return gaps.events() + losses + source.losses() - lossesBefore;
  }

  /** What was done so far. */
  public ReadCounters counters() {
    return counters;
  }

  /** Leaves the source to the range that begins where this one ended, or closes it. */
  @Override
  public void close() {
    if (done) {
      sources.leave(range.partition(), position, source);
    } else {
      source.close();
    }
  }
}
