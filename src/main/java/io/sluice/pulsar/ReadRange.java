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
 * @param cuts which messages of the first and the last entry belong to the range
 */
public record ReadRange(
    TopicPartition partition, Pos start, Pos end, List<Segment> segments, Cuts cuts)
    implements Serializable {

  /**
   * A start and an end within an entry.
   *
   * @param firstIndex the first batch index of the entry at the start
   * @param endIndex the batch index behind the last of the entry before the end; 0 for all
   */
  public record Cuts(int firstIndex, int endIndex) implements Serializable {
    /** A range of whole entries. */
    public static final Cuts NONE = new Cuts(0, 0);
  }

  /** A range of whole entries. */
  public ReadRange(TopicPartition partition, Pos start, Pos end, List<Segment> segments) {
    this(partition, start, end, segments, Cuts.NONE);
  }

  /** Whether a message of an entry of the range belongs to it; -1 is the index of the only one. */
  public boolean includes(long ledger, long entry, int batchIndex) {
    int index = Math.max(0, batchIndex);
    boolean before =
        index < cuts.firstIndex() && ledger == start.ledger() && entry == start.entry();
    boolean behind =
        cuts.endIndex() > 0
            && index >= cuts.endIndex()
            && ledger == end.ledger()
            && entry == end.entry() - 1;
    return !before && !behind;
  }

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
