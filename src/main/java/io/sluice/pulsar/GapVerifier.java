package io.sluice.pulsar;

import io.sluice.SluiceException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tells a legal gap in what was delivered from lost data.
 *
 * <p>Inside a ledger that is still stored nothing is lost: what was not delivered are transaction
 * markers, aborted or filtered messages. Data goes by whole ledgers (retention, TTL, truncation,
 * deletion of the topic), so a gap is a loss exactly when a ledger that held entries of it is gone.
 * Where a compacted topic is read as such, what was removed is what compaction has left of it.
 */
final class GapVerifier {

  /** The ledgers of a partition that the broker still lists. */
  interface StoredLedgers {
    TopicLedgers of(TopicPartition partition);
  }

  private static final TopicLedgers NONE = new TopicLedgers(new TreeMap<>(), Map.of());

  private final LossReport report;
  private final boolean compacted;
  private final StoredLedgers stored;

  GapVerifier(PulsarOptions options, StoredLedgers stored) {
    this.report = new LossReport(options);
    this.compacted = options.readCompacted();
    this.stored = stored;
  }

  /** A verifier that asks the broker, with a connection of its own: gaps are rare. */
  static GapVerifier askingBroker(PulsarOptions options) {
    return new GapVerifier(
        options,
        partition -> {
          try (Cluster cluster = Cluster.open(options.connection())) {
            LedgerMap ledgers = new LedgerMap(cluster);
            ledgers.refresh(List.of(partition));
            TopicLedgers known = ledgers.known(partition);
            return known == null ? NONE : known;
          }
        });
  }

  /**
   * Checks that nothing of a range is lost between two positions.
   *
   * @param from the position that was expected next
   * @param to where delivery went on, or the range's end
   * @throws SluiceException DATA_LOSS if a ledger of the gap is gone and the options say to fail
   */
  void verify(ReadRange range, Pos from, Pos to) {
    if (!from.isBefore(to)) {
      return;
    }
    List<Long> needed = neededLedgers(range, from, to);
    if (needed.isEmpty()) {
      return;
    }
    TopicLedgers listed = stored.of(range.partition());
    if (compacted && listed.compactedUpTo() != null) {
      return;
    }
    List<Long> gone = needed.stream().filter(id -> !listed.lists(id)).toList();
    if (!gone.isEmpty()) {
      report.report(
          DataLoss.removed(
              range.partition(), from, to, "ledger " + gone + " was removed before it was read"));
    }
  }

  private static List<Long> neededLedgers(ReadRange range, Pos from, Pos to) {
    if (!range.segments().isEmpty()) {
      return range.ledgersWithEntriesBetween(from, to);
    }
    return from.isEarliest() ? List.of() : List.of(from.ledger());
  }

  /**
   * Reports that the topic of a range is gone, with all of it, if the broker lists nothing of it.
   *
   * @return whether it is gone
   * @throws SluiceException DATA_LOSS if it is gone and the options say to fail
   */
  boolean vanished(ReadRange range) {
    if (!stored.of(range.partition()).byId().isEmpty()) {
      return false;
    }
    report.report(DataLoss.vanished(range.partition(), range.start()));
    return true;
  }

  /**
   * Checks that the messages of a range that was read once, and ends there for good, are the last
   * ones of their keys. Compaction that has gone beyond the end meanwhile has taken messages out of
   * the range whose successors lie behind it.
   *
   * @throws SluiceException DATA_LOSS if it has, and the options say to fail
   */
  void verifySnapshot(ReadRange range) {
    if (!compacted) {
      return;
    }
    TopicLedgers listed = stored.of(range.partition());
    Pos upTo = listed.compactedUpTo();
    if (upTo != null
        && range.end().isBefore(upTo)
        && (!listed.lists(range.end().ledger()) || !listed.segments(range.end(), upTo).isEmpty())) {
      report.report(DataLoss.compactedBeyond(range.partition(), range.end(), upTo));
    }
  }

  /** How many gaps were recorded, instead of failing. */
  long events() {
    return report.events();
  }
}
