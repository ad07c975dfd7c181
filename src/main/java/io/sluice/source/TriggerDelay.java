package io.sluice.source;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds a batch back until enough rows wait for it, or until long enough after the batch before.
 * The first batch goes at once, as in Spark's Kafka source.
 */
final class TriggerDelay {

  private final LongSupplier nanoTime;
  private @Nullable Long lastBatch;

  /**
   * Creates a delay that has seen no batch.
   *
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  TriggerDelay(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Whether a batch is due; if so, the next one is measured from now.
   *
   * @param enough whether enough rows wait; asked only when it matters
   * @param maxDelay how long after the batch before any number is enough
   */
  boolean isDue(BooleanSupplier enough, Duration maxDelay) {
    long now = nanoTime.getAsLong();
    Long before = lastBatch;
    if (before != null && now - before < maxDelay.toNanos() && !enough.getAsBoolean()) {
      return false;
    }
    lastBatch = now;
    return true;
  }
}
