package io.sluice.pulsar;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Delivers the entries of one topic partition from a position on, in order.
 *
 * <p>An entry may come again after a reconnect; none is left out that the broker delivers.
 */
interface EntrySource extends AutoCloseable {

  /**
   * The next whole entry, or null if none came in time. The entry of the call before is done with.
   *
   * @param timeout how long to wait
   */
  @Nullable RawEntry poll(Duration timeout);

  /** Takes back the entry of the last {@link #poll}, untouched, to give it again. */
  void giveBack();

  /**
   * Asks the broker up to which position every entry was polled here or will never be delivered:
   * transaction markers, aborted and filtered messages.
   *
   * @return that position, or null while there is no connection
   */
  @Nullable Pos passed();

  /** Where the oldest message begins whose last chunk was not polled yet, null if none. */
  @Nullable Pos oldestOpenChunk();

  /**
   * How many messages this source has recorded as lost, instead of failing, since it was opened.
   */
  default long losses() {
    return 0;
  }

  /** The bytes that have come and were not polled yet. */
  long heldBytes();

  /**
   * Rests between two ranges, without asking the broker for more.
   *
   * @return false if the source cannot be used again
   */
  boolean rest();

  /**
   * Goes on after a rest, where it stopped.
   *
   * @return false if the connection has changed meanwhile, so that a new source is needed
   */
  boolean resume();

  @Override
  void close();
}
