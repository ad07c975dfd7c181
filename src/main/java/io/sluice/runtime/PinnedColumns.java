package io.sluice.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.pulsar.RegisteredSchemas;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * The columns that payloads are decoded into, kept in the checkpoint for the batches that they hold
 * for: a batch that is done again must judge every message as it did before.
 *
 * @param payload the columns of the payload
 * @param schemas the schema versions that they were made from
 */
record PinnedColumns(StructType payload, RegisteredSchemas schemas) {

  private static final int VERSION = 1;
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Reads kept columns.
   *
   * @throws IllegalArgumentException if the text is not such, or is of another version
   */
  static PinnedColumns parse(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (node.path("v").asInt() != VERSION) {
        throw new IllegalArgumentException("not columns of version " + VERSION + ": " + text);
      }
      return new PinnedColumns(
          (StructType) DataType.fromJson(node.path("payload").toString()),
          RegisteredSchemas.parse(node.path("schemas").toString()));
    } catch (JsonProcessingException | ClassCastException e) {
      throw new IllegalArgumentException("not columns: " + text, e);
    }
  }

  /** The columns as they are kept. */
  String toJson() {
    ObjectNode node = JSON.createObjectNode();
    node.put("v", VERSION);
    try {
      node.set("payload", JSON.readTree(payload.json()));
      node.set("schemas", JSON.readTree(schemas.toJson()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    return node.toString();
  }
}
