package io.sluice.pulsar;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The ledgers of one topic partition at one moment. A closed ledger never changes; the last one may
 * have grown since.
 *
 * @param byId entries and stored bytes by ledger id, sorted
 * @param cursors every subscription
 * @param removed how many entries the closed ledgers had that were listed before the first of these
 *     and are not any more; none is missing between them and the first
 */
record TopicLedgers(
    NavigableMap<Long, Ledger> byId,
    Map<String, Cursor> cursors,
    NavigableMap<Long, Long> removed) {

  private static final String COMPACTION = "__compaction";
  private static final String COMPACTED_LEDGER = "CompactedTopicLedger";

  /**
   * One subscription.
   *
   * @param standing the position behind its mark-delete position
   * @param properties what its last acknowledgement carried
   * @param waitsAt where it waits for entries that are not written yet, null while it reads
   */
  record Cursor(Pos standing, Map<String, Long> properties, @Nullable Pos waitsAt) {
    Cursor {
      properties = Map.copyOf(properties);
    }
  }

  /**
   * One ledger.
   *
   * @param entries how many entries it had
   * @param bytes their stored size
   */
  record Ledger(long entries, long bytes) {
    double bytesPerEntry() {
      return entries == 0 ? 0 : (double) bytes / entries;
    }
  }

  TopicLedgers {
    byId = Collections.unmodifiableNavigableMap(new TreeMap<>(byId));
    cursors = Map.copyOf(cursors);
    removed = Collections.unmodifiableNavigableMap(new TreeMap<>(removed));
  }

  /** What is listed, without knowledge of what was before. */
  TopicLedgers(NavigableMap<Long, Ledger> byId, Map<String, Cursor> cursors) {
    this(byId, cursors, new TreeMap<>());
  }

  /**
   * This, with what an earlier answer tells of ledgers that are not listed any more. A ledger that
   * was not the last one then was closed, and new ones come only behind the last; so what was
   * between is known as long as the first ledger listed now was listed then.
   */
  TopicLedgers after(TopicLedgers earlier) {
    if (byId.isEmpty() || !earlier.lists(byId.firstKey())) {
      return this;
    }
    TreeMap<Long, Long> gone = new TreeMap<>(earlier.removed);
    earlier
        .byId
        .headMap(byId.firstKey(), false)
        .forEach((id, ledger) -> gone.put(id, ledger.entries()));
    return new TopicLedgers(byId, cursors, gone);
  }

  /**
   * Whether it is known that no entry was stored between a position in a removed ledger and the
   * oldest ledger that is left.
   */
  boolean reachesTheOldest(Pos position) {
    Long entries = removed.get(position.ledger());
    return entries != null
        && entries <= position.entry()
        && removed.tailMap(position.ledger(), false).values().stream()
            .allMatch(count -> count == 0);
  }

  /**
   * The position behind what compaction has looked at, null if the topic was never compacted.
   * Whatever was removed before is what compaction has left of it; the note on compaction's
   * subscription is lost when somebody skips messages of it or truncates the topic.
   */
  @Nullable Pos compactedUpTo() {
    Cursor compaction = cursors.get(COMPACTION);
    return compaction == null || !compaction.properties().containsKey(COMPACTED_LEDGER)
        ? null
        : compaction.standing();
  }

  /** Whether the ledger is still stored. */
  boolean lists(long ledger) {
    return byId.containsKey(ledger);
  }

  /** The oldest stored position; {@link Pos#EARLIEST} if nothing is stored. */
  Pos first() {
    for (Map.Entry<Long, Ledger> each : byId.entrySet()) {
      if (each.getValue().entries() > 0) {
        return new Pos(each.getKey(), 0);
      }
    }
    return Pos.EARLIEST;
  }

  /** The first entry that is stored in a later ledger than the position's, or null if none is. */
  @Nullable Pos firstInLaterLedger(Pos position) {
    for (Map.Entry<Long, Ledger> each : byId.tailMap(position.ledger(), false).entrySet()) {
      if (each.getValue().entries() > 0) {
        return new Pos(each.getKey(), 0);
      }
    }
    return null;
  }

  /** The position behind the last entry of a stored ledger. */
  Pos endOf(long ledger) {
    Ledger stored = byId.get(ledger);
    return new Pos(ledger, stored == null ? 0 : stored.entries());
  }

  /** The position behind the newest ledger; {@link Pos#EARLIEST} if there is none. */
  Pos end() {
    return byId.isEmpty() ? Pos.EARLIEST : endOf(byId.lastKey());
  }

  /** The last entry that is stored before a position, or null if none is known. */
  @Nullable Pos lastEntryBefore(Pos position) {
    if (position.entry() > 0) {
      return new Pos(position.ledger(), position.entry() - 1);
    }
    for (Map.Entry<Long, Ledger> each :
        byId.headMap(position.ledger(), false).descendingMap().entrySet()) {
      if (each.getValue().entries() > 0) {
        return new Pos(each.getKey(), each.getValue().entries() - 1);
      }
    }
    return null;
  }

  /** The position so many entries before another, or the oldest stored one. */
  Pos back(Pos position, long entries) {
    if (position.entry() >= entries) {
      return new Pos(position.ledger(), position.entry() - entries);
    }
    long left = entries - position.entry();
    Pos reached = new Pos(position.ledger(), 0);
    for (Map.Entry<Long, Ledger> each :
        byId.headMap(position.ledger(), false).descendingMap().entrySet()) {
      long held = each.getValue().entries();
      if (held >= left) {
        return new Pos(each.getKey(), held - left);
      }
      left -= held;
      reached = new Pos(each.getKey(), 0);
    }
    return reached;
  }

  /**
   * The entry that a position means: the next ledger's first behind the end of a closed ledger, the
   * position itself where nothing says so.
   */
  Pos entryFrom(Pos position) {
    Ledger at = byId.get(position.ledger());
    if (at != null && (position.entry() < at.entries() || byId.lastKey() == position.ledger())) {
      return position;
    }
    for (Map.Entry<Long, Ledger> each : byId.tailMap(position.ledger(), false).entrySet()) {
      if (each.getValue().entries() > 0) {
        return new Pos(each.getKey(), 0);
      }
    }
    return position;
  }

  /**
   * The same without the ledgers before those that the two entries before a position lie in: what
   * an acknowledgement of everything before the position may still ask for.
   */
  TopicLedgers withoutHistoryOf(Pos position) {
    Pos last = lastEntryBefore(position);
    Pos secondLast = last == null ? null : lastEntryBefore(last);
    if (secondLast == null || byId.firstKey() >= secondLast.ledger()) {
      return removed.isEmpty()
          ? this
          : new TopicLedgers(byId, cursors, removed.tailMap(position.ledger(), true));
    }
    return new TopicLedgers(
        byId.tailMap(secondLast.ledger(), true), cursors, removed.tailMap(position.ledger(), true));
  }

  /**
   * The stored runs of entries in a range.
   *
   * @param start the first position
   * @param end the position behind the last; its ledger may have grown since this was asked
   */
  List<Segment> segments(Pos start, Pos end) {
    List<Segment> segments = new ArrayList<>();
    if (!start.isBefore(end)) {
      return segments;
    }
    double lastKnown = 0;
    for (Map.Entry<Long, Ledger> each :
        byId.subMap(start.ledger(), true, end.ledger(), true).entrySet()) {
      long id = each.getKey();
      double bytesPerEntry = each.getValue().bytesPerEntry();
      lastKnown = bytesPerEntry > 0 ? bytesPerEntry : lastKnown;
      long from = id == start.ledger() ? start.entry() : 0;
      long to = id == end.ledger() ? end.entry() : each.getValue().entries();
      if (from < to) {
        segments.add(new Segment(id, from, to, lastKnown));
      }
    }
    return segments;
  }
}
