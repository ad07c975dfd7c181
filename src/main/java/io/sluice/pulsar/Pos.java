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
 * @param ledger the BookKeeper ledger id, -1 in {@link #EARLIEST}
 * @param entry the entry id in the ledger, from 0; -1 in {@link #EARLIEST}
 */
public record Pos(long ledger, long entry) implements Comparable<Pos>, Serializable {

  /** Before the first entry, whichever that is. */
  public static final Pos EARLIEST = new Pos(-1, -1);

  private static final Comparator<Pos> ORDER =
      Comparator.comparingLong(Pos::ledger).thenComparingLong(Pos::entry);

  /** Checks that the numbers name a position. */
  public Pos {
    boolean earliest = ledger == -1 && entry == -1;
    if (!earliest && (ledger < 0 || entry < 0)) {
      throw new IllegalArgumentException(
          "Invalid position "
              + ledger
              + ":"
              + entry
              + ": need ledger:entry, both from 0, or -1:-1");
    }
  }

  /**
   * Reads {@code ledger:entry}.
   *
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static Pos parse(String text) {
    int colon = text.indexOf(':');
    try {
      if (colon > 0) {
        long ledger = Long.parseLong(text.substring(0, colon));
        return new Pos(ledger, Long.parseLong(text.substring(colon + 1)));
      }
    } catch (NumberFormatException notNumbers) {
      // The message below says what is expected; the parser's own adds nothing.
    }
    throw new IllegalArgumentException(
        "Invalid position '" + text + "': need ledger:entry, such as 123:0, or -1:-1 for earliest");
  }

  /** The position right behind a stored entry. */
  public static Pos after(long ledger, long entry) {
    return new Pos(ledger, entry + 1);
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

  /** The later of the two positions. */
  public static Pos max(Pos left, Pos right) {
    return left.isBefore(right) ? right : left;
  }

  /** {@code ledger:entry}, as {@link #parse} reads it. */
  @Override
  public String toString() {
    return ledger + ":" + entry;
  }
}
