package io.sluice.delta;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What is known of rows that a batch deletes, where nothing says whether they are gone or get other
 * keys: the events that would may follow, in a batch to come.
 *
 * @param file the file in the table's directory that has their keys and what the batch made of them
 * @param version the version of the table that has what they were before the batch
 */
public record Departed(String file, long version) {

  static Departed of(JsonNode node) {
    return new Departed(node.path("file").asText(), node.path("version").asLong());
  }

  ObjectNode node() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("file", file);
    node.put("version", version);
    return node;
  }
}
