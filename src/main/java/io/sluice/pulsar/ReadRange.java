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

  /** Whether an entry was stored in the part of this range from {@code from} to {@code to}. */
  boolean holdsEntriesBetween(Pos from, Pos to) {
    return segments.stream()
        .anyMatch(
            segment ->
                new Pos(segment.ledger(), segment.from()).isBefore(to)
                    && from.isBefore(new Pos(segment.ledger(), segment.to())));
  }

  @Override
  public String toString() {
    return partition + " [" + start + ", " + end + ")";
  }
}
