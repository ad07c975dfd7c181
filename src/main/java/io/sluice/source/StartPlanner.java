package io.sluice.source;

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
    cursors.tails(partitions);
    Map<TopicPartition, Pos> first = new TreeMap<>();
    for (TopicPartition partition : partitions) {
      first.put(
          partition,
          start instanceof StartingOffsets.At at
              ? at.positions().getOrEarliest(partition)
              : Pos.EARLIEST);
    }
    // "Earliest" is pinned to what is stored now, so that a later loss shows as a loss.
    ledgers
        .firstPositions(partitions)
        .forEach((partition, pos) -> first.replace(partition, Pos.EARLIEST, pos));
    return Positions.of(first);
  }
}
