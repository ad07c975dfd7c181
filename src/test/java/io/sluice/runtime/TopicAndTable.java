package io.sluice.runtime;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Row;

/**
 * What a topic of strings holds and what a table of them holds, each by itself, message by message.
 */
final class TopicAndTable {

  private TopicAndTable() {}

  /** Publishes numbered messages in batches of up to ten, spread over the partitions. */
  static void publish(PulsarBroker broker, String topic, int first, int count) throws Exception {
    try (Producer<String> producer =
        broker
            .client()
            .newProducer(Schema.STRING)
            .topic(topic)
            .batchingMaxMessages(10)
            .batchingMaxPublishDelay(50, TimeUnit.MILLISECONDS)
            .create()) {
      List<CompletableFuture<MessageId>> sent = new ArrayList<>();
      for (int i = first; i < first + count; i++) {
        sent.add(producer.newMessage().key("k" + i).value("message " + i).sendAsync());
      }
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
    }
  }

  /** Position to payload as a plain reader of the topic finds them. */
  static Map<String, String> ofTopic(PulsarBroker broker, String topic, int partitions)
      throws Exception {
    Map<String, String> messages = new TreeMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      try (Reader<String> reader =
          broker
              .client()
              .newReader(Schema.STRING)
              .topic(topic + "-partition-" + partition)
              .startMessageId(MessageId.earliest)
              .create()) {
        while (reader.hasMessageAvailable()) {
          Message<String> message = reader.readNext();
          MessageIdAdv id = (MessageIdAdv) message.getMessageId();
          messages.put(
              key(topic, partition, id.getLedgerId(), id.getEntryId(), id.getBatchIndex()),
              message.getValue());
        }
      }
    }
    return messages;
  }

  /**
   * Position to payload as the table has them.
   *
   * @throws AssertionError if a message is there twice
   */
  static Map<String, String> ofTable(String path) {
    Map<String, String> messages = new TreeMap<>();
    for (Row row :
        SparkSessions.local()
            .read()
            .format("delta")
            .load(path)
            .select("_position.*", "value")
            .collectAsList()) {
      String key =
          key(row.getString(0), row.getInt(1), row.getLong(2), row.getLong(3), row.getInt(4));
      if (messages.put(key, row.getString(5)) != null) {
        throw new AssertionError("twice in the table: " + key);
      }
    }
    return messages;
  }

  private static String key(String topic, int partition, long ledger, long entry, int index) {
    return "%s/%d/%d:%d:%d".formatted(topic, partition, ledger, entry, index);
  }
}
