package io.sluice.source;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Segment;
import io.sluice.pulsar.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Decides how far a batch goes in each partition: whole entries, in proportion to the backlog, and
 * at least one entry over all. A pure function.
 */
final class AdmissionPlanner {

  /**
   * What waits in one partition.
   *
   * @param partition which log
   * @param end the position behind the last entry that waits
   * @param segments the runs of entries that wait, in order, at least one entry
   */
  record Backlog(TopicPartition partition, Pos end, List<Segment> segments) {
    long entries() {
      return segments.stream().mapToLong(Segment::entries).sum();
    }

    /** A few of the waiting entries, evenly spread. */
    List<Pos> spread(int count) {
      long entries = entries();
      return LongStream.range(0, Math.min(count, entries))
          .map(i -> entries * (2 * i + 1) / (2 * Math.min(count, entries)))
          .mapToObj(this::entryAt)
          .toList();
    }

    private Pos entryAt(long index) {
      long left = index;
      for (Segment segment : segments) {
        if (left < segment.entries()) {
          return new Pos(segment.ledger(), segment.from() + left);
        }
        left -= segment.entries();
      }
      throw new IndexOutOfBoundsException("Entry " + index + " of " + entries());
    }

    /** The position when so many of the waiting entries are taken, at least one. */
    Pos after(long entries) {
      if (entries >= entries()) {
        return end;
      }
      long left = entries;
      for (Segment segment : segments) {
        if (left <= segment.entries()) {
          return new Pos(segment.ledger(), segment.from() + left);
        }
        left -= segment.entries();
      }
      return end;
    }
  }

  /**
   * What a batch may hold.
   *
   * @param bytes stored bytes, null for no limit
   * @param rows messages, null for no limit
   * @param messagesPerEntry the estimate that turns rows into entries, at least 1
   */
  record Limits(@Nullable Long bytes, @Nullable Long rows, double messagesPerEntry) {
    boolean none() {
      return bytes == null && rows == null;
    }
  }

  /**
   * The decision.
   *
   * @param ends the end of the batch in each partition that gets entries
   * @param lastServed the last partition that got its entry out of turn, from which the next batch
   *     goes on, null if all got their share
   */
  record Admission(Map<TopicPartition, Pos> ends, @Nullable TopicPartition lastServed) {}

  private AdmissionPlanner() {}

  /**
   * Plans one batch.
   *
   * @param backlogs the partitions with something to read, sorted
   * @param servedBefore {@code lastServed} of the batch before
   */
  static Admission plan(
      List<Backlog> backlogs, Limits limits, @Nullable TopicPartition servedBefore) {
    Map<TopicPartition, Pos> ends = new TreeMap<>();
    if (limits.none() || backlogs.isEmpty()) {
      backlogs.forEach(backlog -> ends.put(backlog.partition(), backlog.end()));
      return new Admission(ends, null);
    }
    List<Backlog> turn = inTurn(backlogs, servedBefore);
    List<Budget> budgets = budgets(limits);
    long[] entries = turn.stream().mapToLong(Backlog::entries).toArray();
    budgets.forEach(budget -> keepToShares(turn, entries, budget));
    TopicPartition lastServed = serveTheRest(turn, entries, budgets);
    for (int i = 0; i < entries.length; i++) {
      if (entries[i] > 0) {
        ends.put(turn.get(i).partition(), turn.get(i).after(entries[i]));
      }
    }
    return new Admission(ends, lastServed);
  }

  /** One limit: how much may be spent, and what an entry of a segment costs, above 0. */
  private record Budget(double amount, ToDoubleFunction<Segment> costOfEntry) {}

  private static List<Budget> budgets(Limits limits) {
    List<Budget> budgets = new ArrayList<>();
    if (limits.bytes() != null) {
      budgets.add(new Budget(limits.bytes(), segment -> Math.max(1, segment.bytesPerEntry())));
    }
    if (limits.rows() != null) {
      budgets.add(new Budget(limits.rows(), segment -> limits.messagesPerEntry()));
    }
    return budgets;
  }

  /** The backlogs, beginning behind the partition that was served last. */
  private static List<Backlog> inTurn(
      List<Backlog> backlogs, @Nullable TopicPartition servedBefore) {
    List<Backlog> turn = new ArrayList<>(backlogs.size());
    if (servedBefore != null) {
      backlogs.stream()
          .filter(backlog -> backlog.partition().compareTo(servedBefore) > 0)
          .forEach(turn::add);
    }
    backlogs.stream()
        .filter(backlog -> servedBefore == null || backlog.partition().compareTo(servedBefore) <= 0)
        .forEach(turn::add);
    return turn;
  }

  /** Lowers the entries of each backlog to its share of the budget, if not all can be paid. */
  private static void keepToShares(List<Backlog> turn, long[] entries, Budget budget) {
    double total = 0;
    for (Backlog backlog : turn) {
      total += cost(backlog, Long.MAX_VALUE, budget.costOfEntry());
    }
    if (total <= budget.amount()) {
      return;
    }
    for (int i = 0; i < entries.length; i++) {
      double share =
          budget.amount() * (cost(turn.get(i), Long.MAX_VALUE, budget.costOfEntry()) / total);
      entries[i] = Math.min(entries[i], affordable(turn.get(i), share, budget.costOfEntry()));
    }
  }

  /**
   * Serves backlogs whose share is below one entry. The first in turn gets one entry whatever it
   * costs, so that every batch moves and no backlog waits for more batches than there are backlogs;
   * the next ones get theirs as far as every budget goes. None is passed over: a later batch goes
   * on exactly where this one stops.
   *
   * @return the last backlog served so, null if there was none
   */
  private static @Nullable TopicPartition serveTheRest(
      List<Backlog> turn, long[] entries, List<Budget> budgets) {
    double[] left = new double[budgets.size()];
    for (int b = 0; b < left.length; b++) {
      left[b] = budgets.get(b).amount();
      for (int i = 0; i < entries.length; i++) {
        left[b] -= cost(turn.get(i), entries[i], budgets.get(b).costOfEntry());
      }
    }
    TopicPartition lastServed = null;
    for (int i = 0; i < entries.length; i++) {
      if (entries[i] > 0) {
        continue;
      }
      boolean affordable = true;
      for (int b = 0; b < left.length; b++) {
        left[b] -= cost(turn.get(i), 1, budgets.get(b).costOfEntry());
        affordable &= left[b] >= 0;
      }
      if (lastServed != null && !affordable) {
        return lastServed;
      }
      entries[i] = 1;
      lastServed = turn.get(i).partition();
    }
    return lastServed;
  }

  private static double cost(Backlog backlog, long entries, ToDoubleFunction<Segment> costOfEntry) {
    double cost = 0;
    long left = entries;
    for (Segment segment : backlog.segments()) {
      long taken = Math.min(left, segment.entries());
      cost += taken * costOfEntry.applyAsDouble(segment);
      left -= taken;
    }
    return cost;
  }

  private static long affordable(
      Backlog backlog, double budget, ToDoubleFunction<Segment> costOfEntry) {
    long entries = 0;
    double left = budget;
    for (Segment segment : backlog.segments()) {
      double each = costOfEntry.applyAsDouble(segment);
      long taken = Math.min(segment.entries(), (long) Math.floor(left / each));
      entries += taken;
      left -= taken * each;
      if (taken < segment.entries()) {
        break;
      }
    }
    return entries;
  }
}
