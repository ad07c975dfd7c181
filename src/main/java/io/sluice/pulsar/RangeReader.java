package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one range of one topic partition: every entry that the broker delivers in it, once.
 *
 * <p>The end is never guessed. A read is complete when an entry at or behind the end arrives, when
 * the entry before the end was read, or when the broker proves that nothing else of the range will
 * ever be delivered. Until one of these is so the read goes on, and fails after the poll time-out.
 */
public final class RangeReader implements AutoCloseable {

  private static final Duration FIRST_PROBE = Duration.ofMillis(500);
  private static final Duration LAST_PROBE = Duration.ofSeconds(10);

  private final ReadRange range;
  private final EntrySource source;
  private final GapVerifier gaps;
  private final Duration timeout;
  private final AutoCloseable lease;
  private Pos position;
  private boolean done;

  RangeReader(
      ReadRange range,
      EntrySource source,
      GapVerifier gaps,
      Duration timeout,
      AutoCloseable lease) {
    this.range = range;
    this.source = source;
    this.gaps = gaps;
    this.timeout = timeout;
    this.lease = lease;
    this.position = range.start();
    this.done = !range.start().isBefore(range.end());
  }

  /**
   * Opens a reader with the JVM's shared client.
   *
   * @throws SluiceException named, if the topic cannot be opened
   */
  public static RangeReader open(PulsarOptions options, ReadRange range)
      throws InterruptedException {
    PulsarClients.Lease lease = PulsarClients.acquire(options.connection());
    try {
      EntrySource source =
          StandardEntrySource.open(
              lease.client(), range.partition(), range.start(), options.receiverQueueSize());
      return new RangeReader(
          range, source, GapVerifier.askingBroker(options), options.pollTimeout(), lease);
    } catch (ExecutionException failure) {
      lease.close();
      throw PulsarFailures.named(failure, "open " + range.partition(), options.connection());
    } catch (RuntimeException | InterruptedException failure) {
      lease.close();
      throw failure;
    }
  }

  /**
   * The next entry of the range, or null when the range is complete.
   *
   * @throws SluiceException READ_TIMEOUT if the broker neither delivers nor proves the end in time,
   *     DATA_LOSS if a part of the range is gone
   */
  public @Nullable RawEntry next() {
    long idleSince = System.nanoTime();
    Duration patience = FIRST_PROBE;
    while (!done) {
      RawEntry entry = source.poll(patience);
      if (entry != null) {
        Pos at = new Pos(entry.ledger(), entry.entry());
        if (at.isBefore(position)) {
          continue;
        }
        if (!at.isBefore(range.end())) {
          gaps.verify(range, position, range.end());
          done = true;
          return null;
        }
        if (at.ledger() != position.ledger()) {
          gaps.verify(range, position, at);
        }
        position = Pos.after(at.ledger(), at.entry());
        done = !position.isBefore(range.end());
        return entry;
      }
      if (provedComplete()) {
        gaps.verify(range, position, range.end());
        done = true;
        return null;
      }
      if (System.nanoTime() - idleSince > timeout.toNanos()) {
        throw new SluiceException(
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
      Duration longer = patience.multipliedBy(2);
      patience = longer.compareTo(LAST_PROBE) < 0 ? longer : LAST_PROBE;
    }
    return null;
  }

  private boolean provedComplete() {
    Pos passed = source.passed();
    return passed != null && !passed.isBefore(range.end());
  }

  @Override
  public void close() {
    source.close();
    try {
      lease.close();
    } catch (Exception failure) {
      throw new IllegalStateException("Cannot release the Pulsar client", failure);
    }
  }
}
