package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.jspecify.annotations.Nullable;

/**
 * What JSON says without a schema, and no more: text is text, even if it looks like a time or like
 * base64, a number is a number of no unit, and what has parts is its JSON.
 */
final class UntypedValues {

  /** Longer than any decimal that a column can hold. */
  private static final int MAX_TEXT = 100;

  private UntypedValues() {}

  /** A value that is not null, as text, boolean, bytes, or number. */
  static Object of(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(node);
      case BINARY -> bytes(node);
      default -> node.toString();
    };
  }

  private static Object number(JsonNode node) {
    if (node.isFloat() || node.isDouble()) {
      return node.doubleValue();
    }
    return node.isBigInteger() ? new BigDecimal(node.bigIntegerValue()) : node.decimalValue();
  }

  private static byte[] bytes(JsonNode node) {
    try {
      return node.binaryValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The type of a column for such values; null for null, which tells nothing. */
  static @Nullable DataType type(JsonNode node) {
    return switch (node.getNodeType()) {
      case NULL, MISSING -> null;
      case BOOLEAN -> DataTypes.BooleanType;
      case BINARY -> DataTypes.BinaryType;
      case NUMBER -> node.isIntegralNumber() ? whole(node.bigIntegerValue()) : DataTypes.DoubleType;
      default -> DataTypes.StringType;
    };
  }

  private static DataType whole(BigInteger value) {
    if (value.bitLength() < Long.SIZE) {
      return DataTypes.LongType;
    }
    return new BigDecimal(value).precision() <= DecimalType.MAX_PRECISION()
        ? DataTypes.createDecimalType(DecimalType.MAX_PRECISION(), 0)
        : DataTypes.StringType;
  }

  /** The type of a column for such a value where the column has numbers already. */
  static @Nullable DataType type(JsonNode node, DataType known) {
    if (!(known instanceof DecimalType) || !(node.isTextual() || node.isNumber())) {
      return type(node);
    }
    String text = node.asText();
    if (text.length() > MAX_TEXT) {
      return null;
    }
    BigDecimal value;
    try {
      value = new BigDecimal(text);
    } catch (NumberFormatException e) {
      return null;
    }
    int scale = Math.max(0, value.scale());
    int digits = Math.max(value.precision() - value.scale(), 1) + scale;
    return digits <= DecimalType.MAX_PRECISION()
        ? DataTypes.createDecimalType(digits, scale)
        : null;
  }
}
