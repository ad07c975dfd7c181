package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Segment;
import io.sluice.pulsar.TopicPartition;
import io.sluice.source.AdmissionPlanner.Admission;
import io.sluice.source.AdmissionPlanner.Backlog;
import io.sluice.source.AdmissionPlanner.Limits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How far a batch goes, by table and by random backlogs. */
class AdmissionPlannerTest {

  private static final Limits NO_LIMITS = new Limits(null, null, 1);

  @Test
  void spread_overSegments_takesEntriesFromAllOfThem() {
    Backlog backlog =
        new Backlog(
            new TopicPartition("persistent://t/n/a", 0),
            new Pos(9, 4),
            List.of(new Segment(7, 2, 6, 1), new Segment(9, 0, 4, 1)));

    assertThat(backlog.spread(4))
        .containsExactly(new Pos(7, 3), new Pos(7, 5), new Pos(9, 1), new Pos(9, 3));
    assertThat(backlog.spread(100)).hasSize(8).doesNotHaveDuplicates();
  }

  @Test
  void plan_withoutLimits_takesEverything() {
    Admission admission =
        AdmissionPlanner.plan(List.of(backlog(0, 10, 5), backlog(1, 1, 9)), NO_LIMITS, null);

    assertThat(admission.ends())
        .containsExactly(Map.entry(tp(0), new Pos(7, 10)), Map.entry(tp(1), new Pos(7, 1)));
    assertThat(admission.lastServed()).isNull();
  }

  @Test
  void plan_withoutBacklogs_isEmpty() {
    assertThat(AdmissionPlanner.plan(List.of(), bytes(5), tp(3)).ends()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1000, 10", // exactly all
    "999, 9",
    "250, 2",
    "100, 1",
    "99, 1", // one entry whatever it costs
    "1, 1"
  })
  void plan_ofOnePartition_takesWholeEntriesWithinTheBudget(long budget, long expectedEntry) {
    Admission admission = AdmissionPlanner.plan(List.of(backlog(0, 10, 100)), bytes(budget), null);

    assertThat(admission.ends()).containsExactly(Map.entry(tp(0), new Pos(7, expectedEntry)));
  }

  @Test
  void plan_byRows_countsMessagesPerEntry() {
    Admission admission =
        AdmissionPlanner.plan(List.of(backlog(0, 10, 1)), new Limits(null, 25L, 5), null);

    assertThat(admission.ends()).containsExactly(Map.entry(tp(0), new Pos(7, 5)));
  }

  @Test
  void plan_byBytesAndRows_keepsBoth() {
    List<Backlog> backlogs = List.of(backlog(0, 100, 10));

    assertThat(AdmissionPlanner.plan(backlogs, new Limits(200L, 70L, 1), null).ends())
        .containsExactly(Map.entry(tp(0), new Pos(7, 20)));
    assertThat(AdmissionPlanner.plan(backlogs, new Limits(700L, 20L, 1), null).ends())
        .containsExactly(Map.entry(tp(0), new Pos(7, 20)));
  }

  @Test
  void plan_whenBytesAllowOneEntryOnly_generousRowsDoNotAddMore() {
    List<Backlog> backlogs = List.of(backlog(0, 100, 50), backlog(1, 100, 50), backlog(2, 100, 50));

    assertThat(AdmissionPlanner.plan(backlogs, new Limits(60L, 100L, 1), null).ends())
        .containsExactly(Map.entry(tp(0), new Pos(7, 1)));
  }

  @Test
  void plan_sharesInProportionToTheBacklog() {
    Admission admission =
        AdmissionPlanner.plan(List.of(backlog(0, 900, 10), backlog(1, 100, 10)), bytes(1000), null);

    assertThat(admission.ends())
        .containsExactly(Map.entry(tp(0), new Pos(7, 90)), Map.entry(tp(1), new Pos(7, 10)));
    assertThat(admission.lastServed()).isNull();
  }

  @Test
  void plan_acrossLedgers_endsBehindTheLedgersLastEntryAndNeverAtEntryZero() {
    Backlog backlog =
        new Backlog(
            tp(0),
            new Pos(9, 5),
            List.of(new Segment(3, 6, 10, 10), new Segment(5, 0, 3, 100), new Segment(9, 0, 5, 1)));

    assertThat(endWith(backlog, 40)).isEqualTo(new Pos(3, 10));
    assertThat(endWith(backlog, 139)).isEqualTo(new Pos(3, 10));
    assertThat(endWith(backlog, 140)).isEqualTo(new Pos(5, 1));
    assertThat(endWith(backlog, 340)).isEqualTo(new Pos(5, 3));
    assertThat(endWith(backlog, 341)).isEqualTo(new Pos(9, 1));
    assertThat(endWith(backlog, 345)).isEqualTo(new Pos(9, 5));
  }

  @Test
  void plan_whenTheTailsLedgerIsNotListed_stillReachesTheTail() {
    Backlog backlog =
        new Backlog(
            tp(0), new Pos(9, 5), List.of(new Segment(3, 0, 2, 10), new Segment(5, 0, 2, 10)));

    assertThat(endWith(backlog, 1000)).isEqualTo(new Pos(9, 5));
    assertThat(endWith(backlog, 40)).isEqualTo(new Pos(9, 5));
    assertThat(endWith(backlog, 39)).isEqualTo(new Pos(5, 1));
  }

  @Test
  void plan_whenOnlyOneEntryFits_takesTurns() {
    List<Backlog> backlogs = List.of(backlog(0, 5, 50), backlog(1, 5, 50), backlog(2, 5, 50));
    TopicPartition served = null;
    List<TopicPartition> order = new ArrayList<>();
    for (int trigger = 0; trigger < 6; trigger++) {
      Admission admission = AdmissionPlanner.plan(backlogs, bytes(60), served);
      order.addAll(admission.ends().keySet());
      served = admission.lastServed();
    }

    assertThat(order).containsExactly(tp(0), tp(1), tp(2), tp(0), tp(1), tp(2));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 40, 999, 1000, 1001, 5000})
  void plan_withOneHugePartitionThatNeverEnds_servesEveryOtherWithinAsManyBatchesAsThereAre(
      long budget) {
    int partitions = 12;
    for (int huge = 0; huge < partitions; huge++) {
      Map<TopicPartition, Integer> waited = new HashMap<>();
      TopicPartition served = null;
      for (int trigger = 0; trigger < 5 * partitions; trigger++) {
        List<Backlog> backlogs = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
          // A tiny partition's entry costs more than what the huge one's share leaves.
          backlogs.add(i == huge ? backlog(i, 1_000_000_000, 1) : backlog(i, 1, 400 + i));
        }
        Admission admission = AdmissionPlanner.plan(backlogs, bytes(budget), served);
        served = admission.lastServed();
        for (int i = 0; i < partitions; i++) {
          if (admission.ends().containsKey(tp(i))) {
            waited.remove(tp(i));
          } else {
            assertThat(waited.merge(tp(i), 1, Integer::sum)).isLessThan(partitions);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void plan_ofRandomBacklogs_keepsItsPromises(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 40; round++) {
      Log log = new Log(random);
      long[] before = log.waiting();
      long total = Arrays.stream(before).sum();
      Limits limits =
          new Limits(
              random.nextInt(3) == 0 ? null : 1 + random.nextLong(4000),
              random.nextInt(3) == 0 ? null : 1 + random.nextLong(60),
              1 + random.nextInt(7));
      TopicPartition served = null;
      long triggers = 0;
      while (log.total() > 0) {
        List<Backlog> backlogs = log.backlogs();
        Admission admission = AdmissionPlanner.plan(backlogs, limits, served);
        served = admission.lastServed();
        assertThat(admission.ends()).isNotEmpty();
        double bytes = 0;
        double rows = 0;
        double dearest = 1;
        for (Map.Entry<TopicPartition, Pos> end : admission.ends().entrySet()) {
          assertThat(end.getValue().entry()).as("end %s", end).isPositive();
          for (Segment taken : log.take(end.getKey(), end.getValue())) {
            bytes += taken.entries() * Math.max(1, taken.bytesPerEntry());
            rows += taken.entries() * limits.messagesPerEntry();
            dearest = Math.max(dearest, taken.bytesPerEntry());
          }
        }
        Long maxBytes = limits.bytes();
        if (maxBytes != null) {
          assertThat(bytes).isLessThanOrEqualTo(maxBytes + dearest + 1e-6);
        }
        Long maxRows = limits.rows();
        if (maxRows != null) {
          assertThat(rows).isLessThanOrEqualTo(maxRows + limits.messagesPerEntry() + 1e-6);
        }
        triggers++;
      }
      assertThat(triggers).isLessThanOrEqualTo(Math.max(1, total));
      assertThat(log.taken).isEqualTo(before);
    }
  }

  /** Partitions with random ledgers, read batch by batch. */
  private static final class Log {
    private final List<List<Segment>> segments = new ArrayList<>();
    private final long[] taken;

    Log(Random random) {
      int partitions = 1 + random.nextInt(6);
      for (int i = 0; i < partitions; i++) {
        List<Segment> ledgers = new ArrayList<>();
        long ledger = 1L + random.nextInt(5);
        long from = random.nextInt(10);
        for (int n = random.nextInt(4); n >= 0; n--) {
          ledgers.add(
              new Segment(
                  ledger,
                  from,
                  from + 1 + random.nextInt(30),
                  random.nextInt(4) == 0 ? 0 : random.nextDouble(900)));
          ledger += 1 + random.nextInt(3);
          from = 0;
        }
        segments.add(ledgers);
      }
      taken = new long[partitions];
    }

    long[] waiting() {
      return segments.stream()
          .mapToLong(ledgers -> ledgers.stream().mapToLong(Segment::entries).sum())
          .toArray();
    }

    long total() {
      return Arrays.stream(waiting()).sum();
    }

    List<Backlog> backlogs() {
      List<Backlog> backlogs = new ArrayList<>();
      for (int i = 0; i < segments.size(); i++) {
        List<Segment> ledgers = segments.get(i);
        if (!ledgers.isEmpty()) {
          Segment last = ledgers.get(ledgers.size() - 1);
          backlogs.add(new Backlog(tp(i), new Pos(last.ledger(), last.to()), List.copyOf(ledgers)));
        }
      }
      return backlogs;
    }

    /** Removes what lies before an end, which must lie in what waits. */
    List<Segment> take(TopicPartition partition, Pos end) {
      List<Segment> ledgers = segments.get(partition.partition());
      List<Segment> gone = new ArrayList<>();
      List<Segment> left = new ArrayList<>();
      for (Segment each : ledgers) {
        long cut =
            each.ledger() < end.ledger()
                ? each.to()
                : each.ledger() > end.ledger() ? each.from() : end.entry();
        assertThat(cut).isBetween(each.from(), each.to());
        if (cut > each.from()) {
          gone.add(new Segment(each.ledger(), each.from(), cut, each.bytesPerEntry()));
        }
        if (cut < each.to()) {
          left.add(new Segment(each.ledger(), cut, each.to(), each.bytesPerEntry()));
        }
      }
      assertThat(gone).isNotEmpty();
      assertThat(ledgers.stream().map(Segment::ledger)).contains(end.ledger());
      segments.set(partition.partition(), left);
      taken[partition.partition()] += gone.stream().mapToLong(Segment::entries).sum();
      return gone;
    }
  }

  private static @Nullable Pos endWith(Backlog backlog, long budget) {
    return new TreeMap<>(AdmissionPlanner.plan(List.of(backlog), bytes(budget), null).ends())
        .get(backlog.partition());
  }

  private static Limits bytes(long bytes) {
    return new Limits(bytes, null, 1);
  }

  private static Backlog backlog(int partition, long entries, double bytesPerEntry) {
    return new Backlog(
        tp(partition), new Pos(7, entries), List.of(new Segment(7, 0, entries, bytesPerEntry)));
  }

  private static TopicPartition tp(int partition) {
    return new TopicPartition("persistent://t/n/a", partition);
  }
}
