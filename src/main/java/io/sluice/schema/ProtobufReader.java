package io.sluice.schema;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * Moves a message of protocol buffers into columns of the fields' names. Parsing is the library's
 * own, so that what it refuses is undecodable, and what it merges is merged.
 */
final class ProtobufReader {

  private final Descriptor message;
  private final Columns columns;

  private ProtobufReader(Descriptor message, Columns columns) {
    this.message = message;
    this.columns = columns;
  }

  /** The reader of payloads whose fields are the columns of the row. */
  static PayloadReader ofColumns(Descriptor message, StructType target) {
    ProtobufReader reader = new ProtobufReader(message, new Columns(message, target));
    return (bytes, offset, length, row) ->
        reader.columns.readInto(reader.parse(bytes, offset, length), row);
  }

  /** The reader of payloads that are one column of the row. */
  static PayloadReader ofColumn(Descriptor message, DataType target, int ordinal) {
    if (!(target instanceof StructType struct)) {
      return (bytes, offset, length, row) -> {
        throw misfit("message " + message.getFullName(), target);
      };
    }
    ProtobufReader reader = new ProtobufReader(message, new Columns(message, struct));
    return (bytes, offset, length, row) ->
        row.update(ordinal, reader.columns.row(reader.parse(bytes, offset, length)));
  }

  private Message parse(byte[] bytes, int offset, int length) {
    try {
      DynamicMessage.Builder parsed =
          DynamicMessage.newBuilder(message).mergeFrom(bytes, offset, length);
      if (parsed.isInitialized()) {
        return parsed.buildPartial();
      }
    } catch (InvalidProtocolBufferException e) {
      throw new UndecodablePayloadException("not the wire format of " + message.getFullName());
    }
    throw new UndecodablePayloadException("a required field is missing");
  }

  private static UndecodablePayloadException misfit(String written, DataType target) {
    return new UndecodablePayloadException(
        "%s does not fit the column's %s".formatted(written, target.sql()));
  }

  /** One field and the column it goes to. */
  private record Column(
      FieldDescriptor field, int ordinal, boolean nullable, UnaryOperator<Object> value) {

    void readInto(Message from, InternalRow row) {
      if (field.hasPresence() && !from.hasField(field)) {
        if (!nullable) {
          throw new UndecodablePayloadException("null, where the column allows none")
              .within(field.getName());
        }
        row.setNullAt(ordinal);
        return;
      }
      try {
        row.update(ordinal, value.apply(from.getField(field)));
      } catch (UndecodablePayloadException e) {
        throw e.within(field.getName());
      }
    }
  }

  /** The columns of one message; those that it has no field for are null. */
  private static final class Columns {

    private final List<Column> columns = new ArrayList<>();
    private final int[] others;
    private final int width;

    Columns(Descriptor message, StructType target) {
      StructField[] fields = target.fields();
      List<Integer> unknown = new ArrayList<>();
      for (int i = 0; i < fields.length; i++) {
        FieldDescriptor field = message.findFieldByName(fields[i].name());
        if (field == null) {
          unknown.add(i);
        } else {
          columns.add(
              new Column(field, i, fields[i].nullable(), value(field, fields[i].dataType())));
        }
      }
      others = unknown.stream().mapToInt(Integer::intValue).toArray();
      width = fields.length;
    }

    void readInto(Message from, InternalRow row) {
      for (int ordinal : others) {
        row.setNullAt(ordinal);
      }
      for (Column column : columns) {
        column.readInto(from, row);
      }
    }

    InternalRow row(Message from) {
      var row = new GenericInternalRow(width);
      readInto(from, row);
      return row;
    }
  }

  private static UnaryOperator<Object> value(FieldDescriptor field, DataType target) {
    if (field.isMapField()) {
      return target instanceof MapType map
          ? entries(field.getMessageType(), map)
          : refuse(field, target);
    }
    if (!field.isRepeated()) {
      return one(field, target);
    }
    if (!(target instanceof ArrayType array)) {
      return refuse(field, target);
    }
    UnaryOperator<Object> element = one(field, array.elementType());
    return values -> {
      List<?> list = (List<?>) values;
      Object[] items = new Object[list.size()];
      for (int i = 0; i < items.length; i++) {
        items[i] = element.apply(list.get(i));
      }
      return new GenericArrayData(items);
    };
  }

  private static UnaryOperator<Object> entries(Descriptor entry, MapType target) {
    FieldDescriptor keyField = entry.findFieldByNumber(1);
    FieldDescriptor valueField = entry.findFieldByNumber(2);
    UnaryOperator<Object> key = one(keyField, target.keyType());
    UnaryOperator<Object> value = one(valueField, target.valueType());
    return values -> {
      // Of entries with the same key the last one counts.
      Map<Object, Object> entries = new LinkedHashMap<>();
      for (Object each : (List<?>) values) {
        Message one = (Message) each;
        entries.put(key.apply(one.getField(keyField)), value.apply(one.getField(valueField)));
      }
      return new ArrayBasedMapData(
          new GenericArrayData(entries.keySet().toArray()),
          new GenericArrayData(entries.values().toArray()));
    };
  }

  private static UnaryOperator<Object> refuse(FieldDescriptor field, DataType target) {
    return value -> {
      throw misfit(field.getType().name().toLowerCase(java.util.Locale.ROOT), target);
    };
  }

  private static UnaryOperator<Object> one(FieldDescriptor field, DataType target) {
    UnaryOperator<Object> known =
        switch (field.getType()) {
          case INT32, SINT32, SFIXED32 -> number(target, true, Integer.class::cast);
          case INT64, SINT64, SFIXED64 -> number(target, false, Long.class::cast);
          case UINT32, FIXED32 ->
              number(target, false, value -> Integer.toUnsignedLong((Integer) value));
          case UINT64, FIXED64 ->
              target.equals(ProtobufTypes.UNSIGNED_LONG)
                  ? value ->
                      Decimal.apply(new BigDecimal(Long.toUnsignedString((Long) value)), 20, 0)
                  : null;
          case FLOAT -> {
            if (target instanceof FloatType) {
              yield UnaryOperator.identity();
            }
            yield target instanceof DoubleType ? value -> (double) (Float) value : null;
          }
          case DOUBLE -> target instanceof DoubleType ? UnaryOperator.identity() : null;
          case BOOL -> target instanceof BooleanType ? UnaryOperator.identity() : null;
          case STRING ->
              target instanceof StringType ? value -> UTF8String.fromString((String) value) : null;
          case ENUM ->
              target instanceof StringType ? value -> name((EnumValueDescriptor) value) : null;
          case BYTES ->
              target instanceof BinaryType ? value -> ((ByteString) value).toByteArray() : null;
          case MESSAGE, GROUP -> message(field, target);
        };
    return known == null ? refuse(field, target) : known;
  }

  private static @Nullable UnaryOperator<Object> message(FieldDescriptor field, DataType target) {
    if (!(target instanceof StructType struct)) {
      return null;
    }
    Columns columns = new Columns(field.getMessageType(), struct);
    return value -> columns.row((Message) value);
  }

  private static @Nullable UnaryOperator<Object> number(
      DataType target, boolean fitsInt, java.util.function.Function<Object, Number> value) {
    if (target instanceof IntegerType) {
      return fitsInt ? each -> value.apply(each).intValue() : null;
    }
    if (target instanceof LongType) {
      return each -> value.apply(each).longValue();
    }
    return target instanceof DecimalType decimal && decimal.precision() - decimal.scale() >= 20
        ? each ->
            Decimal.apply(
                BigDecimal.valueOf(value.apply(each).longValue()).setScale(decimal.scale()),
                decimal.precision(),
                decimal.scale())
        : null;
  }

  /** A number that the writer's enum does not know, which proto3 allows, is its digits. */
  private static UTF8String name(EnumValueDescriptor value) {
    boolean known = value.getIndex() >= 0;
    return UTF8String.fromString(known ? value.getName() : Integer.toString(value.getNumber()));
  }
}
