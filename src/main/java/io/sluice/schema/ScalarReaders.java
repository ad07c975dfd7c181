package io.sluice.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.concurrent.TimeUnit;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DayTimeIntervalType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;
import org.apache.spark.sql.types.YearMonthIntervalType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * Readers of single values: the types of {@code SchemaConverters}, the promotions that Avro allows
 * between versions of a schema, and narrower types for the values that they hold exactly. A unit of
 * time is never guessed: a plain number becomes no date and no timestamp.
 */
final class ScalarReaders {

  private static final long MICROS_PER_MILLI = 1_000;

  private ScalarReaders() {}

  /** The reader from this type to this column, or null if the one does not fit the other. */
  static @Nullable ValueReader of(Schema writer, DataType target) {
    return switch (writer.getType()) {
      case BOOLEAN ->
          target instanceof BooleanType
              ? (in, row, ordinal) -> row.setBoolean(ordinal, in.readBoolean())
              : null;
      case INT -> ofInt(writer, target);
      case LONG -> ofLong(writer, target);
      case FLOAT -> {
        if (target instanceof FloatType) {
          yield (in, row, ordinal) -> row.setFloat(ordinal, in.readFloat());
        }
        yield target instanceof DoubleType
            ? (in, row, ordinal) -> row.setDouble(ordinal, in.readFloat())
            : null;
      }
      case DOUBLE -> {
        if (target instanceof FloatType) {
          yield (in, row, ordinal) -> row.setFloat(ordinal, exactFloat(in.readDouble()));
        }
        yield target instanceof DoubleType
            ? (in, row, ordinal) -> row.setDouble(ordinal, in.readDouble())
            : null;
      }
      case STRING -> {
        if (target instanceof StringType) {
          yield (in, row, ordinal) -> row.update(ordinal, in.readString(writer));
        }
        yield target instanceof BinaryType
            ? (in, row, ordinal) -> row.update(ordinal, in.readString(writer).getBytes())
            : null;
      }
      case BYTES, FIXED -> ofBytes(writer, target);
      case ENUM -> target instanceof StringType ? ofEnum(writer) : null;
      default -> null;
    };
  }

  private static @Nullable ValueReader ofInt(Schema writer, DataType target) {
    boolean date = writer.getLogicalType() instanceof LogicalTypes.Date;
    if (target instanceof IntegerType
        || target instanceof YearMonthIntervalType
        || (target instanceof DateType && date)) {
      return (in, row, ordinal) -> row.setInt(ordinal, in.readInt(writer));
    }
    if (target instanceof LongType) {
      return (in, row, ordinal) -> row.setLong(ordinal, in.readInt(writer));
    }
    if (target instanceof FloatType) {
      return (in, row, ordinal) -> row.setFloat(ordinal, (float) in.readInt(writer));
    }
    if (target instanceof DoubleType) {
      return (in, row, ordinal) -> row.setDouble(ordinal, in.readInt(writer));
    }
    if (target instanceof TimestampNTZType && date) {
      return (in, row, ordinal) ->
          row.setLong(ordinal, in.readInt(writer) * TimeUnit.DAYS.toMicros(1));
    }
    return target instanceof DecimalType column && writer.getLogicalType() == null
        ? (in, row, ordinal) ->
            row.update(ordinal, exactDecimal(BigDecimal.valueOf(in.readInt(writer)), column))
        : null;
  }

  private static int exactInt(long value) {
    if (value != (int) value) {
      throw misfit("a long is out of an INT column's range");
    }
    return (int) value;
  }

  private static float exactFloat(double value) {
    float narrow = (float) value;
    if (Double.compare(narrow, value) != 0) {
      throw misfit("a double is no value of a FLOAT column");
    }
    return narrow;
  }

  private static Decimal exactDecimal(BigDecimal value, DecimalType column) {
    BigDecimal scaled;
    try {
      scaled = value.setScale(column.scale(), RoundingMode.UNNECESSARY);
    } catch (ArithmeticException moreDigits) {
      throw misfit("a number has more digits than a column of " + column.sql());
    }
    if (scaled.precision() > column.precision()) {
      throw misfit("a number has more digits than a column of " + column.sql());
    }
    return Decimal.apply(scaled, column.precision(), column.scale());
  }

  private static UndecodablePayloadException misfit(String reason) {
    return new UndecodablePayloadException(
        UndecodablePayloadException.Kind.VALUE_DOES_NOT_FIT, reason);
  }

  private static @Nullable ValueReader ofLong(Schema writer, DataType target) {
    if (target instanceof LongType || target instanceof DayTimeIntervalType) {
      return (in, row, ordinal) -> row.setLong(ordinal, in.readLong(writer));
    }
    if (target instanceof FloatType) {
      return (in, row, ordinal) -> row.setFloat(ordinal, (float) in.readLong(writer));
    }
    if (target instanceof DoubleType) {
      return (in, row, ordinal) -> row.setDouble(ordinal, (double) in.readLong(writer));
    }
    LogicalType unit = writer.getLogicalType();
    if (target instanceof IntegerType && unit == null) {
      return (in, row, ordinal) -> row.setInt(ordinal, exactInt(in.readLong(writer)));
    }
    if (target instanceof DecimalType column && unit == null) {
      return (in, row, ordinal) ->
          row.update(ordinal, exactDecimal(BigDecimal.valueOf(in.readLong(writer)), column));
    }
    boolean instant = target instanceof TimestampType;
    boolean local = target instanceof TimestampNTZType;
    if ((instant && unit instanceof LogicalTypes.TimestampMicros)
        || (local && unit instanceof LogicalTypes.LocalTimestampMicros)) {
      return (in, row, ordinal) -> row.setLong(ordinal, in.readMicros(writer, 1));
    }
    if ((instant && unit instanceof LogicalTypes.TimestampMillis)
        || (local && unit instanceof LogicalTypes.LocalTimestampMillis)) {
      return (in, row, ordinal) -> row.setLong(ordinal, in.readMicros(writer, MICROS_PER_MILLI));
    }
    return null;
  }

  private static @Nullable ValueReader ofBytes(Schema writer, DataType target) {
    boolean fixed = writer.getType() == Schema.Type.FIXED;
    if (target instanceof DecimalType column
        && writer.getLogicalType() instanceof LogicalTypes.Decimal written) {
      return ofDecimal(writer, written, column);
    }
    if (target instanceof BinaryType) {
      int size = fixed ? writer.getFixedSize() : 0;
      return fixed
          ? (in, row, ordinal) -> row.update(ordinal, in.readFixed(size))
          : (in, row, ordinal) -> row.update(ordinal, in.readBytes());
    }
    return target instanceof StringType && !fixed
        ? (in, row, ordinal) -> row.update(ordinal, UTF8String.fromBytes(in.readBytes()))
        : null;
  }

  private static ValueReader ofDecimal(
      Schema writer, LogicalTypes.Decimal written, DecimalType column) {
    int scale = written.getScale();
    boolean fits =
        scale <= column.scale()
            && written.getPrecision() - scale <= column.precision() - column.scale();
    BigInteger bound = BigInteger.TEN.pow(written.getPrecision());
    return (in, row, ordinal) -> {
      BigInteger unscaled = in.readUnscaled(writer, scale);
      if (unscaled.abs().compareTo(bound) >= 0) {
        throw new UndecodablePayloadException("a decimal has more digits than its type");
      }
      BigDecimal value = new BigDecimal(unscaled, scale);
      row.update(
          ordinal,
          fits
              ? Decimal.apply(value.setScale(column.scale()), column.precision(), column.scale())
              : exactDecimal(value, column));
    };
  }

  private static ValueReader ofEnum(Schema writer) {
    UTF8String[] symbols =
        writer.getEnumSymbols().stream().map(UTF8String::fromString).toArray(UTF8String[]::new);
    return (in, row, ordinal) -> row.update(ordinal, symbols[in.readEnum(writer)]);
  }
}
