package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RawEntry;
import io.sluice.pulsar.SchemaRules;
import io.sluice.pulsar.TopicPartition;
import io.sluice.schema.UndecodablePayloadException;
import io.sluice.schema.UndecodablePayloadException.Kind;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.CalendarInterval;
import org.apache.spark.unsafe.types.GeographyVal;
import org.apache.spark.unsafe.types.GeometryVal;
import org.apache.spark.unsafe.types.UTF8String;
import org.apache.spark.unsafe.types.VariantVal;
import org.jspecify.annotations.Nullable;

/**
 * The row of the message that an entry stands at. It reads what is asked for, when it is asked for:
 * a query that takes no payload column decodes no payload.
 *
 * <p>One object serves a whole task; Spark's projection above a scan copies what it keeps.
 */
final class PulsarRow extends InternalRow {

  private static final DataType PROPERTIES =
      DataTypes.createMapType(DataTypes.StringType, DataTypes.StringType);

  private final StructType payloadType;
  private final MetadataColumn[] metadata;
  private final boolean permissive;
  private final TopicPartition partition;
  private final UTF8String topic;
  private final WriterDecoders decoders;
  private @Nullable RawEntry entry;
  private @Nullable InternalRow payload;
  private @Nullable InternalRow error;
  private boolean decoded;

  PulsarRow(
      PulsarOptions options,
      SchemaSnapshot schemas,
      TopicPartition partition,
      StructType payloadType) {
    this.payloadType = payloadType;
    this.metadata = MetadataColumn.of(options);
    this.permissive = options.schemas().mode() == SchemaRules.Mode.PERMISSIVE;
    this.partition = partition;
    this.topic = UTF8String.fromString(partition.topic());
    this.decoders = new WriterDecoders(options, schemas, partition.topic(), payloadType);
  }

  /** Shows the message that the entry has just advanced to. */
  PulsarRow at(RawEntry message) {
    entry = message;
    decoded = false;
    payload = null;
    error = null;
    return this;
  }

  @Override
  public int numFields() {
    return payloadType.length() + metadata.length;
  }

  @Override
  public boolean isNullAt(int ordinal) {
    if (ordinal >= payloadType.length()) {
      return metadata(ordinal) == null;
    }
    InternalRow row = payload();
    return row == null || row.isNullAt(ordinal);
  }

  @Override
  public @Nullable Object get(int ordinal, DataType type) {
    if (ordinal >= payloadType.length()) {
      return metadata(ordinal);
    }
    InternalRow row = payload();
    return row == null || row.isNullAt(ordinal) ? null : row.get(ordinal, type);
  }

  private @Nullable Object metadata(int ordinal) {
    MetadataColumn column = metadata[ordinal - payloadType.length()];
    return column == MetadataColumn.ERROR ? error() : column.of(message(), partition, topic);
  }

  /** What is wrong with the message, null if nothing is. */
  private @Nullable InternalRow error() {
    payload();
    return error;
  }

  private @Nullable InternalRow payload() {
    if (!decoded) {
      payload = decode(message());
      decoded = true;
    }
    return payload;
  }

  /** The payload's row; Spark asks for a value only after {@link #isNullAt} has denied. */
  private InternalRow present() {
    InternalRow row = payload();
    if (row == null) {
      throw new IllegalStateException("The message has no payload");
    }
    return row;
  }

  private boolean isPayload(int ordinal) {
    return ordinal < payloadType.length();
  }

  /** A value that is there; Spark asks for it only after {@link #isNullAt} has denied. */
  private Object value(int ordinal, DataType type) {
    Object value = get(ordinal, type);
    if (value == null) {
      throw new IllegalStateException("Column " + ordinal + " is null");
    }
    return value;
  }

  private @Nullable InternalRow decode(RawEntry message) {
    try {
      return decoders.of(message.schemaVersion()).decode(message);
    } catch (UndecodablePayloadException undecodable) {
      return without(undecodable.kind(), undecodable.path(), undecodable);
    } catch (StackOverflowError tooDeep) {
      return without(
          Kind.TOO_DEEP, "", new IllegalArgumentException("the payload is nested too deeply"));
    } catch (UnreadableVersionException unreadable) {
      if (!permissive) {
        throw unreadable.failure();
      }
      return without(unreadable.kind(), "", unreadable.failure());
    }
  }

  /** Notes why there is no row, or fails. */
  private @Nullable InternalRow without(Kind kind, String field, RuntimeException failure) {
    if (!permissive) {
      throw undecodable(message(), failure);
    }
    error =
        new GenericInternalRow(
            new Object[] {
              UTF8String.fromString(kind.name()),
              UTF8String.fromString(field),
              UTF8String.fromString(failure.getMessage())
            });
    return null;
  }

  private SluiceException undecodable(RawEntry message, RuntimeException failure) {
    return new SluiceException(
        Condition.UNDECODABLE_MESSAGE,
        "Cannot decode message "
            + message.ledger()
            + ":"
            + message.entry()
            + ":"
            + message.batchIndex()
            + " of "
            + partition
            + ": "
            + failure.getMessage()
            + ". Correct the producer; mode=PERMISSIVE goes on without such messages, payload=bytes"
            + " reads the topic without decoding it",
        failure);
  }

  private RawEntry message() {
    RawEntry message = entry;
    if (message == null) {
      throw new IllegalStateException("The row stands at no message");
    }
    return message;
  }

  @Override
  public boolean getBoolean(int ordinal) {
    return isPayload(ordinal)
        ? present().getBoolean(ordinal)
        : (Boolean) value(ordinal, DataTypes.BooleanType);
  }

  @Override
  public byte getByte(int ordinal) {
    return isPayload(ordinal)
        ? present().getByte(ordinal)
        : (Byte) value(ordinal, DataTypes.ByteType);
  }

  @Override
  public short getShort(int ordinal) {
    return isPayload(ordinal)
        ? present().getShort(ordinal)
        : (Short) value(ordinal, DataTypes.ShortType);
  }

  @Override
  public int getInt(int ordinal) {
    return isPayload(ordinal)
        ? present().getInt(ordinal)
        : (Integer) value(ordinal, DataTypes.IntegerType);
  }

  @Override
  public long getLong(int ordinal) {
    return isPayload(ordinal)
        ? present().getLong(ordinal)
        : (Long) value(ordinal, DataTypes.LongType);
  }

  @Override
  public float getFloat(int ordinal) {
    return isPayload(ordinal)
        ? present().getFloat(ordinal)
        : (Float) value(ordinal, DataTypes.FloatType);
  }

  @Override
  public double getDouble(int ordinal) {
    return isPayload(ordinal)
        ? present().getDouble(ordinal)
        : (Double) value(ordinal, DataTypes.DoubleType);
  }

  @Override
  public Decimal getDecimal(int ordinal, int precision, int scale) {
    return present().getDecimal(ordinal, precision, scale);
  }

  @Override
  public UTF8String getUTF8String(int ordinal) {
    return (UTF8String) value(ordinal, DataTypes.StringType);
  }

  @Override
  public byte[] getBinary(int ordinal) {
    return (byte[]) value(ordinal, DataTypes.BinaryType);
  }

  @Override
  public CalendarInterval getInterval(int ordinal) {
    return present().getInterval(ordinal);
  }

  @Override
  public VariantVal getVariant(int ordinal) {
    return present().getVariant(ordinal);
  }

  @Override
  public GeographyVal getGeography(int ordinal) {
    return present().getGeography(ordinal);
  }

  @Override
  public GeometryVal getGeometry(int ordinal) {
    return present().getGeometry(ordinal);
  }

  @Override
  public InternalRow getStruct(int ordinal, int fields) {
    return isPayload(ordinal)
        ? present().getStruct(ordinal, fields)
        : (InternalRow) value(ordinal, DataTypes.NullType);
  }

  @Override
  public ArrayData getArray(int ordinal) {
    return present().getArray(ordinal);
  }

  @Override
  public MapData getMap(int ordinal) {
    return isPayload(ordinal) ? present().getMap(ordinal) : (MapData) value(ordinal, PROPERTIES);
  }

  @Override
  public InternalRow copy() {
    Object[] values = new Object[numFields()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          InternalRow.copyValue(
              get(i, isPayload(i) ? payloadType.apply(i).dataType() : DataTypes.NullType));
    }
    return new GenericInternalRow(values);
  }

  @Override
  public void setNullAt(int ordinal) {
    throw new UnsupportedOperationException("A row of a topic is read-only");
  }

  @Override
  public void update(int ordinal, @Nullable Object value) {
    throw new UnsupportedOperationException("A row of a topic is read-only");
  }
}
