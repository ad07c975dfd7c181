package io.sluice.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;

/**
 * The tokens of one JSON payload after another. Jackson's failures quote the payload, so they end
 * here; Jackson's limits on depth and length stay in force.
 */
final class JsonTokens {

  /** As deep as any value may be nested, and shallow enough for every thread's stack. */
  private static final int MAX_DEPTH = 100;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  /** Far beyond any column, and small enough that a number's digits fit into memory. */
  private static final int MAX_SCALE = 1_100;

  private JsonParser parser;

  JsonTokens() {
    try {
      parser = FACTORY.createParser(new byte[0]);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Places the tokens at the first one of a payload. */
  void reset(byte[] payload, int offset, int length) {
    try {
      parser.close();
      parser = FACTORY.createParser(payload, offset, length);
    } catch (IOException e) {
      throw failure(e);
    }
    next();
  }

  /** Refuses what follows the payload's value. */
  void expectEnd() {
    try {
      if (parser.nextToken() != null) {
        throw new UndecodablePayloadException("something follows the JSON value");
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The token at hand. */
  JsonToken current() {
    return parser.currentToken();
  }

  /** Moves to the next token. */
  JsonToken next() {
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw new UndecodablePayloadException("the payload ends too early");
      }
      return token;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Moves to the last token of the value at hand. */
  void skipValue() {
    try {
      parser.skipChildren();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The value at hand in UTF-8, with numbers as they are; moves to its last token. */
  byte[] copyValue() {
    var copy = new ByteArrayOutputStream();
    try (JsonGenerator out = FACTORY.createGenerator(copy)) {
      int depth = 0;
      JsonToken token = parser.currentToken();
      while (true) {
        out.copyCurrentEventExact(parser);
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if (depth == 0) {
          break;
        }
        token = next();
      }
    } catch (NumberFormatException e) {
      throw outOfRange();
    } catch (IOException e) {
      throw failure(e);
    }
    return copy.toByteArray();
  }

  /** The token's text, for a number as it is written. */
  String text() {
    try {
      return parser.getText();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The token's bytes, from base64. */
  byte[] binary() {
    try {
      return parser.getBinaryValue();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Whether the whole number at hand is an {@code int}. */
  boolean isInt() {
    try {
      return parser.getNumberType() == JsonParser.NumberType.INT;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The whole number at hand. */
  int intValue() {
    try {
      return parser.getIntValue();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The whole number at hand. */
  long longValue() {
    try {
      return parser.getLongValue();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The number at hand, rounded to the nearest one that a float can hold. */
  float floatValue() {
    try {
      return finite(parser.getFloatValue());
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The number at hand, rounded to the nearest one that a double can hold. */
  double doubleValue() {
    try {
      double value = parser.getDoubleValue();
      if (Double.isInfinite(value)) {
        throw outOfRange();
      }
      return value;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The number at hand, exactly; its exponent is small enough to compute with. */
  BigDecimal decimalValue() {
    try {
      BigDecimal value = parser.getDecimalValue();
      if (Math.abs((long) value.scale()) > MAX_SCALE) {
        throw outOfRange();
      }
      return value;
    } catch (NumberFormatException e) {
      throw outOfRange();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Refuses the token at hand, which is not what {@code expected} says. */
  UndecodablePayloadException unexpected(String expected) {
    String found =
        switch (parser.currentToken()) {
          case START_OBJECT -> "an object";
          case START_ARRAY -> "an array";
          case VALUE_STRING -> "a string";
          case VALUE_NUMBER_INT -> "a whole number";
          case VALUE_NUMBER_FLOAT -> "a number with a fraction";
          case VALUE_TRUE, VALUE_FALSE -> "a boolean";
          case VALUE_NULL -> "null";
          default -> "the end of an array or object";
        };
    return new UndecodablePayloadException(found + " stands where " + expected + " is expected");
  }

  private static float finite(float value) {
    if (Float.isInfinite(value)) {
      throw outOfRange();
    }
    return value;
  }

  private static UndecodablePayloadException outOfRange() {
    return new UndecodablePayloadException("a number is out of range");
  }

  private static UndecodablePayloadException failure(IOException e) {
    if (e instanceof InputCoercionException) {
      return outOfRange();
    }
    if (e instanceof StreamConstraintsException) {
      return new UndecodablePayloadException(
          UndecodablePayloadException.Kind.TOO_DEEP,
          "the JSON is nested too deeply or a token is too long");
    }
    return e instanceof JsonProcessingException malformed && malformed.getLocation() != null
        ? new UndecodablePayloadException(
            "malformed JSON at byte " + malformed.getLocation().getByteOffset())
        : new UndecodablePayloadException("malformed JSON");
  }
}
