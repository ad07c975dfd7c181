package io.sluice.pulsar;

import java.io.Serializable;
import java.util.List;

/**
 * A part of one topic partition to read once.
 *
 * @param partition which log
 * @param start the first position
 * @param end the position behind the last
 * @param segments the runs of entries that were stored in the range when it was planned; empty if
 *     it lies in one ledger, or if nothing was known
 */
public record ReadRange(TopicPartition partition, Pos start, Pos end, List<Segment> segments)
    implements Serializable {

  /** Keeps a copy of the segments. */
  public ReadRange {
    segments = List.copyOf(segments);
  }

  /** The ledgers that held entries of the part of this range from {@code from} to {@code to}. */
  List<Long> ledgersWithEntriesBetween(Pos from, Pos to) {
    return segments.stream()
        .filter(segment -> segment.from() < segment.to())
        .filter(segment -> new Pos(segment.ledger(), segment.from()).isBefore(to))
        .filter(segment -> from.isBefore(new Pos(segment.ledger(), segment.to())))
        .map(Segment::ledger)
        .toList();
  }

  @Override
  public String toString() {
    return partition + " [" + start + ", " + end + ")";
  }
}
