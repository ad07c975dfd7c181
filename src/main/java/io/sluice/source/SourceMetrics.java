package io.sluice.source;

import io.sluice.pulsar.DriverCursors;
import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.LedgerMap.Size;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.TopicPartition;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a stream that Spark shows with its progress. They come from what a trigger has
 * learned anyway; only the age of a backlog is asked for, see {@link BacklogAge}.
 */
final class SourceMetrics {

  /** Partitions looked at for the oldest message, those with the most entries. */
  private static final int AGED_PARTITIONS = 16;

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final LedgerMap ledgers;
  private final DriverCursors cursors;
  private final LongSupplier losses;
  private final BacklogAge age;
  private @Nullable Lags lags;
  private @Nullable Positions runStart;
  private Positions tails = Positions.of(Map.of());
  private long planningNanos;

  /**
   * What lies between positions.
   *
   * @param consumed the end of the last batch
   * @param tails how far each partition goes
   * @param acks the number of the acknowledgements that {@code ackLag} counts from
   * @param backlog what waits
   * @param ackLag entries that were read and not acknowledged yet
   * @param longest the next positions of the partitions where most waits
   */
  private record Lags(
      Positions consumed,
      Positions tails,
      long acks,
      Size backlog,
      long ackLag,
      Map<TopicPartition, Pos> longest) {}

  /**
   * Creates the figures of a stream that has planned nothing yet.
   *
   * @param losses how many losses were recorded instead of failing
   */
  SourceMetrics(LedgerMap ledgers, DriverCursors cursors, LongSupplier losses) {
    this.ledgers = ledgers;
    this.cursors = cursors;
    this.losses = losses;
    this.age =
        new BacklogAge(
            waiting -> ledgers.oldestPublishTime(waiting, PATIENCE),
            System::nanoTime,
            System::currentTimeMillis);
  }

  /**
   * Takes note of a planned trigger.
   *
   * @param start where the batch begins
   * @param seen how far each partition goes
   * @param nanos how long planning took
   */
  void planned(Positions start, Map<TopicPartition, Pos> seen, long nanos) {
    if (runStart == null) {
      runStart = start;
    }
    tails = Positions.of(seen);
    planningNanos = nanos;
  }

  /**
   * The figures by name.
   *
   * @param consumed the end of the last batch, null before the first
   */
  Map<String, String> by(@Nullable Positions consumed) {
    Map<String, String> figures = new TreeMap<>();
    figures.put("partitions", Integer.toString(tails.byPartition().size()));
    figures.put("planningMs", Long.toString(TimeUnit.NANOSECONDS.toMillis(planningNanos)));
    figures.put("ackFailures", Long.toString(cursors.ackFailures()));
    figures.put("dataLossEvents", Long.toString(losses.getAsLong()));
    if (consumed != null) {
      Lags lags = lags(consumed);
      figures.put("backlogEntries", Long.toString(lags.backlog.entries()));
      figures.put("backlogBytes", Long.toString(lags.backlog.bytes()));
      figures.put("ackLagEntries", Long.toString(lags.ackLag));
      age.seconds(lags.longest)
          .ifPresent(seconds -> figures.put("backlogSeconds", Long.toString(seconds)));
    }
    return figures;
  }

  /** Spark asks after every trigger; in an idle stream of many partitions nothing has changed. */
  private Lags lags(Positions consumed) {
    long acks = cursors.ackChanges();
    Lags last = lags;
    if (last == null
        || last.backlog.entries() > 0
        || last.acks != acks
        || !last.consumed.equals(consumed)
        || !last.tails.equals(tails)) {
      last =
          new Lags(
              consumed,
              tails,
              acks,
              ledgers.sizeBetween(consumed, tails),
              ackLag(consumed),
              longest(consumed));
      lags = last;
    }
    return last;
  }

  /** Entries that were read and not acknowledged yet, counted from this run's start at most. */
  private long ackLag(Positions consumed) {
    Map<TopicPartition, Pos> acknowledged =
        runStart == null ? new TreeMap<>() : new TreeMap<>(runStart.byPartition());
    cursors
        .acknowledged()
        .byPartition()
        .forEach((partition, position) -> acknowledged.merge(partition, position, Pos::max));
    return ledgers.sizeBetween(Positions.of(acknowledged), consumed).entries();
  }

  /** The next positions of the partitions where most waits. */
  private Map<TopicPartition, Pos> longest(Positions consumed) {
    Map<TopicPartition, Long> waiting = new TreeMap<>();
    tails
        .byPartition()
        .forEach(
            (partition, tail) ->
                waiting.put(
                    partition,
                    ledgers
                        .sizeBetween(partition, consumed.getOrEarliest(partition), tail)
                        .entries()));
    Map<TopicPartition, Pos> longest = new TreeMap<>();
    waiting.entrySet().stream()
        .filter(each -> each.getValue() > 0)
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(AGED_PARTITIONS)
        .forEach(each -> longest.put(each.getKey(), consumed.getOrEarliest(each.getKey())));
    return longest;
  }
}
