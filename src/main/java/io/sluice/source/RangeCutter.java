package io.sluice.source;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.ReadRange;
import io.sluice.pulsar.ReadRange.Cuts;
import io.sluice.pulsar.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the range of one topic partition into pieces of about one size: at the ends of ledgers
 * first, and between entries where one ledger holds more than a piece. A pure function.
 *
 * @param pieceBytes the most stored bytes of a piece; an entry is never cut
 * @param bytesOfUnknownEntry what an entry counts whose size nobody knows, above 0
 */
record RangeCutter(double pieceBytes, double bytesOfUnknownEntry) {

  /**
   * The pieces, in order. Each begins where the one before ends, the first where the range begins
   * and the last where it ends.
   *
   * @param range what to cut, with the runs of entries in it; without any it stays whole
   */
  List<ReadRange> cut(ReadRange range) {
    List<List<Segment>> groups = new ArrayList<>();
    List<Segment> group = new ArrayList<>();
    double bytes = 0;
    for (Segment run : range.segments()) {
      for (Segment piece : runs(run)) {
        if (!group.isEmpty() && bytes + bytes(piece) > pieceBytes) {
          groups.add(group);
          group = new ArrayList<>();
          bytes = 0;
        }
        group.add(piece);
        bytes += bytes(piece);
      }
    }
    if (groups.isEmpty()) {
      return List.of(range);
    }
    groups.add(group);
    return ranges(range, groups);
  }

  private static List<ReadRange> ranges(ReadRange whole, List<List<Segment>> groups) {
    List<ReadRange> ranges = new ArrayList<>();
    Pos start = whole.start();
    for (int i = 0; i < groups.size(); i++) {
      List<Segment> group = groups.get(i);
      Segment last = group.get(group.size() - 1);
      Pos end = i == groups.size() - 1 ? whole.end() : new Pos(last.ledger(), last.to());
      Cuts cuts =
          new Cuts(
              i == 0 ? whole.cuts().firstIndex() : 0,
              i == groups.size() - 1 ? whole.cuts().endIndex() : 0);
      ranges.add(new ReadRange(whole.partition(), start, end, group, cuts));
      start = end;
    }
    return ranges;
  }

  /** One ledger's entries in runs of about equal length that are no larger than a piece. */
  private List<Segment> runs(Segment ledger) {
    long entries = ledger.entries();
    long entriesOfPiece = Math.max(1, (long) (pieceBytes * entries / bytes(ledger)));
    long runs = (entries + entriesOfPiece - 1) / entriesOfPiece;
    List<Segment> pieces = new ArrayList<>();
    long from = ledger.from();
    for (long i = 0; i < runs; i++) {
      long to = from + (ledger.to() - from) / (runs - i);
      pieces.add(new Segment(ledger.ledger(), from, to, ledger.bytesPerEntry()));
      from = to;
    }
    return pieces;
  }

  double bytes(Segment run) {
    return run.entries() * (run.bytesPerEntry() > 0 ? run.bytesPerEntry() : bytesOfUnknownEntry);
  }
}
