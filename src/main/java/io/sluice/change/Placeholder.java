package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What Debezium writes for a value that the database did not tell, such as a large one that an
 * update has not touched: a text, in each type in a form of its own ({@code
 * io.debezium.connector.postgresql.UnchangedToastedPlaceholder}).
 */
final class Placeholder {

  private final String text;
  private final byte[] bytes;
  private final String base64;
  private final String uuid;
  private final String json;

  Placeholder(String text) {
    this.text = text;
    this.bytes = text.getBytes(StandardCharsets.UTF_8);
    this.base64 = Base64.getEncoder().encodeToString(bytes);
    this.uuid = UUID.nameUUIDFromBytes(bytes).toString();
    this.json = "{\"" + text + "\":\"" + text + "\"}";
  }

  /**
   * Whether a value stands for one that is not known.
   *
   * @param type what the writer says about it, null if nothing
   */
  boolean is(JsonNode node, @Nullable WireType type) {
    if (type == null || type instanceof WireType.Unknown) {
      return isAny(node);
    }
    if (type instanceof WireType.Scalar scalar) {
      return switch (scalar.kind()) {
        case STRING -> isText(node, text);
        case JSON -> isText(node, text) || isText(node, json);
        case BYTES -> isBytes(node);
        default -> false;
      };
    }
    if (type instanceof WireType.ListOf list) {
      return isNumbers(node)
          || (node.size() == 1 && (is(node.path(0), list.element()) || isText(node.path(0), uuid)));
    }
    return type instanceof WireType.MapOf && isMap(node);
  }

  private boolean isAny(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> isText(node, text) || isText(node, base64) || isText(node, json);
      case BINARY -> isBytes(node);
      case ARRAY ->
          isNumbers(node)
              || (node.size() == 1
                  && (isText(node.path(0), text)
                      || isText(node.path(0), base64)
                      || isText(node.path(0), uuid)));
      case OBJECT -> isMap(node);
      default -> false;
    };
  }

  private static boolean isText(JsonNode node, String expected) {
    return node.isTextual() && node.textValue().equals(expected);
  }

  private boolean isBytes(JsonNode node) {
    return node.isBinary() ? Arrays.equals(Numbers.bytes(node), bytes) : isText(node, base64);
  }

  private boolean isMap(JsonNode node) {
    return node.size() == 1 && isText(node.path(text), text);
  }

  private boolean isNumbers(JsonNode node) {
    if (!node.isArray() || node.size() != bytes.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (!node.path(i).isIntegralNumber() || node.path(i).longValue() != bytes[i]) {
        return false;
      }
    }
    return true;
  }
}
