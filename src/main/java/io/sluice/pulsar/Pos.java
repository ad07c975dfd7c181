package io.sluice.pulsar;

import java.io.Serializable;
import java.util.Comparator;

/**
 * The next position to read in one {@link TopicPartition}: everything before it has been read,
 * nothing at or after it.
 *
 * <p>Positions compare by ledger, then entry. They are points on the log, not names of stored
 * entries: a position may lie behind the last entry of its ledger, and then means the first entry
 * of the next one.
 *
 * <p>Micro-batches begin and end between entries. Only where a user wants to begin or end within an
 * entry does a position name a message of it.
 *
 * @param ledger the BookKeeper ledger id, -1 in {@link #EARLIEST}
 * @param entry the entry id in the ledger, from 0; -1 in {@link #EARLIEST}
 * @param batchIndex the index of the message in the entry, 0 for the whole entry
 */
public record Pos(long ledger, long entry, int batchIndex)
    implements Comparable<Pos>, Serializable {

  /** Before the first entry, whichever that is. */
  public static final Pos EARLIEST = new Pos(-1, -1);

  private static final Comparator<Pos> ORDER =
      Comparator.comparingLong(Pos::ledger)
          .thenComparingLong(Pos::entry)
          .thenComparingInt(Pos::batchIndex);

  /** Checks that the numbers name a position. */
  public Pos {
    boolean earliest = ledger == -1 && entry == -1 && batchIndex == 0;
    if (!earliest && (ledger < 0 || entry < 0 || batchIndex < 0)) {
      throw new IllegalArgumentException(
          "Invalid position "
              + text(ledger, entry, batchIndex)
              + ": need ledger:entry, both from 0, or -1:-1");
    }
  }

  /** The position of an entry's first message. */
  public Pos(long ledger, long entry) {
    this(ledger, entry, 0);
  }

  /**
   * Reads {@code ledger:entry} or {@code ledger:entry:batchIndex}.
   *
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static Pos parse(String text) {
    String[] parts = text.split(":", -1);
    try {
      if (parts.length == 2 || parts.length == 3) {
        return new Pos(
            Long.parseLong(parts[0]),
            Long.parseLong(parts[1]),
            parts.length == 2 ? 0 : Integer.parseInt(parts[2]));
      }
    } catch (NumberFormatException notNumbers) {
      // The message below says what is expected; the parser's own adds nothing.
    }
    throw new IllegalArgumentException(
        "Invalid position '"
            + text
            + "': need ledger:entry or ledger:entry:batchIndex, such as 123:0, or -1:-1 for"
            + " earliest");
  }

  /** The position right behind a stored entry. */
  public static Pos after(long ledger, long entry) {
    return new Pos(ledger, entry + 1);
  }

  /**
   * The position behind the message that this one names, or behind its entry if it names an entry;
   * the earliest stays what it is.
   */
  Pos behind() {
    if (isEarliest()) {
      return this;
    }
    return batchIndex == 0 ? after(ledger, entry) : new Pos(ledger, entry, batchIndex + 1);
  }

  /** The position of the first message of the same entry. */
  public Pos atEntry() {
    return batchIndex == 0 ? this : new Pos(ledger, entry);
  }

  /** The first position between entries that is not before this one. */
  public Pos atNextEntry() {
    return batchIndex == 0 ? this : after(ledger, entry);
  }

  /** Whether this is {@link #EARLIEST}. */
  public boolean isEarliest() {
    return ledger == -1;
  }

  @Override
  public int compareTo(Pos other) {
    return ORDER.compare(this, other);
  }

  /** Whether this position lies before the other. */
  public boolean isBefore(Pos other) {
    return compareTo(other) < 0;
  }

  /** The earlier of the two positions. */
  public static Pos min(Pos left, Pos right) {
    return right.isBefore(left) ? right : left;
  }

  /** The later of the two positions. */
  public static Pos max(Pos left, Pos right) {
    return left.isBefore(right) ? right : left;
  }

  /** The shortest text that {@link #parse} reads back. */
  @Override
  public String toString() {
    return text(ledger, entry, batchIndex);
  }

  private static String text(long ledger, long entry, int batchIndex) {
    return ledger + ":" + entry + (batchIndex == 0 ? "" : ":" + batchIndex);
  }
}
