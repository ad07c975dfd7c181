package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.BadEventException.Kind;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.regex.Pattern;

/** Numbers and bytes out of text, and only where nothing is guessed. */
final class Numbers {

  private static final Pattern DECIMAL = Pattern.compile("[+-]?\\d{1,1000}(\\.\\d{1,1000})?");
  private static final Pattern EXPONENT =
      Pattern.compile("[+-]?\\d{1,1000}(\\.\\d{1,1000})?[eE][+-]?\\d{1,3}");
  private static final int BASE64_QUANTUM = 4;

  private Numbers() {}

  /** The number that is none, of JSON that has no literal for it. */
  static double notFinite(String text) {
    return switch (text) {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default ->
          throw new BadEventException(Kind.BAD_VALUE, "text stands where a number is expected");
    };
  }

  /**
   * The decimal that a text says.
   *
   * @param certain whether a decimal is known to be text; else four digits could be base64 too
   */
  static BigDecimal decimal(String text, boolean certain) {
    if (!DECIMAL.matcher(text).matches() && !EXPONENT.matcher(text).matches()) {
      throw new BadEventException(
          Kind.UNKNOWN_UNIT,
          "the text is no decimal number; if it is Debezium's base64, its scale is only known with schemas.enable=true, and decimal.handling.mode=string writes the number");
    }
    if (!certain && mayBeBase64(text)) {
      throw new BadEventException(
          Kind.UNKNOWN_UNIT,
          "the text may be a number or Debezium's base64 of one; if the connector has decimal.handling.mode=string, say so with source.debezium.decimal_handling_mode, or declare the column STRING");
    }
    return new BigDecimal(text);
  }

  private static boolean mayBeBase64(String text) {
    return text.length() % BASE64_QUANTUM == 0 && text.indexOf('.') < 0 && text.indexOf('-') < 0;
  }

  /** The bytes of an Avro value, or those that a text says in base64. */
  static byte[] bytes(JsonNode node) {
    if (node.isBinary()) {
      try {
        return node.binaryValue();
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    if (!node.isTextual()) {
      throw unexpected(node, "base64");
    }
    return base64(node.textValue());
  }

  /** The bytes that a text says in base64. */
  static byte[] base64(String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
        throw notBase64();
      }
      return bytes;
    } catch (IllegalArgumentException e) {
      throw notBase64();
    }
  }

  private static BadEventException notBase64() {
    return new BadEventException(Kind.BAD_VALUE, "the text is not base64");
  }

  /** Refuses a value that is not what is expected, without saying it. */
  static BadEventException unexpected(JsonNode node, String expected) {
    String found =
        switch (node.getNodeType()) {
          case OBJECT -> "an object";
          case ARRAY -> "an array";
          case STRING -> "text";
          case NUMBER -> node.isIntegralNumber() ? "a whole number" : "a number with a fraction";
          case BOOLEAN -> "a boolean";
          case BINARY -> "bytes";
          case NULL -> "null";
          default -> "nothing";
        };
    return new BadEventException(
        Kind.BAD_VALUE, found + " stands where " + expected + " is expected");
  }
}
