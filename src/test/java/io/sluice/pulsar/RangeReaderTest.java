package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When a read of a range ends, what it drops, and what it calls a loss. */
class RangeReaderTest {

  private static final TopicPartition TP = new TopicPartition("persistent://t/n/a", 0);
  private static final Pos NOTHING_PASSED = Pos.EARLIEST;

  /**
   * Stands for the broker's delivery: entries in a given order, then silence, and an answer of its
   * own to how far the log has passed.
   */
  private static final class Delivery implements EntrySource, EntrySources {
    private final Deque<RawEntry> coming = new ArrayDeque<>();
    private final Deque<Pos> passed = new ArrayDeque<>();
    private boolean connected = true;
    private boolean closed;
    private boolean rested;
    private int probes;
    private final List<String> openedAt = new ArrayList<>();
    private final List<String> revived = new ArrayList<>();
    private @Nullable RawEntry polled;
    private @Nullable Pos leftAt;

    Delivery of(String... positions) {
      for (String each : positions) {
        Pos pos = Pos.parse(each);
        coming.add(FakeEntry.at(pos.ledger(), pos.entry()));
      }
      return this;
    }

    /** What the probes say one after the other; the last goes on. */
    Delivery passing(String... positions) {
      for (String each : positions) {
        passed.add(Pos.parse(each));
      }
      return this;
    }

    @Override
    public @Nullable RawEntry poll(Duration timeout) {
      polled = coming.poll();
      return polled;
    }

    @Override
    public void giveBack() {
      coming.addFirst(Objects.requireNonNull(polled));
    }

    @Override
    public @Nullable Pos oldestOpenChunk() {
      return null;
    }

    @Override
    public long heldBytes() {
      return 0;
    }

    @Override
    public boolean rest() {
      return true;
    }

    @Override
    public boolean resume() {
      return true;
    }

    @Override
    public @Nullable EntrySource resume(TopicPartition partition, Pos start) {
      return rested ? this : null;
    }

    @Override
    public EntrySource open(TopicPartition partition, Pos start) {
      openedAt.add(start.toString());
      of(revived.toArray(String[]::new));
      return this;
    }

    @Override
    public void leave(TopicPartition partition, Pos next, EntrySource source) {
      leftAt = next;
    }

    @Override
    public @Nullable Pos passed() {
      probes++;
      if (!connected) {
        return null;
      }
      Pos next = passed.size() > 1 ? passed.poll() : passed.peek();
      return next == null ? NOTHING_PASSED : next;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private final Delivery delivery = new Delivery();
  private Set<Long> storedLedgers = Set.of();
  private boolean asked;

  @Test
  void next_givesEveryEntryOnceInOrder_andEndsBehindTheLast() {
    delivery.of("5:2", "5:3", "5:4", "5:5");

    assertThat(read("5:2", "5:5")).containsExactly("5:2", "5:3", "5:4");
    assertThat(delivery.coming).hasSize(1);
    assertThat(delivery.probes).isZero();
  }

  @Test
  void next_ofAnEmptyRange_asksNothing() {
    delivery.of("5:2");

    assertThat(read("5:2", "5:2")).isEmpty();
    assertThat(read("6:0", "5:2")).isEmpty();
    assertThat(delivery.coming).hasSize(1);
  }

  @Test
  void next_dropsWhatComesAgainAfterAReconnect() {
    delivery.of("5:1", "5:2", "5:3", "5:2", "5:3", "5:4");

    assertThat(read("5:2", "5:5")).containsExactly("5:2", "5:3", "5:4");
  }

  @Test
  void next_whenAnEntryAtTheEndArrives_endsWithoutIt() {
    delivery.of("5:2", "5:5");

    storedLedgers = Set.of(5L);
    assertThat(read("5:2", "5:5")).containsExactly("5:2");
    assertThat(delivery.probes).isZero();
  }

  @Test
  void next_whenAnEntryBehindTheEndArrives_endsWithoutIt() {
    storedLedgers = Set.of(5L);
    delivery.of("5:2", "8:0");

    assertThat(read("5:2", "5:5")).containsExactly("5:2");
  }

  @Test
  void next_inOneLedger_takesAGapForUndeliverableEntries() {
    delivery.of("5:2", "5:7", "5:9");

    assertThat(read("5:2", "5:10")).containsExactly("5:2", "5:7", "5:9");
    assertThat(asked).isFalse();
  }

  @Test
  void next_endsWhenTheBrokerProvesThatNothingElseComes() {
    storedLedgers = Set.of(5L);
    delivery.of("5:2").passing("5:3", "5:4", "5:5");

    assertThat(read("5:2", "5:5")).containsExactly("5:2");
    assertThat(delivery.probes).isEqualTo(3);
  }

  @Test
  void next_whenTheProofIsForLess_neverEndsButTimesOut() {
    delivery.of("5:2").passing("5:4");

    assertTimesOut();
    assertThat(delivery.probes).isPositive();
  }

  @Test
  void next_withoutAConnection_timesOut() {
    delivery.of("5:2").connected = false;

    assertTimesOut();
  }

  private void assertTimesOut() {
    RangeReader reader = reader("5:2", "5:5", List.of(), true);
    assertThat(reader.next()).isNotNull();

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(reader::next)
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.READ_TIMEOUT))
        .withMessageContaining("5:3 next to read")
        .withMessageContaining("pollTimeoutMs");
  }

  @Test
  void next_afterTheEnd_staysAtTheEnd() {
    storedLedgers = Set.of(5L);
    delivery.of("5:2", "5:9", "5:3");
    RangeReader reader = reader("5:2", "5:5", List.of(), true);
    reader.next();

    assertThat(reader.next()).isNull();
    assertThat(reader.next()).isNull();
    assertThat(delivery.coming).hasSize(2);
  }

  @Test
  void next_acrossLedgers_withoutAGap_asksNothing() {
    delivery.of("5:8", "5:9", "7:0", "7:1");

    assertThat(read("5:8", "7:2", segment(5, 8, 10), segment(7, 0, 2)))
        .containsExactly("5:8", "5:9", "7:0", "7:1");
    assertThat(asked).isFalse();
  }

  @Test
  void next_whenALedgerOfTheGapIsStored_takesItForUndeliverable() {
    storedLedgers = Set.of(5L, 6L, 7L);
    delivery.of("5:8", "5:9", "7:0", "7:1");

    assertThat(read("5:8", "7:2", segment(5, 8, 10), segment(6, 0, 3), segment(7, 0, 2)))
        .containsExactly("5:8", "5:9", "7:0", "7:1");
    assertThat(asked).isTrue();
  }

  @Test
  void next_whenALedgerOfTheGapIsGone_isALoss() {
    storedLedgers = Set.of(5L, 7L);
    delivery.of("5:8", "5:9", "7:0", "7:1");

    assertLoss("5:8", "7:2", "[6]", segment(5, 8, 10), segment(6, 0, 3), segment(7, 0, 2));
  }

  @Test
  void next_whenALedgerThatWasReadToItsEndIsGone_isNoLoss() {
    storedLedgers = Set.of(6L, 7L);
    delivery.of("5:8", "5:9", "7:0", "7:1");

    assertThat(read("5:8", "7:2", segment(5, 8, 10), segment(6, 0, 3), segment(7, 0, 2)))
        .containsExactly("5:8", "5:9", "7:0", "7:1");
  }

  @Test
  void next_whenTheRestOfALedgerIsGone_isALoss() {
    storedLedgers = Set.of(7L);
    delivery.of("5:8", "7:0", "7:1");

    assertLoss("5:8", "7:2", "[5]", segment(5, 8, 10), segment(7, 0, 2));
  }

  @Test
  void next_whenTheProofCoversATrimmedLedger_isALoss() {
    delivery.of("5:2").passing("5:5");

    assertLoss("5:2", "5:5", "[5]");
  }

  @Test
  void next_fromTheEarliest_beginsWhereverDeliveryBegins() {
    delivery.of("5:0", "5:1");

    assertThat(read("-1:-1", "5:2")).containsExactly("5:0", "5:1");
    assertThat(asked).isFalse();
  }

  @Test
  void next_whenLossIsAllowed_goesOnBehindTheGap() {
    delivery.of("5:8", "7:0", "7:1");

    RangeReader reader = reader("5:8", "7:2", List.of(segment(5, 8, 10), segment(7, 0, 2)), false);
    assertThat(drain(reader)).containsExactly("5:8", "7:0", "7:1");
    assertThat(asked).isTrue();
  }

  @Test
  void next_whenNothingComesAlthoughNotAllIsRead_subscribesAnew() throws InterruptedException {
    delivery.of("5:2");
    RangeReader reader = reader("5:2", "5:4", List.of(), true, Duration.ofNanos(1), false);
    assertThat(reader.next()).isNotNull();
    delivery.revived.add("5:3");

    assertThat(drain(reader)).containsExactly("5:3");
    assertThat(delivery.openedAt).containsExactly("5:2", "5:3");
    assertThat(reader.counters().reopened()).isOne();
  }

  @Test
  void open_goesOnWithTheReaderThatStandsAtTheStart() throws InterruptedException {
    delivery.of("5:2").rested = true;

    RangeReader reader = reader("5:2", "5:3", List.of(), true, Duration.ofHours(1), false);
    assertThat(drain(reader)).containsExactly("5:2");
    assertThat(delivery.openedAt).isEmpty();
    assertThat(reader.counters().cached()).isTrue();
  }

  @Test
  void open_ofASecondAttempt_takesNoReaderOfTheFirst() throws InterruptedException {
    delivery.of("5:2").rested = true;

    RangeReader reader = reader("5:2", "5:3", List.of(), true, Duration.ofHours(1), true);
    assertThat(drain(reader)).containsExactly("5:2");
    assertThat(delivery.openedAt).containsExactly("5:2");
  }

  @Test
  void close_behindTheEnd_leavesTheSourceToTheNextRange() {
    delivery.of("5:2", "5:7");
    storedLedgers = Set.of(5L);
    RangeReader reader = reader("5:2", "5:5", List.of(), true);
    drain(reader);
    reader.close();

    assertThat(delivery.leftAt).isEqualTo(new Pos(5, 5));
    assertThat(delivery.coming).hasSize(1);
    assertThat(delivery.closed).isFalse();
  }

  @Test
  void close_beforeTheEnd_closesTheSource() {
    reader("5:2", "5:5", List.of(), true).close();

    assertThat(delivery.closed).isTrue();
    assertThat(delivery.leftAt).isNull();
  }

  private void assertLoss(String start, String end, String ledgers, Segment... segments) {
    RangeReader reader = reader(start, end, List.of(segments), true);
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> drain(reader))
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.DATA_LOSS))
        .withMessageContaining("ledger " + ledgers)
        .withMessageContaining("failOnDataLoss");
  }

  private List<String> read(String start, String end, Segment... segments) {
    return drain(reader(start, end, List.of(segments), true));
  }

  private static List<String> drain(RangeReader reader) {
    List<String> read = new ArrayList<>();
    for (RawEntry entry = reader.next(); entry != null; entry = reader.next()) {
      read.add(entry.ledger() + ":" + entry.entry());
    }
    return read;
  }

  private RangeReader reader(String start, String end, List<Segment> segments, boolean strict) {
    try {
      return reader(start, end, segments, strict, Duration.ofHours(1), false);
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  private RangeReader reader(
      String start,
      String end,
      List<Segment> segments,
      boolean strict,
      Duration stalled,
      boolean fresh)
      throws InterruptedException {
    PulsarOptions options =
        PulsarOptions.parse(
            Map.of(
                "service.url", "pulsar://b:6650",
                "admin.url", "http://b:8080",
                "topic", "persistent://t/n/a",
                "failOnDataLoss", Boolean.toString(strict)));
    GapVerifier gaps =
        new GapVerifier(
            options,
            partition -> {
              asked = true;
              TreeMap<Long, TopicLedgers.Ledger> byId = new TreeMap<>();
              storedLedgers.forEach(id -> byId.put(id, new TopicLedgers.Ledger(100, 100)));
              return new TopicLedgers(byId, Map.of());
            });
    return new RangeReader(
        new ReadRange(TP, Pos.parse(start), Pos.parse(end), segments),
        delivery,
        gaps,
        Duration.ofMillis(5),
        stalled,
        /* snapshot= */ false,
        fresh);
  }

  private static Segment segment(long ledger, long from, long to) {
    return new Segment(ledger, from, to, 0);
  }
}
