package io.sluice.change;

import io.sluice.change.BadEventException.Kind;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;

/**
 * A value without parts in a column of another type: exactly, or not at all.
 *
 * @param untyped whether nothing but its JSON is known of the value
 * @param textDecimals whether a decimal that is text is a number, never base64
 */
record Fit(boolean untyped, boolean textDecimals) {

  /** For values whose type the writer says. */
  static final Fit TYPED = new Fit(false, true);

  /**
   * The value as one of the type.
   *
   * @throws BadEventException if the type does not hold exactly this value
   */
  Object to(DataType type, Object value) {
    if (type instanceof StringType) {
      return text(value);
    }
    if (type instanceof LongType) {
      return integer(value, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    if (type instanceof IntegerType) {
      return (int) integer(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    if (type instanceof ShortType) {
      return (short) integer(value, Short.MIN_VALUE, Short.MAX_VALUE);
    }
    if (type instanceof ByteType) {
      return (byte) integer(value, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }
    if (type instanceof DecimalType decimal) {
      return decimal(value, decimal);
    }
    if (type instanceof DoubleType) {
      return float64(value);
    }
    if (type instanceof FloatType) {
      return float32(value);
    }
    if (type instanceof BooleanType) {
      return bool(value);
    }
    if (type instanceof BinaryType) {
      return bytes(value);
    }
    return time(type, value);
  }

  private Object time(DataType type, Object value) {
    if (type instanceof DateType) {
      if (value instanceof LocalDate) {
        return value;
      }
      if (untyped && value instanceof BigDecimal days) {
        return Times.date(integer(days, Integer.MIN_VALUE, Integer.MAX_VALUE));
      }
      return Times.date(string(value));
    }
    if (type instanceof TimestampNTZType) {
      return value instanceof LocalDateTime ? value : Times.local(withUnit(value));
    }
    if (type instanceof TimestampType) {
      return value instanceof Instant ? value : Times.instant(withUnit(value));
    }
    throw misfit();
  }

  private static String withUnit(Object value) {
    if (value instanceof Number) {
      throw new BadEventException(
          Kind.UNKNOWN_UNIT,
          "a number without a unit is no timestamp; schemas.enable=true tells the unit, and time.precision.mode=isostring writes the time");
    }
    return string(value);
  }

  private static String text(Object value) {
    if (value instanceof BigDecimal number) {
      return number.toPlainString();
    }
    if (value instanceof byte[]) {
      throw misfit();
    }
    return value.toString();
  }

  private static String string(Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw misfit();
  }

  private static long integer(Object value, long min, long max) {
    long number = whole(value);
    if (number < min || number > max) {
      throw misfit();
    }
    return number;
  }

  private static long whole(Object value) {
    if (value instanceof BigDecimal number) {
      return exact(number);
    }
    if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    if (value instanceof Boolean) {
      throw misfit();
    }
    String text = string(value);
    try {
      long number = Long.parseLong(text);
      if (Long.toString(number).equals(text)) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw misfit();
    }
    throw misfit();
  }

  private static long exact(BigDecimal number) {
    try {
      return number.longValueExact();
    } catch (ArithmeticException e) {
      throw misfit();
    }
  }

  private BigDecimal decimal(Object value, DecimalType type) {
    BigDecimal number = exactNumber(value);
    try {
      BigDecimal scaled = number.setScale(type.scale());
      if (scaled.precision() > type.precision()) {
        throw misfit();
      }
      return scaled;
    } catch (ArithmeticException e) {
      throw misfit();
    }
  }

  /** The number that is meant, not one that a binary fraction stands for. */
  private BigDecimal exactNumber(Object value) {
    if (value instanceof BigDecimal number) {
      return number;
    }
    if (value instanceof Float || value instanceof Double || value instanceof Boolean) {
      throw misfit();
    }
    return value instanceof Number
        ? BigDecimal.valueOf(whole(value))
        : Numbers.decimal(string(value), textDecimals);
  }

  private double float64(Object value) {
    if (value instanceof Double || value instanceof Float) {
      return ((Number) value).doubleValue();
    }
    if (value instanceof String text && isNotFinite(text)) {
      return Numbers.notFinite(text);
    }
    BigDecimal exact = exactNumber(value);
    double number = exact.doubleValue();
    if (Double.isInfinite(number)
        || new BigDecimal(Double.toString(number)).compareTo(exact) != 0) {
      throw tooFine("a DOUBLE");
    }
    return number;
  }

  private float float32(Object value) {
    if (value instanceof Float number) {
      return number;
    }
    if (value instanceof String text && isNotFinite(text)) {
      return (float) Numbers.notFinite(text);
    }
    if (value instanceof Double number) {
      if (Double.compare((double) number.floatValue(), number) != 0) {
        throw tooFine("a FLOAT");
      }
      return number.floatValue();
    }
    BigDecimal exact = exactNumber(value);
    float number = exact.floatValue();
    boolean shortest =
        !Float.isInfinite(number) && new BigDecimal(Float.toString(number)).compareTo(exact) == 0;
    if (!shortest && (Float.isInfinite(number) || (double) number != exact.doubleValue())) {
      throw tooFine("a FLOAT");
    }
    return number;
  }

  private static boolean isNotFinite(String text) {
    return text.equals("Infinity") || text.equals("-Infinity") || text.equals("NaN");
  }

  private static boolean bool(Object value) {
    if (value instanceof Boolean bool) {
      return bool;
    }
    return integer(value, 0, 1) == 1;
  }

  private byte[] bytes(Object value) {
    if (value instanceof byte[] bytes) {
      return bytes;
    }
    if (!untyped) {
      throw misfit();
    }
    return Numbers.base64(string(value));
  }

  private static BadEventException tooFine(String type) {
    return new BadEventException(
        Kind.DOES_NOT_FIT,
        "the number has more digits than " + type + " holds; declare the column as DECIMAL");
  }

  static BadEventException misfit() {
    return new BadEventException(Kind.DOES_NOT_FIT, "the column's type does not hold the value");
  }
}
