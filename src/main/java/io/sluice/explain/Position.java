package io.sluice.explain;

import java.util.Comparator;

/**
 * Which message, as the column {@code _position} says it.
 *
 * @param topic the full name of the topic
 * @param partition the partition, -1 for a topic without
 * @param ledger the ledger of the message's entry
 * @param entry the entry in the ledger
 * @param batchIndex the message's place in its entry, -1 when it is alone there
 */
public record Position(String topic, int partition, long ledger, long entry, int batchIndex) {

  /** The order of messages within one partition. */
  static final Comparator<Position> IN_PARTITION =
      Comparator.comparingLong(Position::ledger)
          .thenComparingLong(Position::entry)
          .thenComparingInt(Position::batchIndex);

  /**
   * Whether the message lies before a place of its partition's log, {@code ledger:entry} or, within
   * an entry, {@code ledger:entry:batchIndex}.
   */
  boolean isBefore(String place) {
    String[] parts = place.split(":", -1);
    Position other =
        new Position(
            topic,
            partition,
            Long.parseLong(parts[0]),
            Long.parseLong(parts[1]),
            parts.length < 3 ? -1 : Integer.parseInt(parts[2]));
    return IN_PARTITION.compare(this, other) < 0;
  }

  /** The message id, {@code ledger:entry} or {@code ledger:entry:batchIndex}. */
  public String id() {
    return ledger + ":" + entry + (batchIndex < 0 ? "" : ":" + batchIndex);
  }
}
