package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.PulsarOptions.Splitting;
import io.sluice.pulsar.ReadRange;
import io.sluice.pulsar.Segment;
import io.sluice.pulsar.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a range falls into pieces, by example and by random ledgers. */
class RangeCutterTest {

  private static final TopicPartition TP = new TopicPartition("persistent://t/n/a", 0);

  @Test
  void cut_ofSmallLedgers_isAtTheirEnds() {
    ReadRange range =
        range(
            new Pos(3, 2),
            new Pos(9, 4),
            new Segment(3, 2, 6, 10),
            new Segment(5, 0, 5, 10),
            new Segment(9, 0, 4, 10));

    assertThat(new RangeCutter(90, 1).cut(range))
        .containsExactly(
            range(new Pos(3, 2), new Pos(5, 5), new Segment(3, 2, 6, 10), new Segment(5, 0, 5, 10)),
            range(new Pos(5, 5), new Pos(9, 4), new Segment(9, 0, 4, 10)));
  }

  @Test
  void cut_ofALargeLedger_isBetweenEntriesAtEvenDistances() {
    ReadRange range = range(new Pos(3, 0), new Pos(3, 10), new Segment(3, 0, 10, 10));

    assertThat(new RangeCutter(35, 1).cut(range))
        .extracting(ReadRange::end)
        .containsExactly(new Pos(3, 2), new Pos(3, 4), new Pos(3, 7), new Pos(3, 10));
  }

  @Test
  void cut_belowOneEntry_givesAPieceToEachEntry() {
    ReadRange range = range(new Pos(3, 0), new Pos(3, 3), new Segment(3, 0, 3, 100));

    assertThat(new RangeCutter(0.001, 1).cut(range)).hasSize(3);
  }

  @Test
  void cut_ofWhatIsSmallOrUnknown_leavesItWhole() {
    ReadRange unknown = range(new Pos(3, 0), new Pos(9, 4));
    ReadRange small = range(Pos.EARLIEST, new Pos(3, 3), new Segment(3, 0, 3, 0));

    assertThat(new RangeCutter(5, 1).cut(unknown)).containsExactly(unknown);
    assertThat(new RangeCutter(5, 1).cut(small)).containsExactly(small);
    assertThat(new RangeCutter(5, 2).cut(small)).hasSize(2);
  }

  @Test
  void cut_ofARangeThatBeginsAndEndsWithinEntries_keepsThatAtItsTwoEnds() {
    ReadRange range =
        new ReadRange(
            TP,
            new Pos(3, 0),
            new Pos(3, 3),
            List.of(new Segment(3, 0, 3, 100)),
            new ReadRange.Cuts(4, 2));

    assertThat(new RangeCutter(100, 1).cut(range))
        .extracting(ReadRange::cuts)
        .containsExactly(new ReadRange.Cuts(4, 0), ReadRange.Cuts.NONE, new ReadRange.Cuts(0, 2));
    assertThat(range.includes(3, 0, 3)).isFalse();
    assertThat(range.includes(3, 0, 4)).isTrue();
    assertThat(range.includes(3, 0, -1)).isFalse();
    assertThat(range.includes(3, 1, 9)).isTrue();
    assertThat(range.includes(3, 2, 1)).isTrue();
    assertThat(range.includes(3, 2, 2)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void cut_ofRandomLedgers_givesEveryEntryToOnePieceInOrder(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      ReadRange whole = randomRange(random);
      double pieceBytes = random.nextInt(4) == 0 ? 1 : 1 + random.nextInt(3000);
      List<ReadRange> pieces = new RangeCutter(pieceBytes, 50).cut(whole);

      assertThat(pieces.get(0).start()).isEqualTo(whole.start());
      assertThat(pieces.get(pieces.size() - 1).end()).isEqualTo(whole.end());
      List<Pos> entries = new ArrayList<>();
      for (int i = 0; i < pieces.size(); i++) {
        ReadRange piece = pieces.get(i);
        assertThat(piece.partition()).isEqualTo(TP);
        assertThat(piece.start()).isLessThan(piece.end());
        if (i > 0) {
          assertThat(piece.start()).isEqualTo(pieces.get(i - 1).end());
        }
        List<Pos> own = entriesOf(piece);
        assertThat(own)
            .isNotEmpty()
            .allSatisfy(
                entry ->
                    assertThat(!entry.isBefore(piece.start()) && entry.isBefore(piece.end()))
                        .isTrue());
        double bytes =
            piece.segments().stream()
                .mapToDouble(
                    run -> run.entries() * (run.bytesPerEntry() > 0 ? run.bytesPerEntry() : 50))
                .sum();
        assertThat(own.size() == 1 || bytes <= pieceBytes + 1e-6).isTrue();
        entries.addAll(own);
      }
      assertThat(entries).isEqualTo(entriesOf(whole));
    }
  }

  @ParameterizedTest
  @CsvSource({
    // total MiB, task slots, max MiB, min partitions, piece MiB
    "10, 2, 128, , 16", // not worth more tasks
    "400, 2, 128, , 100", // two tasks for each slot
    "4000, 2, 128, , 128", // never above the limit
    "4000, 2, 4, , 4", // a limit below what is worth it is the user's
    "400, 2, 128, 100, 4",
    "400, 2, 128, 1, 100" // as many as there are already
  })
  void pieceBytes_keepsSlotsBusyAndLimits(
      long total, int slots, long max, Integer minPartitions, double expected) {
    List<ReadRange> ranges =
        List.of(range(new Pos(3, 0), new Pos(3, total), new Segment(3, 0, total, 1 << 20)));

    assertThat(
            SplitPlanner.pieceBytes(ranges, new Splitting(minPartitions, max << 20, false), slots))
        .isEqualTo(expected * (1 << 20));
  }

  private static ReadRange randomRange(Random random) {
    List<Segment> runs = new ArrayList<>();
    long ledger = 1L + random.nextInt(5);
    long from = random.nextInt(10);
    for (int n = random.nextInt(6); n >= 0; n--) {
      runs.add(
          new Segment(
              ledger,
              from,
              from + 1 + random.nextInt(30),
              random.nextInt(4) == 0 ? 0 : random.nextDouble(900)));
      ledger += 1 + random.nextInt(3);
      from = 0;
    }
    Segment first = runs.get(0);
    Segment last = runs.get(runs.size() - 1);
    return new ReadRange(
        TP,
        random.nextBoolean() ? Pos.EARLIEST : new Pos(first.ledger(), first.from()),
        new Pos(last.ledger(), last.to()),
        runs);
  }

  private static List<Pos> entriesOf(ReadRange range) {
    List<Pos> entries = new ArrayList<>();
    for (Segment run : range.segments()) {
      for (long entry = run.from(); entry < run.to(); entry++) {
        entries.add(new Pos(run.ledger(), entry));
      }
    }
    return entries;
  }

  private static ReadRange range(Pos start, Pos end, Segment... runs) {
    return new ReadRange(TP, start, end, List.of(runs));
  }
}
