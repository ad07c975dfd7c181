package io.sluice.delta;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The next position to read in every partition of a job's topics: one end of a batch.
 *
 * <p>As JSON it is what the {@code pulsar} source writes as its offset: {@code
 * {"v":1,"t":{"persistent://t/n/a":{"0":"123:456"}}}}.
 *
 * @param byTopic by full topic name and partition number (-1 for a topic without partitions), the
 *     position as {@code ledger:entry}
 */
public record TopicPositions(SortedMap<String, SortedMap<Integer, String>> byTopic) {

  /** Before every message, in a log of whatever age. */
  private static final String EARLIEST = "-1:-1";

  private static final int VERSION = 1;
  private static final JsonMapper JSON = new JsonMapper();

  /** Keeps its own copy of the positions, in the order of their names. */
  public TopicPositions {
    SortedMap<String, SortedMap<Integer, String>> copy = new TreeMap<>();
    byTopic.forEach(
        (topic, partitions) ->
            copy.put(topic, Collections.unmodifiableSortedMap(new TreeMap<>(partitions))));
    byTopic = Collections.unmodifiableSortedMap(copy);
  }

  /**
   * Reads an offset of the source.
   *
   * @throws IllegalArgumentException if the text is not one, or is of another version
   */
  public static TopicPositions parse(String json) {
    try {
      return of(JSON.readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Not an offset of the pulsar source: " + json, e);
    }
  }

  /** Reads an offset of the source from parsed JSON. */
  static TopicPositions of(JsonNode node) {
    JsonNode topics = node.path("t");
    if (node.path("v").asInt(-1) != VERSION || !topics.isObject()) {
      throw new IllegalArgumentException(
          "Not an offset of the pulsar source, version " + VERSION + ": " + node);
    }
    SortedMap<String, SortedMap<Integer, String>> byTopic = new TreeMap<>();
    for (Map.Entry<String, JsonNode> topic : topics.properties()) {
      SortedMap<Integer, String> partitions = new TreeMap<>();
      for (Map.Entry<String, JsonNode> partition : topic.getValue().properties()) {
        partitions.put(Integer.valueOf(partition.getKey()), partition.getValue().asText());
      }
      byTopic.put(topic.getKey(), partitions);
    }
    return new TopicPositions(byTopic);
  }

  /** These positions, and the beginning of the log of each partition that only the end knows. */
  public TopicPositions orEarliest(TopicPositions end) {
    SortedMap<String, SortedMap<Integer, String>> all = new TreeMap<>();
    end.byTopic()
        .forEach(
            (topic, partitions) -> {
              SortedMap<Integer, String> known =
                  byTopic.getOrDefault(topic, Collections.emptySortedMap());
              SortedMap<Integer, String> each = new TreeMap<>();
              partitions.keySet().forEach(p -> each.put(p, known.getOrDefault(p, EARLIEST)));
              all.put(topic, each);
            });
    return new TopicPositions(all);
  }

  /** The offset as the source writes it, topics and partitions in order. */
  public String toJson() {
    return node().toString();
  }

  /** The offset as a tree, to stand inside another document. */
  ObjectNode node() {
    ObjectNode topics = JsonNodeFactory.instance.objectNode();
    byTopic.forEach(
        (topic, partitions) -> {
          ObjectNode node = topics.putObject(topic);
          partitions.forEach((partition, position) -> node.put(partition.toString(), position));
        });
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("v", VERSION);
    root.set("t", topics);
    return root;
  }
}
