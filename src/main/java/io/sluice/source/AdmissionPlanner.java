package io.sluice.source;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Segment;
import io.sluice.pulsar.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
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

    /** The position when so many of the waiting entries are taken, at least one. */
    Pos after(long entries) {
      long left = entries;
      for (Segment segment : segments) {
        if (left < segment.entries()) {
          return new Pos(segment.ledger(), segment.from() + left);
        }
        if (left == segment.entries()) {
          return left == entries() ? end : new Pos(segment.ledger(), segment.to());
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
    long[] entries = turn.stream().mapToLong(Backlog::entries).toArray();
    if (limits.bytes() != null) {
      limit(turn, entries, limits.bytes(), segment -> Math.max(1, segment.bytesPerEntry()));
    }
    if (limits.rows() != null) {
      limit(turn, entries, limits.rows(), segment -> limits.messagesPerEntry());
    }
    TopicPartition lastServed = null;
    for (int i = 0; i < entries.length; i++) {
      if (entries[i] > 0) {
        ends.put(turn.get(i).partition(), turn.get(i).after(entries[i]));
        lastServed = turn.get(i).partition();
      }
    }
    return new Admission(ends, ends.size() == turn.size() ? null : lastServed);
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

  /** Lowers the entries of each backlog so that their cost keeps within the budget. */
  private static void limit(
      List<Backlog> turn, long[] entries, double budget, ToDoubleFunction<Segment> costOfEntry) {
    double total = 0;
    for (Backlog backlog : turn) {
      total += cost(backlog, Long.MAX_VALUE, costOfEntry);
    }
    if (total <= budget) {
      return;
    }
    double spent = 0;
    for (int i = 0; i < entries.length; i++) {
      double share = budget * (cost(turn.get(i), Long.MAX_VALUE, costOfEntry) / total);
      entries[i] = Math.min(entries[i], affordable(turn.get(i), share, costOfEntry));
      spent += cost(turn.get(i), entries[i], costOfEntry);
    }
    // A share below one entry rounds to none. Whoever is next in turn gets one as far as the budget
    // goes, and the first of all in any case, so that every batch moves and nobody starves.
    for (int i = 0; i < entries.length; i++) {
      double one = cost(turn.get(i), 1, costOfEntry);
      if (entries[i] == 0 && (spent == 0 || spent + one <= budget)) {
        entries[i] = 1;
        spent += one;
      }
    }
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
