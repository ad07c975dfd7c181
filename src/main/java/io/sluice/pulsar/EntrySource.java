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
   * What the broker says of the rest of the log.
   *
   * @param tail the position behind the last entry that can be delivered; {@link Pos#EARLIEST} if
   *     nothing is stored
   * @param passed the position up to which every entry was polled here or will never be delivered
   */
  record Proof(Pos tail, Pos passed) {}

  /**
   * Asks the broker. It takes note of everything polled so far, so that {@code passed} can reach
   * over entries that are never delivered: transaction markers, aborted and filtered messages.
   *
   * @return the answer, or null while there is no connection
   */
  @Nullable Proof probe();

  @Override
  void close();
}
