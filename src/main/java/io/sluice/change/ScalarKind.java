package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.WireType.Scalar;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;

/**
 * The values that Kafka Connect's and Debezium's types write, each with the Spark type that holds
 * all of them. Sources: <a
 * href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-data-types">Debezium's
 * data types</a>; {@code org.apache.kafka.connect.data}.
 *
 * <p>What no Spark type holds is text: times of day (MySQL's go beyond a day), decimals of more
 * than 38 digits or of any scale, bits.
 */
enum ScalarKind {
  BOOLEAN(DataTypes.BooleanType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.bool(node);
    }
  },
  INT8(DataTypes.ByteType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return (byte) Scalars.integer(node, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }
  },
  INT16(DataTypes.ShortType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return (short) Scalars.integer(node, Short.MIN_VALUE, Short.MAX_VALUE);
    }
  },
  INT32(DataTypes.IntegerType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return (int) Scalars.integer(node, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
  },
  INT64(DataTypes.LongType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE);
    }
  },
  FLOAT32(DataTypes.FloatType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.float32(node);
    }
  },
  FLOAT64(DataTypes.DoubleType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.float64(node);
    }
  },
  STRING(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.text(node);
    }
  },
  /** Text that holds JSON; a placeholder may be in it as an object. */
  JSON(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.text(node);
    }
  },
  BYTES(DataTypes.BinaryType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.bytes(node);
    }
  },
  /** Bytes of an unscaled number; the scale is the type's. */
  DECIMAL(DataTypes.StringType) {
    @Override
    DataType natural(Scalar type) {
      return Scalars.decimalType(type.precision(), type.scale());
    }

    @Override
    Object read(JsonNode node, Scalar type) {
      return new BigDecimal(Scalars.unscaled(node), type.scale());
    }
  },
  /** Bytes of an unscaled number beside the scale of this very value. */
  VARIABLE_DECIMAL(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      long scale = Scalars.integer(Scalars.part(node, "scale"), -1_000, 20_000);
      BigInteger unscaled = Scalars.unscaled(Scalars.part(node, "value"));
      return new BigDecimal(unscaled, (int) scale);
    }
  },
  /** Days since the epoch. */
  DATE(DataTypes.DateType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.date(Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE));
    }
  },
  /** Milliseconds of a time of day. */
  TIME_MILLIS(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.timeOfDay(Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE), 1_000);
    }
  },
  /** Microseconds of a time of day, or of MySQL's time span. */
  TIME_MICROS(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.timeOfDay(Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE), 1_000_000);
    }
  },
  /** Nanoseconds of a time of day. */
  TIME_NANOS(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.timeOfDay(Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE), 1_000_000_000);
    }
  },
  /** Milliseconds of a local date and time. */
  TIMESTAMP_MILLIS(DataTypes.TimestampNTZType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.local(Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE), 1_000);
    }
  },
  /** Microseconds of a local date and time. */
  TIMESTAMP_MICROS(DataTypes.TimestampNTZType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.local(Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE), 1_000_000);
    }
  },
  /** Nanoseconds of a local date and time; what is finer than a microsecond is cut off. */
  TIMESTAMP_NANOS(DataTypes.TimestampNTZType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.local(Scalars.integer(node, Long.MIN_VALUE, Long.MAX_VALUE), 1_000_000_000);
    }
  },
  /** An instant as ISO 8601 with its offset. */
  ZONED_TIMESTAMP(DataTypes.TimestampType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.instant(Scalars.text(node));
    }
  },
  /** A date as ISO 8601 with a decorating Z. */
  ISO_DATE(DataTypes.DateType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.date(Scalars.text(node));
    }
  },
  /** A local date and time as ISO 8601 with a decorating Z. */
  ISO_TIMESTAMP(DataTypes.TimestampNTZType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.local(Scalars.text(node));
    }
  },
  /** A time of day as ISO 8601 with a decorating Z. */
  ISO_TIME(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Times.timeOfDay(Scalars.text(node));
    }
  },
  /** Bits, the lowest byte first, with zero bytes cut off at the end. */
  BITS(DataTypes.StringType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.bits(Scalars.bytes(node), type.length());
    }
  },
  /** Bytes, each as the character of its number, as Canal writes them. */
  LATIN1(DataTypes.BinaryType) {
    @Override
    Object read(JsonNode node, Scalar type) {
      return Scalars.latin1(Scalars.text(node));
    }
  };

  private static final Map<String, ScalarKind> BY_NAME =
      Map.ofEntries(
          Map.entry("org.apache.kafka.connect.data.Decimal", DECIMAL),
          Map.entry("org.apache.kafka.connect.data.Date", DATE),
          Map.entry("org.apache.kafka.connect.data.Time", TIME_MILLIS),
          Map.entry("org.apache.kafka.connect.data.Timestamp", TIMESTAMP_MILLIS),
          Map.entry("io.debezium.data.VariableScaleDecimal", VARIABLE_DECIMAL),
          Map.entry("io.debezium.data.Bits", BITS),
          Map.entry("io.debezium.data.Json", JSON),
          Map.entry("io.debezium.time.Date", DATE),
          Map.entry("io.debezium.time.Time", TIME_MILLIS),
          Map.entry("io.debezium.time.MicroTime", TIME_MICROS),
          Map.entry("io.debezium.time.NanoTime", TIME_NANOS),
          Map.entry("io.debezium.time.Timestamp", TIMESTAMP_MILLIS),
          Map.entry("io.debezium.time.MicroTimestamp", TIMESTAMP_MICROS),
          Map.entry("io.debezium.time.NanoTimestamp", TIMESTAMP_NANOS),
          Map.entry("io.debezium.time.ZonedTimestamp", ZONED_TIMESTAMP),
          Map.entry("io.debezium.time.IsoDate", ISO_DATE),
          Map.entry("io.debezium.time.IsoTimestamp", ISO_TIMESTAMP),
          Map.entry("io.debezium.time.IsoTime", ISO_TIME));

  private final DataType natural;

  ScalarKind(DataType natural) {
    this.natural = natural;
  }

  /**
   * The kind of a value that has a logical name; of names that need no care, such as {@code
   * io.debezium.data.Uuid} or {@code io.debezium.time.Year}, the kind of their base.
   */
  static ScalarKind of(String name, ScalarKind base) {
    return BY_NAME.getOrDefault(name, base);
  }

  /** Whether a logical name is a value of its own, though it is written as a struct. */
  static boolean isScalar(String name) {
    return BY_NAME.containsKey(name);
  }

  /** The Spark type that holds every value. */
  DataType natural(Scalar type) {
    return natural;
  }

  /**
   * The value in Spark's external form, a decimal as {@link BigDecimal} whatever its natural type.
   *
   * @throws BadEventException if it is none of this type, or beyond what Spark can hold
   */
  abstract Object read(JsonNode node, Scalar type);

  /** The reading of JSON values, and of Avro's in the same tree. */
  private static final class Scalars {

    static boolean bool(JsonNode node) {
      if (!node.isBoolean()) {
        throw unexpected(node, "a boolean");
      }
      return node.booleanValue();
    }

    static long integer(JsonNode node, long min, long max) {
      if (!node.isIntegralNumber()) {
        throw unexpected(node, "a whole number");
      }
      if (!node.canConvertToLong() || node.longValue() < min || node.longValue() > max) {
        throw new BadEventException(Kind.OUT_OF_RANGE, "a whole number is out of its type's range");
      }
      return node.longValue();
    }

    static float float32(JsonNode node) {
      if (node.isFloat()) {
        return node.floatValue();
      }
      if (node.isTextual()) {
        return (float) Numbers.notFinite(node.textValue());
      }
      float value = number(node).floatValue();
      if (Float.isInfinite(value)) {
        throw new BadEventException(Kind.OUT_OF_RANGE, "a number is out of range");
      }
      return value;
    }

    static double float64(JsonNode node) {
      if (node.isDouble()) {
        return node.doubleValue();
      }
      if (node.isTextual()) {
        return Numbers.notFinite(node.textValue());
      }
      double value = number(node).doubleValue();
      if (Double.isInfinite(value)) {
        throw new BadEventException(Kind.OUT_OF_RANGE, "a number is out of range");
      }
      return value;
    }

    private static JsonNode number(JsonNode node) {
      if (!node.isNumber()) {
        throw unexpected(node, "a number");
      }
      return node;
    }

    static String text(JsonNode node) {
      if (!node.isTextual()) {
        throw unexpected(node, "text");
      }
      return node.textValue();
    }

    static byte[] bytes(JsonNode node) {
      return Numbers.bytes(node);
    }

    static BigInteger unscaled(JsonNode node) {
      byte[] bytes = bytes(node);
      if (bytes.length == 0) {
        throw new BadEventException(Kind.BAD_VALUE, "a decimal has no bytes");
      }
      return new BigInteger(bytes);
    }

    static JsonNode part(JsonNode node, String name) {
      JsonNode part = node.get(name);
      if (part == null || node.size() != 2) {
        throw new BadEventException(Kind.BAD_VALUE, "a decimal is not a scale and a value");
      }
      return part;
    }

    static DataType decimalType(int precision, int scale) {
      int digits = precision == 0 ? DecimalType.MAX_PRECISION() : precision + Math.max(0, -scale);
      return digits > DecimalType.MAX_PRECISION() || scale > digits
          ? DataTypes.StringType
          : DataTypes.createDecimalType(digits, Math.max(0, scale));
    }

    static String bits(byte[] lowestFirst, int length) {
      int digits = length == 0 ? lowestFirst.length * Byte.SIZE : length;
      StringBuilder text = new StringBuilder(digits);
      for (int bit = digits - 1; bit >= 0; bit--) {
        int at = bit / Byte.SIZE;
        boolean set = at < lowestFirst.length && (lowestFirst[at] >> bit % Byte.SIZE & 1) == 1;
        text.append(set ? '1' : '0');
      }
      for (int bit = digits; bit < lowestFirst.length * Byte.SIZE; bit++) {
        if ((lowestFirst[bit / Byte.SIZE] >> bit % Byte.SIZE & 1) == 1) {
          throw new BadEventException(Kind.BAD_VALUE, "more bits than the type has");
        }
      }
      return text.toString();
    }

    static byte[] latin1(String text) {
      for (int i = 0; i < text.length(); i++) {
        if (text.charAt(i) > 0xff) {
          throw new BadEventException(Kind.BAD_VALUE, "a character stands for no byte");
        }
      }
      return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static BadEventException unexpected(JsonNode node, String expected) {
      return Numbers.unexpected(node, expected);
    }
  }
}
