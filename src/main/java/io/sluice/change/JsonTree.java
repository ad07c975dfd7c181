package io.sluice.change;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.sluice.change.BadEventException.Kind;
import java.io.IOException;
import java.math.BigDecimal;

/**
 * JSON as a tree that loses nothing: whole numbers of any size, fractions as they are written, the
 * sign of a zero. A name that comes twice in an object is refused, because either value may be the
 * wrong one.
 */
final class JsonTree {

  private static final int MAX_DEPTH = 100;

  /** Far beyond any column, and small enough that a number's digits fit into memory. */
  private static final int MAX_SCALE = 1_100;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private JsonTree() {}

  /** What the bytes say, all of them. */
  static JsonNode read(byte[] bytes, int offset, int length) {
    try (JsonParser parser = FACTORY.createParser(bytes, offset, length)) {
      if (parser.nextToken() == null) {
        throw malformed("the JSON is empty");
      }
      JsonNode node = value(parser);
      if (parser.nextToken() != null) {
        throw malformed("something follows the JSON value");
      }
      return node;
    } catch (IOException e) {
      throw malformed("the JSON is malformed");
    }
  }

  /** What a text says. */
  static JsonNode read(String text) {
    byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return read(bytes, 0, bytes.length);
  }

  private static JsonNode value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> TextNode.valueOf(parser.getText());
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? BigIntegerNode.valueOf(parser.getBigIntegerValue())
              : LongNode.valueOf(parser.getLongValue());
      case VALUE_NUMBER_FLOAT -> fraction(parser);
      case VALUE_TRUE -> BooleanNode.TRUE;
      case VALUE_FALSE -> BooleanNode.FALSE;
      case VALUE_NULL -> NullNode.instance;
      default -> throw malformed("the JSON is malformed");
    };
  }

  private static ObjectNode object(JsonParser parser) throws IOException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    while (next(parser) != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      next(parser);
      object.set(name, value(parser));
    }
    return object;
  }

  private static ArrayNode array(JsonParser parser) throws IOException {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    while (next(parser) != JsonToken.END_ARRAY) {
      array.add(value(parser));
    }
    return array;
  }

  private static JsonNode fraction(JsonParser parser) throws IOException {
    BigDecimal value;
    try {
      value = parser.getDecimalValue();
    } catch (NumberFormatException e) {
      throw outOfRange();
    }
    if (Math.abs((long) value.scale()) > MAX_SCALE) {
      throw outOfRange();
    }
    return value.signum() == 0 && parser.getText().startsWith("-")
        ? DoubleNode.valueOf(-0.0)
        : DecimalNode.valueOf(value);
  }

  private static JsonToken next(JsonParser parser) throws IOException {
    JsonToken token = parser.nextToken();
    if (token == null) {
      throw malformed("the JSON ends too early");
    }
    return token;
  }

  private static BadEventException outOfRange() {
    return new BadEventException(Kind.OUT_OF_RANGE, "a number is out of range");
  }

  private static BadEventException malformed(String message) {
    return new BadEventException(Kind.MALFORMED, message);
  }
}
