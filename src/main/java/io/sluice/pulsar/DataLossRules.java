package io.sluice.pulsar;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The driver's part of noticing lost data, before a batch is logged.
 *
 * <p>The position's ledger is listed: nothing is lost, since data goes by whole ledgers. It is not:
 * what it held behind the position is gone, or the topic was made anew, or the checkpoint belongs
 * to another cluster.
 */
public final class DataLossRules {

  private final PulsarOptions options;
  private final String subscription;
  private final Function<Map<TopicPartition, Pos>, Map<TopicPartition, TopicLedgers>> ledgers;

  /** Creates the rules for a source that reads with a durable subscription. */
  public DataLossRules(PulsarOptions options, String subscription, LedgerMap ledgers) {
    this(options, subscription, ledgers::knowing);
  }

  /**
   * Creates the rules.
   *
   * @param ledgers tells the ledgers of partitions that reach up to these tails
   */
  DataLossRules(
      PulsarOptions options,
      String subscription,
      Function<Map<TopicPartition, Pos>, Map<TopicPartition, TopicLedgers>> ledgers) {
    this.options = options;
    this.subscription = subscription;
    this.ledgers = ledgers;
  }

  /**
   * The positions to read from.
   *
   * @param start the positions of the checkpoint
   * @param tails how far each partition goes; absent where the topic is gone
   * @return the start of every partition that still exists, at the earliest entry where data was
   *     lost and the options say to go on
   * @throws io.sluice.SluiceException DATA_LOSS if data was lost and the options say to fail
   */
  public Map<TopicPartition, Pos> check(Positions start, Map<TopicPartition, Pos> tails) {
    Map<TopicPartition, Pos> doubtful = new TreeMap<>();
    Map<TopicPartition, Pos> first = new TreeMap<>();
    start
        .byPartition()
        .forEach(
            (partition, position) -> {
              Pos tail = tails.get(partition);
              if (tail == null) {
                GapVerifier.report(
                    options,
                    partition + " does not exist any more; the checkpoint stands at " + position);
                return;
              }
              first.put(partition, position);
              if (!position.isEarliest()
                  && !tail.isEarliest()
                  && tail.ledger() != position.ledger()) {
                doubtful.put(partition, tail);
              }
            });
    Map<TopicPartition, TopicLedgers> known = ledgers.apply(doubtful);
    doubtful.forEach(
        (partition, tail) -> {
          Pos position = start.getOrEarliest(partition);
          TopicLedgers stored = known.get(partition);
          if (stored != null && !stored.lists(position.ledger()) && !consumed(stored, position)) {
            GapVerifier.report(options, loss(partition, position, tail, stored));
            first.put(partition, Pos.EARLIEST);
          }
        });
    return first;
  }

  private static String loss(
      TopicPartition partition, Pos position, Pos tail, TopicLedgers stored) {
    return tail.isBefore(position)
        ? partition
            + " ends at "
            + tail
            + ", before the checkpoint's "
            + position
            + ": the topic was made anew, or the checkpoint belongs to another cluster"
        : "Messages of "
            + partition
            + " from "
            + position
            + " are gone: ledger "
            + position.ledger()
            + " was trimmed, expired or removed before it was read; the oldest stored entry is "
            + stored.first();
  }

  /**
   * Without the retention pin a ledger goes as soon as everything in it is acknowledged. The
   * subscription then stands at the position still, or has been moved to the start of a ledger.
   */
  private boolean consumed(TopicLedgers stored, Pos position) {
    Pos marked = stored.cursors().get(subscription);
    return !options.retentionPin()
        && marked != null
        && (!position.isBefore(marked) || marked.entry() == 0);
  }
}
