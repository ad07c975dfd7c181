package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.TopicLedgers.Ledger;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the list of a partition's ledgers says about positions and ranges. */
class TopicLedgersTest {

  /** Two closed ledgers, an empty one between them, and an open one that had 2 entries. */
  private final TopicLedgers ledgers =
      new TopicLedgers(
          new TreeMap<>(
              Map.of(
                  2L, new Ledger(0, 0),
                  3L, new Ledger(10, 1000),
                  5L, new Ledger(0, 0),
                  7L, new Ledger(4, 80),
                  9L, new Ledger(2, 0))),
          Map.of());

  @Test
  void first_isTheOldestEntry_orTheEarliestWhenNothingIsStored() {
    assertThat(ledgers.first()).isEqualTo(new Pos(3, 0));
    assertThat(new TopicLedgers(new TreeMap<>(), Map.of()).first()).isEqualTo(Pos.EARLIEST);
    assertThat(new TopicLedgers(new TreeMap<>(Map.of(4L, new Ledger(0, 0))), Map.of()).first())
        .isEqualTo(Pos.EARLIEST);
  }

  @Test
  void after_knowsTheEndOfLedgersThatWent_asLongAsNoneIsMissingBetween() {
    TopicLedgers later = listing(Map.of(9L, new Ledger(5, 0))).after(ledgers);
    assertThat(later.reachesTheOldest(new Pos(7, 4))).isTrue();
    assertThat(later.reachesTheOldest(new Pos(7, 3))).as("one entry was behind it").isFalse();
    assertThat(later.reachesTheOldest(new Pos(3, 10))).as("4 entries were behind it").isFalse();
    assertThat(later.reachesTheOldest(new Pos(9, 0))).as("is still listed").isFalse();
    TopicLedgers muchLater =
        listing(Map.of(9L, new Ledger(6, 0), 11L, new Ledger(0, 0))).after(later);
    assertThat(muchLater.reachesTheOldest(new Pos(7, 4))).isTrue();

    TopicLedgers missing = listing(Map.of(11L, new Ledger(0, 0))).after(ledgers);
    assertThat(missing.reachesTheOldest(new Pos(9, 2))).as("it was open").isFalse();
    assertThat(missing.reachesTheOldest(new Pos(7, 4))).as("9 may have grown").isFalse();
    assertThat(later.withoutHistoryOf(new Pos(9, 2)).reachesTheOldest(new Pos(7, 4))).isFalse();
  }

  private static TopicLedgers listing(Map<Long, Ledger> byId) {
    return new TopicLedgers(new TreeMap<>(byId), Map.of());
  }

  @Test
  void lists_isTrueForEmptyLedgersToo() {
    assertThat(ledgers.lists(5)).isTrue();
    assertThat(ledgers.lists(4)).isFalse();
  }

  @Test
  void lastEntryBefore_skipsEmptyLedgers() {
    assertThat(ledgers.lastEntryBefore(new Pos(7, 3))).isEqualTo(new Pos(7, 2));
    assertThat(ledgers.lastEntryBefore(new Pos(7, 0))).isEqualTo(new Pos(3, 9));
    assertThat(ledgers.lastEntryBefore(new Pos(9, 0))).isEqualTo(new Pos(7, 3));
    assertThat(ledgers.lastEntryBefore(new Pos(3, 0))).isNull();
    assertThat(ledgers.lastEntryBefore(Pos.EARLIEST)).isNull();
  }

  @Test
  void entryFrom_behindALedgersEnd_isTheFirstEntryOfTheNextThatHasAny() {
    assertThat(ledgers.entryFrom(new Pos(3, 9))).isEqualTo(new Pos(3, 9));
    assertThat(ledgers.entryFrom(new Pos(3, 10))).isEqualTo(new Pos(7, 0));
    assertThat(ledgers.entryFrom(Pos.EARLIEST)).isEqualTo(new Pos(3, 0));
    assertThat(ledgers.entryFrom(new Pos(9, 50))).isEqualTo(new Pos(9, 50));
    assertThat(ledgers.entryFrom(new Pos(11, 0))).isEqualTo(new Pos(11, 0));
  }

  @Test
  void withoutHistoryOf_keepsTheTwoEntriesBeforeThePosition() {
    assertThat(ledgers.withoutHistoryOf(new Pos(9, 2)).byId()).containsOnlyKeys(9L);
    assertThat(ledgers.withoutHistoryOf(new Pos(9, 1)).byId()).containsOnlyKeys(7L, 9L);
    assertThat(ledgers.withoutHistoryOf(new Pos(7, 1)).byId()).containsOnlyKeys(3L, 5L, 7L, 9L);
    assertThat(ledgers.withoutHistoryOf(new Pos(3, 1))).isSameAs(ledgers);
    assertThat(ledgers.withoutHistoryOf(Pos.EARLIEST)).isSameAs(ledgers);
  }

  @Test
  void segments_ofEverything_areAllEntries_withTheOpenLedgerUpToTheEnd() {
    assertThat(ledgers.segments(Pos.EARLIEST, new Pos(9, 6)))
        .containsExactly(
            new Segment(3, 0, 10, 100), new Segment(7, 0, 4, 20), new Segment(9, 0, 6, 20));
  }

  @Test
  void segments_beginInTheMiddleOfALedger_andEndInTheMiddleOfAnother() {
    assertThat(ledgers.segments(new Pos(3, 8), new Pos(7, 1)))
        .containsExactly(new Segment(3, 8, 10, 100), new Segment(7, 0, 1, 20));
    assertThat(ledgers.segments(new Pos(3, 2), new Pos(3, 5)))
        .containsExactly(new Segment(3, 2, 5, 100));
  }

  @Test
  void segments_fromBehindALedgersLastEntry_beginInTheNext() {
    assertThat(ledgers.segments(new Pos(3, 10), new Pos(7, 4)))
        .containsExactly(new Segment(7, 0, 4, 20));
  }

  @Test
  void segments_ofAnEmptyRange_areNone() {
    assertThat(ledgers.segments(new Pos(3, 5), new Pos(3, 5))).isEmpty();
    assertThat(ledgers.segments(new Pos(7, 0), new Pos(3, 5))).isEmpty();
  }

  @Test
  void segments_leaveOutLedgersThatAreNotListed() {
    assertThat(ledgers.segments(new Pos(1, 0), new Pos(2, 0))).isEmpty();
    assertThat(ledgers.segments(new Pos(4, 7), new Pos(8, 3)))
        .containsExactly(new Segment(7, 0, 4, 20));
  }
}
