package io.sluice.pulsar;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A note that an acknowledgement leaves with the subscription: everything before this position was
 * read. The broker keeps it until somebody else moves the subscription; expiry by TTL is the only
 * move that keeps it, too.
 *
 * @param position the next position to read
 */
record DoneMark(Pos position) {

  private static final String LEDGER = "sluice.next.ledger";
  private static final String ENTRY = "sluice.next.entry";

  /** The note as an acknowledgement carries it. */
  Map<String, Long> properties() {
    return Map.of(LEDGER, position.ledger(), ENTRY, position.entry());
  }

  /** The note in a cursor's properties, or null if there is none. */
  static @Nullable DoneMark of(@Nullable Map<String, Long> properties) {
    if (properties == null) {
      return null;
    }
    Long ledger = properties.get(LEDGER);
    Long entry = properties.get(ENTRY);
    return ledger == null || entry == null || ledger < 0 || entry < 0
        ? null
        : new DoneMark(new Pos(ledger, entry));
  }
}
