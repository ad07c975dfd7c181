package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a legal gap in what was delivered from lost data.
 *
 * <p>Inside a ledger that is still stored nothing is lost: what was not delivered are transaction
 * markers, aborted or filtered messages. Data goes by whole ledgers (retention, TTL, truncation,
 * deletion of the topic), so a gap is a loss exactly when a ledger that held entries of it is gone.
 */
final class GapVerifier {

  private static final Logger LOG = LoggerFactory.getLogger(GapVerifier.class);

  private final PulsarOptions options;

  GapVerifier(PulsarOptions options) {
    this.options = options;
  }

  /**
   * Checks that nothing of a range is lost between two positions.
   *
   * @param from the position that was expected next
   * @param to where delivery went on, or the range's end
   * @throws SluiceException DATA_LOSS if a ledger of the gap is gone and the options say to fail
   */
  void verify(ReadRange range, Pos from, Pos to) {
    boolean mayHoldEntries =
        range.segments().isEmpty() ? !from.isEarliest() : range.holdsEntriesBetween(from, to);
    if (!from.isBefore(to) || !mayHoldEntries) {
      return;
    }
    List<Long> gone = missingLedgers(range, from, to);
    if (!gone.isEmpty()) {
      report(
          options,
          "Messages of "
              + range.partition()
              + " from "
              + from
              + " up to "
              + to
              + " are gone: ledger "
              + gone
              + " was removed before it was read");
    }
  }

  private List<Long> missingLedgers(ReadRange range, Pos from, Pos to) {
    try (Cluster cluster = Cluster.open(options.connection())) {
      LedgerMap ledgers = new LedgerMap(cluster);
      ledgers.refresh(List.of(range.partition()));
      TopicLedgers stored = ledgers.known(range.partition());
      List<Long> needed =
          range.segments().isEmpty()
              ? List.of(from.ledger())
              : range.segments().stream()
                  .map(Segment::ledger)
                  .filter(id -> id >= from.ledger() && id <= to.ledger())
                  .filter(id -> range.holdsEntriesBetween(Pos.max(from, new Pos(id, 0)), to))
                  .toList();
      return needed.stream().filter(id -> stored == null || !stored.lists(id)).toList();
    }
  }

  /** Fails, or logs and goes on, as the options say. */
  static void report(PulsarOptions options, String loss) {
    if (options.failOnDataLoss()) {
      throw new SluiceException(
          Condition.DATA_LOSS,
          loss
              + ". Restore the data, or set failOnDataLoss=false to record the gap and go on with"
              + " what is left; a longer retention, or no TTL, on the topic's namespace prevents"
              + " it");
    }
    LOG.warn("Data loss, going on as failOnDataLoss=false says: {}", loss);
  }
}
