package io.sluice.source;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.TopicPartition;
import java.io.Serializable;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps acknowledgements behind the first chunk of every message that a batch has left unfinished:
 * what is acknowledged may be trimmed, and its last chunk comes in a later batch.
 */
final class ChunkHoldback {

  /** A producer that has not finished a message by then is taken for gone. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /**
   * What a task says when it has read its range.
   *
   * @param partition what it read
   * @param first the oldest first chunk of its unfinished messages, null if there are none
   * @param whole whether it has seen everything before its range as well
   */
  record Report(TopicPartition partition, @Nullable Pos first, boolean whole)
      implements Serializable {}

  private record Hold(Pos first, long since) {}

  private final Map<TopicPartition, Hold> holds = new TreeMap<>();
  private final LongSupplier clock;

  /**
   * Creates a holdback that holds nothing.
   *
   * @param clock nanoseconds
   */
  ChunkHoldback(LongSupplier clock) {
    this.clock = clock;
  }

  /** Takes in what the tasks of a batch have said. */
  void add(Collection<Report> reports) {
    long now = clock.getAsLong();
    holds.values().removeIf(hold -> now - hold.since > PATIENCE.toNanos());
    reports.stream().filter(Report::whole).forEach(report -> holds.remove(report.partition));
    for (Report report : reports) {
      Pos first = report.first;
      if (first != null) {
        holds.merge(
            report.partition,
            new Hold(first, now),
            (old, added) -> added.first.isBefore(old.first) ? added : old);
      }
    }
  }

  /** How far may be acknowledged when everything before these positions is done. */
  Positions limit(Positions done) {
    if (holds.isEmpty()) {
      return done;
    }
    Map<TopicPartition, Pos> limited = new TreeMap<>(done.byPartition());
    holds.forEach(
        (partition, hold) ->
            limited.computeIfPresent(
                partition, (same, pos) -> hold.first.isBefore(pos) ? hold.first : pos));
    return Positions.of(limited);
  }
}
