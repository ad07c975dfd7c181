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
   * The next whole entry, or null if none came in time.
   *
   * @param timeout how long to wait
   */
  @Nullable RawEntry poll(Duration timeout);

  /**
   * Asks the broker up to which position every entry was polled here or will never be delivered:
   * transaction markers, aborted and filtered messages.
   *
   * @return that position, or null while there is no connection
   */
  @Nullable Pos passed();

  @Override
  void close();
}
