package io.sluice.testing;

import java.io.Serializable;
import java.util.Comparator;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.spark.sql.Row;

/** What names one message for good, by whichever way it was read. */
public record MessageKey(int partition, long ledger, long entry, int batchIndex)
    implements Comparable<MessageKey>, Serializable {

  private static final Comparator<MessageKey> ORDER =
      Comparator.comparingInt(MessageKey::partition)
          .thenComparingLong(MessageKey::ledger)
          .thenComparingLong(MessageKey::entry)
          .thenComparingInt(MessageKey::batchIndex);

  /** The key of a message that the Pulsar client has read. */
  public static MessageKey of(Message<?> message) {
    MessageIdAdv id = (MessageIdAdv) message.getMessageId();
    return new MessageKey(
        id.getPartitionIndex(), id.getLedgerId(), id.getEntryId(), id.getBatchIndex());
  }

  /** The key of a row of format "pulsar" with metadata columns. */
  public static MessageKey of(Row row) {
    return new MessageKey(
        row.getAs("__partition"),
        row.getAs("__ledgerId"),
        row.getAs("__entryId"),
        row.getAs("__batchIndex"));
  }

  @Override
  public int compareTo(MessageKey other) {
    return ORDER.compare(this, other);
  }
}
