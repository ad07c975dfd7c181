package io.sluice.delta;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The row that a batch deletes with its last event of a partition, where nothing says whether the
 * row is gone or gets another key: the event that would follows, in a batch to come.
 *
 * @param topic the topic of the event
 * @param partition its partition
 * @param change the place of the change in the database's log
 * @param rows the file in the table's directory that has the row's key and what the batch made of
 *     it
 * @param version the version of the table that has what the row was before the batch
 */
public record Departure(String topic, int partition, String change, String rows, long version) {

  static Departure of(JsonNode node) {
    return new Departure(
        node.path("topic").asText(),
        node.path("partition").asInt(),
        node.path("change").asText(),
        node.path("rows").asText(),
        node.path("version").asLong());
  }

  ObjectNode node() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("topic", topic);
    node.put("partition", partition);
    node.put("change", change);
    node.put("rows", rows);
    node.put("version", version);
    return node;
  }

  /** Whether both are of one partition. */
  boolean samePartition(Departure other) {
    return topic.equals(other.topic) && partition == other.partition;
  }
}
