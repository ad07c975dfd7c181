package io.sluice.source;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.TopicPartition;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long the oldest message has been waiting to be read. The broker is asked for its publish time
 * only while something waits, and then every few seconds at most.
 */
final class BacklogAge {

  private static final Duration GOOD_FOR = Duration.ofSeconds(10);

  private final Function<Map<TopicPartition, Pos>, OptionalLong> oldestPublishTime;
  private final LongSupplier nanoTime;
  private final LongSupplier millis;
  private @Nullable Long askedAt;
  private OptionalLong oldest = OptionalLong.empty();

  /**
   * Creates an age that has not asked yet.
   *
   * @param oldestPublishTime the earliest publish time at some positions, milliseconds since the
   *     epoch
   * @param nanoTime the clock, as {@link System#nanoTime}
   * @param millis the time of day, as {@link System#currentTimeMillis}
   */
  BacklogAge(
      Function<Map<TopicPartition, Pos>, OptionalLong> oldestPublishTime,
      LongSupplier nanoTime,
      LongSupplier millis) {
    this.oldestPublishTime = oldestPublishTime;
    this.nanoTime = nanoTime;
    this.millis = millis;
  }

  /**
   * The age in seconds, from 0; empty if it cannot be told.
   *
   * @param waiting the next position to read of partitions where something waits
   */
  OptionalLong seconds(Map<TopicPartition, Pos> waiting) {
    if (waiting.isEmpty()) {
      askedAt = null;
      return OptionalLong.of(0);
    }
    Long before = askedAt;
    if (before == null || nanoTime.getAsLong() - before >= GOOD_FOR.toNanos()) {
      oldest = oldestPublishTime.apply(waiting);
      askedAt = nanoTime.getAsLong();
    }
    return oldest.isEmpty()
        ? oldest
        : OptionalLong.of(Math.max(0, (millis.getAsLong() - oldest.getAsLong()) / 1000));
  }
}
