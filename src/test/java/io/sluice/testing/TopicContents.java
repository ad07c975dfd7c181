package io.sluice.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.Schema;

/** What a topic holds, read by Pulsar's own reader: the oracle of the source's tests. */
public final class TopicContents {

  private TopicContents() {}

  /**
   * Every deliverable message of a topic, all partitions, with its payload as text; that of null is
   * empty.
   */
  public static Map<MessageKey, String> read(PulsarClient client, String topic) throws IOException {
    Map<MessageKey, String> contents = new TreeMap<>();
    for (String partition : client.getPartitionsForTopic(topic, false).join()) {
      try (Reader<byte[]> reader =
          client
              .newReader(Schema.BYTES)
              .topic(partition)
              .startMessageId(MessageId.earliest)
              .create()) {
        while (reader.hasMessageAvailable()) {
          Message<byte[]> message = reader.readNext(30, TimeUnit.SECONDS);
          if (message == null) {
            throw new AssertionError("The oracle's reader got nothing of " + partition);
          }
          byte[] payload = message.getData();
          contents.put(
              MessageKey.of(message),
              payload == null ? "" : new String(payload, StandardCharsets.UTF_8));
        }
      }
    }
    return contents;
  }
}
