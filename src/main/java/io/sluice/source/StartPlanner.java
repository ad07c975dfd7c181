package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.DriverCursors;
import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.PublishTimes;
import io.sluice.pulsar.PulsarOptions.EndingOffsets;
import io.sluice.pulsar.PulsarOptions.StartingOffsets;
import io.sluice.pulsar.TopicPartition;
import io.sluice.pulsar.TopicTimes;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns where a user wants to begin and to end into positions.
 *
 * @param filter which of the partitions are read at all
 * @param compacted whether topics are read as compaction has left them
 */
record StartPlanner(
    DriverCursors cursors,
    LedgerMap ledgers,
    PublishTimes publishTimes,
    PartitionFilter filter,
    boolean compacted) {

  /** The first positions to read. Afterwards every partition that is read has its cursor. */
  Positions positions(StartingOffsets start, Collection<TopicPartition> partitions) {
    List<TopicPartition> read = read(partitions);
    if (start instanceof StartingOffsets.Latest) {
      return Positions.of(cursors.tails(read));
    }
    Map<TopicPartition, Pos> first =
        start instanceof StartingOffsets.At at
            ? given(at.positions(), partitions)
            : given(Positions.of(Map.of()), partitions);
    first.keySet().retainAll(read);
    Map<TopicPartition, Pos> tails = cursors.tails(read);
    // "Earliest" is pinned to what is stored now, so that a later loss shows as a loss.
    ledgers
        .firstPositions(read, compacted)
        .forEach((partition, pos) -> first.replace(partition, Pos.EARLIEST, pos));
    if (start instanceof StartingOffsets.AtTime at) {
      first.putAll(publishTimes.positions(times(at.times(), read), tails));
    }
    return Positions.of(first);
  }

  /** The positions behind the last ones to read, never behind what is stored now. */
  Map<TopicPartition, Pos> ends(EndingOffsets end, Collection<TopicPartition> partitions) {
    Map<TopicPartition, Pos> ends = new TreeMap<>(cursors.tails(read(partitions)));
    if (end instanceof EndingOffsets.AtTime at) {
      ends.putAll(publishTimes.positions(times(at.times(), ends.keySet()), Map.copyOf(ends)));
    } else if (end instanceof EndingOffsets.At at) {
      given(at.positions(), partitions)
          .forEach(
              (partition, position) ->
                  ends.computeIfPresent(
                      partition,
                      (key, tail) -> position.isEarliest() ? tail : Pos.min(tail, position)));
    }
    return ends;
  }

  private List<TopicPartition> read(Collection<TopicPartition> partitions) {
    return partitions.stream().filter(filter::keeps).toList();
  }

  private static Map<TopicPartition, Long> times(
      TopicTimes times, Collection<TopicPartition> partitions) {
    Map<TopicPartition, Long> given = new TreeMap<>();
    for (TopicPartition partition : partitions) {
      Long millis = times.of(partition);
      if (millis != null) {
        given.put(partition, millis);
      }
    }
    return given;
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
          "A position to begin or to end at is given for "
              + left.keySet()
              + ", but the source reads "
              + partitions);
    }
    return first;
  }
}
