package io.sluice.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.zip.GZIPInputStream;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.TypedMessageBuilder;

/**
 * Publishes what Debezium Server once published of a shop's PostgreSQL: the same keys, properties
 * and values, a topic for each table, in the order of each topic. The README beside the recording
 * says how it was made.
 */
public final class ShopPublisher {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ShopPublisher() {}

  /**
   * A table's topic as it was published.
   *
   * @param table the table's name
   * @param messages how many messages the topic has
   * @param rows how many rows the database's table has after the last one
   */
  public record Topic(String table, long messages, long rows) {}

  /**
   * Publishes every recorded message.
   *
   * @param topics what the topics' names begin with; a dot and the table's name follow
   * @return the topics by the names of their tables
   * @throws SluiceException if the broker cannot be reached or refuses a message
   */
  public static List<Topic> publish(String serviceUrl, String topics) {
    Map<String, Recording> recordings = new TreeMap<>();
    try (PulsarClient client = PulsarClient.builder().serviceUrl(serviceUrl).build();
        BufferedReader lines = open()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode message = JSON.readTree(line);
        String table = message.path("table").textValue();
        Recording recording = recordings.get(table);
        if (recording == null) {
          recording =
              new Recording(
                  table, client.newProducer(Schema.STRING).topic(topics + "." + table).create());
          recordings.put(table, recording);
        }
        recording.send(message);
      }
      return recordings.values().stream().map(Recording::published).toList();
    } catch (IOException | CompletionException e) {
      throw new SluiceException(
          Condition.BROKER_UNREACHABLE,
          "The recorded changes cannot be published to %s.*: %s".formatted(topics, e.getMessage()),
          e);
    }
  }

  private static BufferedReader open() throws IOException {
    InputStream file =
        Objects.requireNonNull(ShopPublisher.class.getResourceAsStream("ecommerce.jsonl.gz"));
    return new BufferedReader(new InputStreamReader(new GZIPInputStream(file), UTF_8));
  }

  /** A topic while it is published, and the keys of the rows that there are by its messages. */
  private static final class Recording {

    private final String table;
    private final Producer<String> producer;
    private final List<CompletableFuture<MessageId>> sent = new ArrayList<>();
    private final Set<String> rows = new HashSet<>();

    Recording(String table, Producer<String> producer) {
      this.table = table;
      this.producer = producer;
    }

    void send(JsonNode message) throws IOException {
      String key = message.path("key").textValue();
      String value = message.path("value").textValue();
      TypedMessageBuilder<String> next = producer.newMessage().key(key).value(value);
      message
          .path("properties")
          .properties()
          .forEach(property -> next.property(property.getKey(), property.getValue().textValue()));
      sent.add(next.sendAsync());
      if (value != null) {
        apply(key, JSON.readTree(value).at("/payload/op").textValue());
      }
    }

    private void apply(String key, String operation) {
      switch (operation) {
        case "t" -> rows.clear();
        case "d" -> rows.remove(key);
        default -> rows.add(key);
      }
    }

    Topic published() {
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
      return new Topic(table, sent.size(), rows.size());
    }
  }
}
