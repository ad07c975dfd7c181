package io.sluice.pulsar;

import org.jspecify.annotations.Nullable;

/**
 * Messages that were due and cannot be read any more.
 *
 * @param partition which log
 * @param from the position that was next to read
 * @param to where reading can go on, null if nothing is left
 * @param reason what is known of the cause, as the rest of a sentence
 * @param remedy what a user can do, as a whole sentence
 */
record DataLoss(
    TopicPartition partition, Pos from, @Nullable Pos to, String reason, String remedy) {

  private static final String PREVENT =
      "Restore the data, or set failOnDataLoss=false to record the gap and go on with what is left;"
          + " a longer retention, or no TTL, on the topic's namespace prevents it";

  /** Ledgers of the range were deleted: retention, TTL, truncation, or the topic made anew. */
  static DataLoss removed(TopicPartition partition, Pos from, @Nullable Pos to, String reason) {
    return new DataLoss(partition, from, to, reason, PREVENT);
  }

  /** The log, or the position's ledger, ends before the position. */
  static DataLoss beyondTheEnd(TopicPartition partition, Pos from, @Nullable Pos to, String what) {
    return new DataLoss(
        partition,
        from,
        to,
        what
            + ", before the position: the topic was made anew or restored, or the checkpoint"
            + " belongs to another cluster",
        "Check service.url, or start with a new checkpoint; failOnDataLoss=false records the gap"
            + " and goes on"
            + (to == null ? "" : " at " + to));
  }

  /** The first parts of a chunked message are not where they are looked for. */
  static DataLoss chunks(TopicPartition partition, Pos lastChunk, String uuid, long lookback) {
    return new DataLoss(
        partition,
        lastChunk,
        Pos.after(lastChunk.ledger(), lastChunk.entry()),
        "parts of the chunked message "
            + uuid
            + " that ends there are not among the "
            + lookback
            + " entries before it",
        "If they are older than that, raise "
            + PulsarOption.CHUNK_LOOKBACK_ENTRIES.key()
            + "; failOnDataLoss=false leaves the message out");
  }

  /** A topic was compacted beyond the end of a read of it while that went on. */
  static DataLoss compactedBeyond(TopicPartition partition, Pos end, Pos upTo) {
    return new DataLoss(
        partition,
        Pos.EARLIEST,
        end,
        "the topic was compacted up to "
            + upTo
            + " meanwhile, so messages whose keys were written again behind the end are gone",
        "Read again; failOnDataLoss=false leaves those keys out");
  }

  /** The partition is not there. */
  static DataLoss vanished(TopicPartition partition, Pos from) {
    return new DataLoss(
        partition,
        from,
        null,
        "the topic does not exist any more",
        "If it was deleted on purpose, set failOnDataLoss=false to record that and go on without"
            + " it; a topic of the same name is then read from its oldest message");
  }

  /** The partition is there, but the source does not read it any more. */
  static DataLoss deselected(TopicPartition partition, Pos from) {
    return new DataLoss(
        partition,
        from,
        null,
        "the source's topics do not contain it any more",
        "Put it back into topics or topicsPattern, or set failOnDataLoss=false to go on without it");
  }

  @Override
  public String toString() {
    return "Messages of "
        + partition
        + " from "
        + (from.isEarliest() ? "the oldest" : from)
        + (to == null || to.isBefore(from) ? " on" : " up to " + to)
        + " cannot be read: "
        + reason;
  }
}
