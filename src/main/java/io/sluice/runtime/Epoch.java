package io.sluice.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.delta.TopicPositions;
import org.jspecify.annotations.Nullable;

/**
 * Whose a checkpoint is, and since when its batch ids count; kept inside the checkpoint.
 *
 * @param id a UUID; part of the transaction ids, so that a new checkpoint's batches are new to the
 *     table
 * @param job the job's name
 * @param table the table as the job names it
 * @param topics the topics as the job names them
 * @param previous the epoch that this one took over from; null for a job's first
 * @param start where the first batch begins; null for where the job says
 */
record Epoch(
    String id,
    String job,
    String table,
    String topics,
    @Nullable String previous,
    @Nullable TopicPositions start) {

  private static final int VERSION = 1;
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Reads a kept epoch.
   *
   * @throws IllegalArgumentException if the text is not one, or is of another version
   */
  static Epoch parse(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (node.path("v").asInt() != VERSION) {
        throw new IllegalArgumentException("not an epoch of version " + VERSION + ": " + text);
      }
      return new Epoch(
          node.path("epoch").asText(),
          node.path("job").asText(),
          node.path("table").asText(),
          node.path("topics").asText(),
          node.hasNonNull("previous") ? node.get("previous").asText() : null,
          node.hasNonNull("start") ? TopicPositions.parse(node.get("start").toString()) : null);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not an epoch: " + text, e);
    }
  }

  /** Whether a batch of another epoch is one of this one, or the last before it. */
  boolean isOf(String other) {
    return other.equals(id) || other.equals(previous);
  }

  /** The epoch as it is kept. */
  String toJson() {
    ObjectNode node = JSON.createObjectNode();
    node.put("v", VERSION);
    node.put("epoch", id);
    node.put("job", job);
    node.put("table", table);
    node.put("topics", topics);
    if (previous != null) {
      node.put("previous", previous);
    }
    try {
      if (start != null) {
        node.set("start", JSON.readTree(start.toJson()));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    return node.toString();
  }
}
