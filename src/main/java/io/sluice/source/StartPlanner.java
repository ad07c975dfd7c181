package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.DriverCursors;
import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.PulsarOptions.StartingOffsets;
import io.sluice.pulsar.TopicPartition;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/** Turns where a user wants to begin into positions. */
record StartPlanner(DriverCursors cursors, LedgerMap ledgers) {

  /** The first positions to read. Afterwards every partition has its cursor. */
  Positions positions(StartingOffsets start, Collection<TopicPartition> partitions) {
    if (start instanceof StartingOffsets.Latest) {
      return Positions.of(cursors.tailsBeginningAtLatest(partitions));
    }
    Map<TopicPartition, Pos> first =
        start instanceof StartingOffsets.At at
            ? given(at.positions(), partitions)
            : given(Positions.of(Map.of()), partitions);
    cursors.tails(partitions);
    // "Earliest" is pinned to what is stored now, so that a later loss shows as a loss.
    ledgers
        .firstPositions(partitions)
        .forEach((partition, pos) -> first.replace(partition, Pos.EARLIEST, pos));
    return Positions.of(first);
  }

  /**
   * The given position of every partition, the earliest where none is given. A topic without
   * partitions may be given as partition 0, which is how people count.
   *
   * @throws SluiceException INVALID_JOB if a position is given for what is not read
   */
  static Map<TopicPartition, Pos> given(
      Positions positions, Collection<TopicPartition> partitions) {
    Map<TopicPartition, Pos> left = new TreeMap<>(positions.byPartition());
    Map<TopicPartition, Pos> first = new TreeMap<>();
    for (TopicPartition partition : partitions) {
      Pos position = left.remove(partition);
      if (position == null && partition.partition() == TopicPartition.NOT_PARTITIONED) {
        position = left.remove(new TopicPartition(partition.topic(), 0));
      }
      first.put(partition, position == null ? Pos.EARLIEST : position);
    }
    if (!left.isEmpty()) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "A position to begin at is given for "
              + left.keySet()
              + ", but the source reads "
              + partitions);
    }
    return first;
  }
}
