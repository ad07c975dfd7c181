package io.sluice.source;

import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.TopicPartition;
import io.sluice.source.AdmissionPlanner.Admission;
import io.sluice.source.AdmissionPlanner.Backlog;
import io.sluice.source.AdmissionPlanner.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.connector.read.streaming.CompositeReadLimit;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import org.apache.spark.sql.connector.read.streaming.ReadMaxBytes;
import org.apache.spark.sql.connector.read.streaming.ReadMaxRows;
import org.apache.spark.sql.connector.read.streaming.ReadMinRows;
import org.jspecify.annotations.Nullable;

/**
 * Decides how much of what waits enters the next batch, by Spark's limits. It remembers whose turn
 * it is and when the batch before went.
 */
final class BatchAdmission {

  private static final int SAMPLED_PARTITIONS = 8;
  private static final int SAMPLED_ENTRIES = 16;

  private final LedgerMap ledgers;
  private final boolean compacted;
  private final TriggerDelay delay = new TriggerDelay(System::nanoTime);
  private @Nullable TopicPartition servedLast;
  private Counted counted = new Counted(Map.of(), 0);

  /** How many rows were estimated to wait when the log ended there. */
  private record Counted(Map<TopicPartition, Pos> ends, double rows) {}

  /**
   * Creates an admission that has let nothing in yet.
   *
   * @param compacted whether what compaction has left of removed ledgers enters as well; it counts
   *     for nothing, as its size is not known
   */
  BatchAdmission(LedgerMap ledgers, boolean compacted) {
    this.ledgers = ledgers;
    this.compacted = compacted;
  }

  /**
   * The end of the next batch in each partition that gets something to read.
   *
   * @param first where each partition is read from; from its earliest entry if it is absent
   * @param tails how far each partition goes
   * @param allowDelay whether a batch may be held back for lack of rows
   */
  Map<TopicPartition, Pos> admit(
      Map<TopicPartition, Pos> first,
      Map<TopicPartition, Pos> tails,
      ReadLimit limit,
      boolean allowDelay) {
    Map<TopicPartition, Pos> waiting = new TreeMap<>();
    tails.forEach(
        (partition, end) -> {
          if (start(first, partition).isBefore(end)) {
            waiting.put(partition, end);
          }
        });
    ReadMinRows minRows = allowDelay ? find(limit, ReadMinRows.class) : null;
    ReadMaxRows maxRows = find(limit, ReadMaxRows.class);
    ReadMaxBytes maxBytes = find(limit, ReadMaxBytes.class);
    if (waiting.isEmpty() || (minRows == null && maxRows == null && maxBytes == null)) {
      return waiting;
    }
    ledgers.knowSizes(waiting);
    List<Backlog> backlogs = backlogs(first, waiting);
    if (minRows != null
        && !delay.isDue(
            () -> rowsWait(minRows.minRows(), waiting, backlogs),
            Duration.ofMillis(minRows.maxTriggerDelayMs()))) {
      return Map.of();
    }
    Admission admission =
        AdmissionPlanner.plan(
            backlogs,
            new Limits(
                maxBytes == null ? null : maxBytes.maxBytes(),
                maxRows == null ? null : maxRows.maxRows(),
                maxRows == null ? 1 : messagesPerEntry(backlogs)),
            servedLast);
    servedLast = admission.lastServed();
    Map<TopicPartition, Pos> ends = new TreeMap<>(admission.ends());
    if (compacted) {
      backlogs.forEach(backlog -> waiting.remove(backlog.partition()));
      ends.putAll(waiting);
    }
    return ends;
  }

  private static Pos start(Map<TopicPartition, Pos> first, TopicPartition partition) {
    return first.getOrDefault(partition, Pos.EARLIEST);
  }

  private static <L extends ReadLimit> @Nullable L find(ReadLimit limit, Class<L> kind) {
    Stream<ReadLimit> limits =
        limit instanceof CompositeReadLimit composite
            ? Arrays.stream(composite.getReadLimits())
            : Stream.of(limit);
    return limits.filter(kind::isInstance).map(kind::cast).findFirst().orElse(null);
  }

  private List<Backlog> backlogs(Map<TopicPartition, Pos> first, Map<TopicPartition, Pos> waiting) {
    List<Backlog> backlogs = new ArrayList<>();
    waiting.forEach(
        (partition, end) -> {
          var segments = ledgers.segments(partition, start(first, partition), end);
          if (!segments.isEmpty()) {
            backlogs.add(new Backlog(partition, end, segments));
          }
        });
    return backlogs;
  }

  /** Entries hold at least one row, so they are looked into only when there are too few of them. */
  private boolean rowsWait(long wanted, Map<TopicPartition, Pos> ends, List<Backlog> backlogs) {
    long entries = backlogs.stream().mapToLong(Backlog::entries).sum();
    if (entries >= wanted) {
      return true;
    }
    if (!counted.ends.equals(ends)) {
      counted = new Counted(ends, entries * messagesPerEntry(backlogs));
    }
    return counted.rows >= wanted;
  }

  /**
   * What was read says little of what waits, so a few of the waiting entries are looked at: with
   * fewer of them entries of uneven size make batches that are several times too large or small.
   */
  private double messagesPerEntry(List<Backlog> backlogs) {
    int partitions = Math.min(SAMPLED_PARTITIONS, Math.max(1, backlogs.size()));
    Map<TopicPartition, List<Pos>> samples = new TreeMap<>();
    backlogs.stream()
        .limit(partitions)
        .forEach(
            backlog ->
                samples.put(backlog.partition(), backlog.spread(SAMPLED_ENTRIES / partitions)));
    return ledgers.meanMessagesPerEntry(samples);
  }
}
