package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A key or a value, read.
 *
 * @param node what it says
 * @param type what that means, null if the writer does not say
 */
record Document(JsonNode node, @Nullable WireType type) {

  /**
   * Named values of an event.
   *
   * @param values what they are
   * @param type what they mean, null if the writer does not say
   */
  record Fields(ObjectNode values, WireType.@Nullable Struct type) {}

  /** A part of this that is an object; null if it is not there or null. */
  @Nullable Fields fields(String name) {
    WireType.Struct part = type instanceof WireType.Struct struct ? struct.struct(name) : null;
    return node.get(name) instanceof ObjectNode values ? new Fields(values, part) : null;
  }

  /** This as a whole, null if it is no object. */
  @Nullable Fields fields() {
    return node instanceof ObjectNode values
        ? new Fields(values, type instanceof WireType.Struct struct ? struct : null)
        : null;
  }
}
