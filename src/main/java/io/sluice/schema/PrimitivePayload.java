package io.sluice.schema;

import static org.apache.spark.sql.types.DataTypes.BinaryType;
import static org.apache.spark.sql.types.DataTypes.BooleanType;
import static org.apache.spark.sql.types.DataTypes.ByteType;
import static org.apache.spark.sql.types.DataTypes.DateType;
import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.FloatType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.ShortType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.TimestampNTZType;
import static org.apache.spark.sql.types.DataTypes.TimestampType;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A payload that is one value, in the byte layout of {@code org.apache.pulsar.client.impl.schema}:
 * numbers in big-endian order, times as counts of their unit.
 *
 * @param type the column's type
 * @param size the payload's size in bytes, or {@link #ANY_SIZE}
 * @param reader moves the value to a column of the row
 */
record PrimitivePayload(DataType type, int size, Reader reader) {

  /** The size of text and bytes. */
  static final int ANY_SIZE = -1;

  private static final long MICROS_PER_MILLI = TimeUnit.MILLISECONDS.toMicros(1);
  private static final long NANOS_PER_DAY = TimeUnit.DAYS.toNanos(1);
  private static final long MICROS_PER_DAY = TimeUnit.DAYS.toMicros(1);

  private static final VarHandle SHORT = bigEndian(short[].class);
  private static final VarHandle INT = bigEndian(int[].class);
  private static final VarHandle LONG = bigEndian(long[].class);
  private static final VarHandle FLOAT = bigEndian(float[].class);
  private static final VarHandle DOUBLE = bigEndian(double[].class);

  /** Moves the value of {@code length} bytes at {@code at} to a column of the row. */
  @FunctionalInterface
  interface Reader {
    void read(byte[] bytes, int at, int length, InternalRow row, int ordinal);
  }

  /**
   * What a payload of this type is.
   *
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if it is no primitive
   */
  static PrimitivePayload of(SchemaType type) {
    return switch (type) {
      case NONE, BYTES ->
          new PrimitivePayload(
              BinaryType,
              ANY_SIZE,
              (bytes, at, length, row, ordinal) ->
                  row.update(ordinal, Arrays.copyOfRange(bytes, at, at + length)));
      case STRING ->
          new PrimitivePayload(
              StringType,
              ANY_SIZE,
              (bytes, at, length, row, ordinal) ->
                  row.update(ordinal, UTF8String.fromBytes(bytes, at, length)));
      case BOOLEAN ->
          new PrimitivePayload(
              BooleanType,
              Byte.BYTES,
              (bytes, at, length, row, ordinal) -> row.setBoolean(ordinal, bytes[at] != 0));
      case INT8 ->
          new PrimitivePayload(
              ByteType,
              Byte.BYTES,
              (bytes, at, length, row, ordinal) -> row.setByte(ordinal, bytes[at]));
      case INT16 ->
          new PrimitivePayload(
              ShortType,
              Short.BYTES,
              (bytes, at, length, row, ordinal) ->
                  row.setShort(ordinal, (short) SHORT.get(bytes, at)));
      case INT32 ->
          new PrimitivePayload(
              IntegerType,
              Integer.BYTES,
              (bytes, at, length, row, ordinal) -> row.setInt(ordinal, (int) INT.get(bytes, at)));
      case FLOAT ->
          new PrimitivePayload(
              FloatType,
              Float.BYTES,
              (bytes, at, length, row, ordinal) ->
                  row.setFloat(ordinal, (float) FLOAT.get(bytes, at)));
      case DOUBLE ->
          new PrimitivePayload(
              DoubleType,
              Double.BYTES,
              (bytes, at, length, row, ordinal) ->
                  row.setDouble(ordinal, (double) DOUBLE.get(bytes, at)));
      case INT64, TIME, LOCAL_TIME ->
          new PrimitivePayload(
              LongType,
              Long.BYTES,
              (bytes, at, length, row, ordinal) -> row.setLong(ordinal, longAt(bytes, at)));
      case DATE, TIMESTAMP ->
          new PrimitivePayload(
              TimestampType,
              Long.BYTES,
              (bytes, at, length, row, ordinal) ->
                  row.setLong(ordinal, micros(longAt(bytes, at), MICROS_PER_MILLI, 0, 1)));
      case INSTANT ->
          new PrimitivePayload(
              TimestampType,
              Long.BYTES + Integer.BYTES,
              (bytes, at, length, row, ordinal) ->
                  row.setLong(
                      ordinal,
                      micros(
                          longAt(bytes, at),
                          TimeUnit.SECONDS.toMicros(1),
                          (int) INT.get(bytes, at + Long.BYTES),
                          TimeUnit.SECONDS.toNanos(1))));
      case LOCAL_DATE ->
          new PrimitivePayload(
              DateType,
              Long.BYTES,
              (bytes, at, length, row, ordinal) -> row.setInt(ordinal, days(longAt(bytes, at))));
      case LOCAL_DATE_TIME ->
          new PrimitivePayload(
              TimestampNTZType,
              Long.BYTES * 2,
              (bytes, at, length, row, ordinal) ->
                  row.setLong(
                      ordinal,
                      micros(
                          longAt(bytes, at),
                          MICROS_PER_DAY,
                          longAt(bytes, at + Long.BYTES),
                          NANOS_PER_DAY)));
      default ->
          throw AvroDefinition.unsupported(
              "", "schemas of type %s cannot be decoded yet".formatted(type));
    };
  }

  private static VarHandle bigEndian(Class<?> arrayType) {
    return MethodHandles.byteArrayViewVarHandle(arrayType, ByteOrder.BIG_ENDIAN);
  }

  private static long longAt(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  /** Whether a column of this type holds the values. */
  boolean fits(DataType column) {
    return column.equals(type) || column.equals(BinaryType);
  }

  /**
   * The same payload for a column of this type: bytes are taken from any payload, and any other
   * type holds values of its own alone.
   *
   * @param path the column's place below the payload's root, empty where the caller names it
   */
  PrimitivePayload into(DataType column, String path) {
    if (column.equals(type)) {
      return this;
    }
    if (column.equals(BinaryType)) {
      return of(SchemaType.BYTES);
    }
    var misfit =
        new UndecodablePayloadException(
            UndecodablePayloadException.Kind.VALUE_DOES_NOT_FIT,
            "%s does not fit the column's %s".formatted(type.sql(), column.sql()));
    return new PrimitivePayload(
        column,
        ANY_SIZE,
        (bytes, offset, length, row, ordinal) -> {
          throw path.isEmpty() ? misfit : misfit.within(path);
        });
  }

  private static int days(long days) {
    if (days != (int) days) {
      throw new UndecodablePayloadException("a date is out of range");
    }
    return (int) days;
  }

  /** Whole units and the nanoseconds on top of them; what is below a microsecond is cut off. */
  private static long micros(long units, long microsPerUnit, long nanos, long nanosPerUnit) {
    if (nanos < 0 || nanos >= nanosPerUnit) {
      throw new UndecodablePayloadException("a timestamp's nanoseconds are out of range");
    }
    try {
      return Math.addExact(
          Math.multiplyExact(units, microsPerUnit), TimeUnit.NANOSECONDS.toMicros(nanos));
    } catch (ArithmeticException e) {
      throw new UndecodablePayloadException("a timestamp is out of range");
    }
  }
}
