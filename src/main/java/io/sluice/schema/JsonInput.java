package io.sluice.schema;

import com.fasterxml.jackson.core.JsonToken;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * JSON as Pulsar's Java client writes it for an Avro definition: bytes in base64, enums by name,
 * decimals as numbers, NaN and the infinities as strings. A whole number counts the unit of its
 * logical type; {@link JsonTimes} has the other forms of a time.
 *
 * <p>The token at hand is the first one of the next value before a read, and the last one of that
 * value after it.
 */
final class JsonInput implements PayloadInput {

  private static final long MILLIS_PER_SECOND = TimeUnit.SECONDS.toMillis(1);
  private static final long MICROS_PER_SECOND = TimeUnit.SECONDS.toMicros(1);
  private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  /** The property with which Avro's reflection names the Java class behind a simpler type. */
  private static final String JAVA_CLASS = "java-class";

  private static final String CHARACTER = "java.lang.Character";
  private static final String BIG_DECIMAL = "java.math.BigDecimal";
  private static final String BIG_INTEGER = "java.math.BigInteger";

  private final JsonTokens tokens = new JsonTokens();
  private @Nullable JsonInput ahead;

  /** Places the input at the start of a payload. */
  void reset(byte[] payload, int offset, int length) {
    tokens.reset(payload, offset, length);
  }

  /** Refuses what follows the payload's value. */
  void expectEnd() {
    tokens.expectEnd();
  }

  /** Passes over the next value, whatever it is. */
  void skipValue() {
    tokens.skipValue();
  }

  @Override
  public boolean readBoolean() {
    return switch (tokens.current()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw tokens.unexpected("a boolean");
    };
  }

  @Override
  public int readInt(Schema type) {
    if (tokens.current() == JsonToken.VALUE_NUMBER_INT) {
      return tokens.intValue();
    }
    if (type.getLogicalType() instanceof LogicalTypes.Date) {
      return JsonTimes.days(tokens);
    }
    if (type.getLogicalType() instanceof LogicalTypes.TimeMillis) {
      return (int) JsonTimes.timeOfDay(tokens, MILLIS_PER_SECOND);
    }
    if (tokens.current() == JsonToken.VALUE_STRING
        && CHARACTER.equals(type.getProp(JAVA_CLASS))
        && tokens.text().length() == 1) {
      return tokens.text().charAt(0);
    }
    throw tokens.unexpected("a whole number");
  }

  @Override
  public long readLong(Schema type) {
    if (tokens.current() == JsonToken.VALUE_NUMBER_INT) {
      return tokens.longValue();
    }
    LogicalType unit = type.getLogicalType();
    if (unit instanceof LogicalTypes.TimeMicros) {
      return JsonTimes.timeOfDay(tokens, MICROS_PER_SECOND);
    }
    if (unit instanceof LogicalTypes.TimestampMillis
        || unit instanceof LogicalTypes.LocalTimestampMillis) {
      return moment(unit, MILLIS_PER_SECOND);
    }
    if (unit instanceof LogicalTypes.TimestampMicros
        || unit instanceof LogicalTypes.LocalTimestampMicros) {
      return moment(unit, MICROS_PER_SECOND);
    }
    if (unit instanceof LogicalTypes.TimestampNanos
        || unit instanceof LogicalTypes.LocalTimestampNanos) {
      return moment(unit, NANOS_PER_SECOND);
    }
    throw tokens.unexpected("a whole number");
  }

  @Override
  public long readMicros(Schema type, long microsPerUnit) {
    if (tokens.current() != JsonToken.VALUE_NUMBER_INT) {
      return moment(type.getLogicalType(), MICROS_PER_SECOND);
    }
    try {
      return Math.multiplyExact(tokens.longValue(), microsPerUnit);
    } catch (ArithmeticException e) {
      throw new UndecodablePayloadException("a timestamp is out of range");
    }
  }

  private long moment(LogicalType unit, long unitsPerSecond) {
    boolean local =
        unit instanceof LogicalTypes.LocalTimestampMillis
            || unit instanceof LogicalTypes.LocalTimestampMicros
            || unit instanceof LogicalTypes.LocalTimestampNanos;
    return local
        ? JsonTimes.local(tokens, unitsPerSecond)
        : JsonTimes.instant(tokens, unitsPerSecond);
  }

  @Override
  public float readFloat() {
    return isNumber() ? tokens.floatValue() : (float) notFinite();
  }

  @Override
  public double readDouble() {
    return isNumber() ? tokens.doubleValue() : notFinite();
  }

  private boolean isNumber() {
    return tokens.current().isNumeric();
  }

  private double notFinite() {
    if (tokens.current() != JsonToken.VALUE_STRING) {
      throw tokens.unexpected("a number");
    }
    return switch (tokens.text()) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw tokens.unexpected("a number");
    };
  }

  @Override
  public UTF8String readString(Schema type) {
    return UTF8String.fromString(isNumber() && isBigNumber(type) ? tokens.text() : text());
  }

  private static boolean isBigNumber(Schema type) {
    String javaClass = type.getProp(JAVA_CLASS);
    return BIG_DECIMAL.equals(javaClass) || BIG_INTEGER.equals(javaClass);
  }

  @Override
  public byte[] readBytes() {
    if (tokens.current() != JsonToken.VALUE_STRING) {
      throw tokens.unexpected("a base64 string");
    }
    return tokens.binary();
  }

  @Override
  public byte[] readFixed(int size) {
    byte[] value = readBytes();
    if (value.length != size) {
      throw new UndecodablePayloadException(
          "%d bytes stand where %d are expected".formatted(value.length, size));
    }
    return value;
  }

  @Override
  public int readEnum(Schema type) {
    String symbol = text();
    if (!type.hasEnumSymbol(symbol)) {
      throw new UndecodablePayloadException("the enum has no such symbol");
    }
    return type.getEnumOrdinal(symbol);
  }

  @Override
  public BigInteger readUnscaled(Schema type, int scale) {
    if (!isNumber()) {
      throw tokens.unexpected("a number");
    }
    BigDecimal value = tokens.decimalValue();
    try {
      return value.setScale(scale).unscaledValue();
    } catch (ArithmeticException e) {
      throw new UndecodablePayloadException("a decimal has more digits than its type");
    }
  }

  @Override
  public int readBranch(Schema union) {
    return JsonBranches.find(union, tokens);
  }

  @Override
  public long startItems(boolean emptyItems) {
    if (tokens.current() != JsonToken.START_ARRAY) {
      throw tokens.unexpected("an array");
    }
    return moreItems(emptyItems);
  }

  @Override
  public long moreItems(boolean emptyItems) {
    return tokens.next() == JsonToken.END_ARRAY ? 0 : 1;
  }

  @Override
  public long startEntries() {
    if (tokens.current() != JsonToken.START_OBJECT) {
      throw tokens.unexpected("an object");
    }
    return moreEntries();
  }

  @Override
  public long moreEntries() {
    return tokens.next() == JsonToken.END_OBJECT ? 0 : 1;
  }

  @Override
  public UTF8String readKey() {
    return UTF8String.fromString(readName());
  }

  /** The key of the next entry, as Java's string. */
  String readName() {
    String name = tokens.text();
    tokens.next();
    return name;
  }

  @Override
  public @Nullable String readText(Schema type) {
    return readText();
  }

  /** The next value, whatever it is, null for null. */
  @Nullable String readText() {
    return tokens.current() == JsonToken.VALUE_NULL
        ? null
        : new String(tokens.copyValue(), StandardCharsets.UTF_8);
  }

  @Override
  public @Nullable String readOrText(RescuingReader reader, InternalRow row, int ordinal) {
    boolean isNull = tokens.current() == JsonToken.VALUE_NULL;
    byte[] value = tokens.copyValue();
    JsonInput copy = ahead;
    if (copy == null) {
      copy = new JsonInput();
      ahead = copy;
    }
    copy.reset(value, 0, value.length);
    boolean all = reader.holds(copy, row, ordinal) && !reader.partial();
    return all || isNull ? null : new String(value, StandardCharsets.UTF_8);
  }

  private String text() {
    if (tokens.current() != JsonToken.VALUE_STRING) {
      throw tokens.unexpected("a string");
    }
    return tokens.text();
  }
}
