package io.sluice.pulsar;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sources that rest between two batches, found again by the position at which they go on.
 *
 * <p>A source is lent to one reader at a time, so none is closed while it is in use. One that
 * nobody asks for is closed after a while, the longest resting first when what they hold is too
 * much.
 */
final class SourcePool {

  private static final Duration MAX_REST = Duration.ofMinutes(2);
  private static final Duration SWEEP_INTERVAL = Duration.ofSeconds(10);
  private static final long MAX_HELD_BYTES = 256L << 20;

  /** The pool of this JVM. */
  static final SourcePool SHARED = new SourcePool(System::nanoTime, true);

  /** What makes a resting source the right one. */
  private record Place(Object connection, TopicPartition partition, Pos next) {}

  private record Resting(EntrySource source, long since) {}

  private final Map<Place, Resting> resting = new HashMap<>();
  private final LongSupplier clock;
  private final boolean sweeping;
  private boolean sweepDue;

  /**
   * Creates a pool.
   *
   * @param clock nanoseconds
   * @param sweeping whether it looks for old sources by itself
   */
  SourcePool(LongSupplier clock, boolean sweeping) {
    this.clock = clock;
    this.sweeping = sweeping;
  }

  /** The source that rests at a position, ready to go on, or null. */
  @Nullable EntrySource resume(Object connection, TopicPartition partition, Pos next) {
    Resting found;
    synchronized (this) {
      found = resting.remove(new Place(connection, partition, next));
    }
    if (found == null) {
      return null;
    }
    if (found.source.resume()) {
      return found.source;
    }
    found.source.close();
    return null;
  }

  /** Keeps a source for the range that begins at a position; closes it if it cannot rest. */
  void leave(Object connection, TopicPartition partition, Pos next, EntrySource source) {
    if (!source.rest()) {
      source.close();
      return;
    }
    Resting before;
    synchronized (this) {
      before =
          resting.put(
              new Place(connection, partition, next), new Resting(source, clock.getAsLong()));
      if (sweeping && !sweepDue) {
        sweepDue = true;
        sweepLater();
      }
    }
    if (before != null) {
      before.source.close();
    }
  }

  private void sweepLater() {
    CompletableFuture.delayedExecutor(SWEEP_INTERVAL.toSeconds(), TimeUnit.SECONDS)
        .execute(
            () -> {
              sweep();
              synchronized (this) {
                sweepDue = !resting.isEmpty();
                if (sweepDue) {
                  sweepLater();
                }
              }
            });
  }

  /** Closes what has rested too long, and the longest resting ones while they hold too much. */
  void sweep() {
    List<EntrySource> closing = new ArrayList<>();
    synchronized (this) {
      long now = clock.getAsLong();
      List<Map.Entry<Place, Resting>> oldestFirst = new ArrayList<>(resting.entrySet());
      oldestFirst.sort(Comparator.comparingLong(each -> each.getValue().since - now));
      long held = oldestFirst.stream().mapToLong(each -> each.getValue().source.heldBytes()).sum();
      for (Map.Entry<Place, Resting> each : oldestFirst) {
        Resting old = each.getValue();
        if (now - old.since > MAX_REST.toNanos() || held > MAX_HELD_BYTES) {
          held -= old.source.heldBytes();
          resting.remove(each.getKey());
          closing.add(old.source);
        }
      }
    }
    closing.forEach(EntrySource::close);
  }

  /** Closes what rests at partitions that nobody here reads any more. */
  void forget(Object connection, Set<TopicPartition> partitions) {
    List<EntrySource> closing = new ArrayList<>();
    synchronized (this) {
      Iterator<Map.Entry<Place, Resting>> each = resting.entrySet().iterator();
      while (each.hasNext()) {
        Map.Entry<Place, Resting> next = each.next();
        if (next.getKey().connection.equals(connection)
            && partitions.contains(next.getKey().partition)) {
          closing.add(next.getValue().source);
          each.remove();
        }
      }
    }
    closing.forEach(EntrySource::close);
  }
}
