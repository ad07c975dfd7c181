package io.sluice.source;

import io.sluice.SluiceException;
import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.PulsarOptions.Splitting;
import io.sluice.pulsar.ReadRange;
import io.sluice.pulsar.ReadRange.Cuts;
import io.sluice.pulsar.Segment;
import io.sluice.pulsar.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.connector.read.InputPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts the range of a batch into what single tasks read: one task per topic partition, more where a
 * backlog is large.
 *
 * @param ledgers what is known of the partitions' ledgers
 * @param splitting how large a task may be and how many there should be
 * @param taskSlots how many tasks run at once
 */
record SplitPlanner(LedgerMap ledgers, Splitting splitting, int taskSlots) {

  private static final Logger LOG = LoggerFactory.getLogger(SplitPlanner.class);

  /** A smaller backlog is not worth the sizes' question to the broker. */
  private static final long SMALL_BACKLOG = 100;

  /** A smaller task costs more to set up than it gains. */
  private static final long SMALL_TASK_BYTES = 16L << 20;

  private static final int TASKS_PER_SLOT = 2;

  /** Counted for an entry when even the broker's statistics say nothing. */
  private static final double UNKNOWN_ENTRY_BYTES = 1024;

  /** The tasks' ranges; together they are exactly the range from start to end. */
  InputPartition[] plan(Positions start, Positions end) {
    return plan(ranges(start, end), ExecutorChoice.amongRunning());
  }

  private InputPartition[] plan(List<ReadRange> ranges, ExecutorChoice executors) {
    RangeCutter cutter =
        new RangeCutter(pieceBytes(ranges, splitting, taskSlots), UNKNOWN_ENTRY_BYTES);
    return ranges.stream()
        .flatMap(
            range -> {
              List<ReadRange> pieces = splitting.whole() ? List.of(range) : cutter.cut(range);
              // The next batch goes on where the one reader of a whole range stands.
              List<String> place = pieces.size() == 1 ? executors.of(range.partition()) : List.of();
              return pieces.stream().map(piece -> new PulsarInputPartition(piece, place));
            })
        .toArray(InputPartition[]::new);
  }

  /** How large a task is: every slot has some, none is above the limit or needlessly small. */
  static double pieceBytes(List<ReadRange> ranges, Splitting splitting, int taskSlots) {
    double total =
        ranges.stream()
            .flatMap(range -> range.segments().stream())
            .mapToDouble(run -> bytes(run))
            .sum();
    double even = Math.max(SMALL_TASK_BYTES, total / (TASKS_PER_SLOT * Math.max(1, taskSlots)));
    double piece = Math.min(even, (double) splitting.maxBytesPerPartition());
    Integer wanted = splitting.minPartitions();
    return wanted == null || wanted <= ranges.size() ? piece : Math.min(piece, total / wanted);
  }

  private static double bytes(Segment run) {
    return run.entries() * (run.bytesPerEntry() > 0 ? run.bytesPerEntry() : UNKNOWN_ENTRY_BYTES);
  }

  /** The range of each partition, with its runs of entries where they matter. */
  private List<ReadRange> ranges(Positions start, Positions end) {
    Map<TopicPartition, Pos> first = new TreeMap<>();
    Map<TopicPartition, Pos> acrossLedgers = new TreeMap<>();
    Map<TopicPartition, Pos> large = new TreeMap<>();
    end.byPartition()
        .forEach(
            (partition, to) -> {
              Pos from = start.getOrEarliest(partition);
              // An end before the start is the correction of a position that the log does not
              // reach.
              if (from.isBefore(to)) {
                first.put(partition, from);
                if (from.ledger() != to.ledger()) {
                  acrossLedgers.put(partition, to);
                } else if (to.entry() - from.entry() >= worthCutting()) {
                  large.put(partition, to);
                }
              }
            });
    ledgers.know(acrossLedgers);
    Stream.of(acrossLedgers, large).forEach(this::knowSizes);
    List<ReadRange> ranges = new ArrayList<>();
    first.forEach(
        (partition, from) -> {
          Pos exactEnd = end.getOrEarliest(partition);
          Pos to = exactEnd.atNextEntry();
          // What compaction has left of a range is stored apart from its ledgers.
          if (!splitting.whole()
              && acrossLedgers.containsKey(partition)
              && ledgers.holdsNothing(partition, from, to)) {
            return;
          }
          boolean known = acrossLedgers.containsKey(partition) || large.containsKey(partition);
          ranges.add(
              new ReadRange(
                  partition,
                  from.atEntry(),
                  to,
                  known ? ledgers.segments(partition, from, to) : List.of(),
                  new Cuts(from.batchIndex(), exactEnd.batchIndex())));
        });
    return ranges;
  }

  private long worthCutting() {
    return splitting.minPartitions() == null ? SMALL_BACKLOG : 2;
  }

  /** Sizes only make tasks smaller, so a batch is read without them if they cannot be had. */
  private void knowSizes(Map<TopicPartition, Pos> ends) {
    try {
      ledgers.knowSizes(ends);
    } catch (SluiceException failure) {
      LOG.warn("Not cutting {} into tasks by size: {}", ends.keySet(), failure.getMessage());
    }
  }
}
