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

import java.nio.ByteBuffer;
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

  /** Moves the value between the buffer's position and limit to a column of the row. */
  @FunctionalInterface
  interface Reader {
    void read(ByteBuffer payload, InternalRow row, int ordinal);
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
              BinaryType, ANY_SIZE, (in, row, ordinal) -> row.update(ordinal, remaining(in)));
      case STRING ->
          new PrimitivePayload(
              StringType,
              ANY_SIZE,
              (in, row, ordinal) ->
                  row.update(
                      ordinal,
                      UTF8String.fromBytes(
                          in.array(), in.arrayOffset() + in.position(), in.remaining())));
      case BOOLEAN ->
          new PrimitivePayload(
              BooleanType,
              Byte.BYTES,
              (in, row, ordinal) -> row.setBoolean(ordinal, in.get() != 0));
      case INT8 ->
          new PrimitivePayload(
              ByteType, Byte.BYTES, (in, row, ordinal) -> row.setByte(ordinal, in.get()));
      case INT16 ->
          new PrimitivePayload(
              ShortType, Short.BYTES, (in, row, ordinal) -> row.setShort(ordinal, in.getShort()));
      case INT32 ->
          new PrimitivePayload(
              IntegerType, Integer.BYTES, (in, row, ordinal) -> row.setInt(ordinal, in.getInt()));
      case FLOAT ->
          new PrimitivePayload(
              FloatType, Float.BYTES, (in, row, ordinal) -> row.setFloat(ordinal, in.getFloat()));
      case DOUBLE ->
          new PrimitivePayload(
              DoubleType,
              Double.BYTES,
              (in, row, ordinal) -> row.setDouble(ordinal, in.getDouble()));
      case INT64, TIME, LOCAL_TIME ->
          new PrimitivePayload(
              LongType, Long.BYTES, (in, row, ordinal) -> row.setLong(ordinal, in.getLong()));
      case DATE, TIMESTAMP ->
          new PrimitivePayload(
              TimestampType,
              Long.BYTES,
              (in, row, ordinal) ->
                  row.setLong(ordinal, micros(in.getLong(), MICROS_PER_MILLI, 0, 1)));
      case INSTANT ->
          new PrimitivePayload(
              TimestampType,
              Long.BYTES + Integer.BYTES,
              (in, row, ordinal) ->
                  row.setLong(
                      ordinal,
                      micros(
                          in.getLong(),
                          TimeUnit.SECONDS.toMicros(1),
                          in.getInt(),
                          TimeUnit.SECONDS.toNanos(1))));
      case LOCAL_DATE ->
          new PrimitivePayload(
              DateType, Long.BYTES, (in, row, ordinal) -> row.setInt(ordinal, days(in)));
      case LOCAL_DATE_TIME ->
          new PrimitivePayload(
              TimestampNTZType,
              Long.BYTES * 2,
              (in, row, ordinal) ->
                  row.setLong(
                      ordinal, micros(in.getLong(), MICROS_PER_DAY, in.getLong(), NANOS_PER_DAY)));
      default ->
          throw AvroDefinition.unsupported(
              "", "schemas of type %s cannot be decoded yet".formatted(type));
    };
  }

  private static byte[] remaining(ByteBuffer in) {
    byte[] value = new byte[in.remaining()];
    in.get(value);
    return value;
  }

  private static int days(ByteBuffer in) {
    long days = in.getLong();
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
