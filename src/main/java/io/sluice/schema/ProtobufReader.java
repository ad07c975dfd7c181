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

  /**
   * The reader of payloads whose fields are the columns of the row.
   *
   * @param rescued where values go that no column holds; null to pass over those without a column
   */
  static PayloadReader ofColumns(Descriptor message, StructType target, @Nullable Rescued rescued) {
    ProtobufReader reader = new ProtobufReader(message, new Columns(message, target, rescued));
    return (bytes, offset, length, row) ->
        reader.columns.readInto(reader.parse(bytes, offset, length), row);
  }

  /**
   * The reader of payloads that are one column of the row.
   *
   * @param rescued where the values of fields go that the column does not hold; null to pass over
   *     those that it does not have
   */
  static PayloadReader ofColumn(
      Descriptor message, DataType target, int ordinal, @Nullable Rescued rescued) {
    if (!(target instanceof StructType struct)) {
      return (bytes, offset, length, row) -> {
        throw misfit("message " + message.getFullName(), target);
      };
    }
    ProtobufReader reader = new ProtobufReader(message, new Columns(message, struct, rescued));
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
        UndecodablePayloadException.Kind.VALUE_DOES_NOT_FIT,
        "%s does not fit the column's %s".formatted(written, target.sql()));
  }

  /**
   * One field and the column it goes to.
   *
   * @param kept where values go that the column does not hold; null to refuse them
   */
  private record Column(
      FieldDescriptor field,
      int ordinal,
      boolean nullable,
      UnaryOperator<Object> value,
      @Nullable Kept kept) {

    void readInto(Message from, InternalRow row) {
      if (field.hasPresence() && !from.hasField(field)) {
        if (!nullable) {
          throw new UndecodablePayloadException("null, where the column allows none")
              .within(field.getName());
        }
        row.setNullAt(ordinal);
        return;
      }
      Object written = from.getField(field);
      boolean held = holds(written, row);
      if (kept != null && (kept.partial || !held)) {
        kept.put(written);
      }
    }

    private boolean holds(Object written, InternalRow row) {
      try {
        row.update(ordinal, value.apply(written));
        return true;
      } catch (UndecodablePayloadException e) {
        if (kept == null || e.kind() != UndecodablePayloadException.Kind.VALUE_DOES_NOT_FIT) {
          throw e.within(field.getName());
        }
        row.setNullAt(ordinal);
        return false;
      }
    }
  }

  /**
   * One field whose values go to the rescued ones.
   *
   * @param partial whether the field's column never holds all of a value
   */
  private record Kept(
      Rescued rescued,
      FieldDescriptor field,
      UnaryOperator<Object> value,
      ValueText text,
      boolean partial) {

    static Kept of(FieldDescriptor field, Rescued rescued, boolean partial) {
      DataType type = ProtobufTypes.column(field);
      return new Kept(
          rescued, field, ProtobufReader.value(field, type, null), new ValueText(type), partial);
    }

    void readFrom(Message message) {
      if (!field.hasPresence() || message.hasField(field)) {
        put(message.getField(field));
      }
    }

    void put(Object written) {
      rescued.put(field.getName(), text.of(value.apply(written)));
    }
  }

  /** The columns of one message; those that it has no field for are null. */
  private static final class Columns {

    private final List<Column> columns = new ArrayList<>();
    private final List<Kept> withoutColumn;
    private final int[] others;
    private final int width;

    Columns(Descriptor message, StructType target, @Nullable Rescued rescued) {
      StructField[] fields = target.fields();
      List<Integer> unknown = new ArrayList<>();
      for (int i = 0; i < fields.length; i++) {
        FieldDescriptor field = message.findFieldByName(fields[i].name());
        if (field == null) {
          unknown.add(i);
        } else {
          columns.add(column(field, i, fields[i], rescued));
        }
      }
      others = unknown.stream().mapToInt(Integer::intValue).toArray();
      width = fields.length;
      withoutColumn =
          rescued == null
              ? List.of()
              : message.getFields().stream()
                  .filter(field -> target.getFieldIndex(field.getName()).isEmpty())
                  .map(field -> Kept.of(field, rescued, true))
                  .toList();
    }

    private static Column column(
        FieldDescriptor field, int ordinal, StructField column, @Nullable Rescued rescued) {
      DataType type = column.dataType();
      boolean isRecord =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              && !field.isRepeated()
              && type instanceof StructType;
      Rescued within = rescued != null && isRecord ? rescued.within(field.getName()) : null;
      return new Column(
          field,
          ordinal,
          column.nullable(),
          value(field, type, within),
          rescued != null && !isRecord ? kept(field, type, rescued) : null);
    }

    private static @Nullable Kept kept(FieldDescriptor field, DataType column, Rescued rescued) {
      SchemaDifference difference =
          SchemaDifference.between(
              new StructType().add(field.getName(), column),
              new StructType().add(field.getName(), ProtobufTypes.column(field)));
      return difference.loses() ? Kept.of(field, rescued, difference.addsFields()) : null;
    }

    void readInto(Message from, InternalRow row) {
      for (int ordinal : others) {
        row.setNullAt(ordinal);
      }
      for (Column column : columns) {
        column.readInto(from, row);
      }
      for (Kept field : withoutColumn) {
        field.readFrom(from);
      }
    }

    InternalRow row(Message from) {
      var row = new GenericInternalRow(width);
      readInto(from, row);
      return row;
    }
  }

  /** What makes a column's value of a field's; what the column does not hold goes to rescued. */
  private static UnaryOperator<Object> value(
      FieldDescriptor field, DataType target, @Nullable Rescued rescued) {
    if (field.isMapField()) {
      return target instanceof MapType map
          ? entries(field.getMessageType(), map)
          : refuse(field, target);
    }
    if (!field.isRepeated()) {
      return one(field, target, rescued);
    }
    if (!(target instanceof ArrayType array)) {
      return refuse(field, target);
    }
    UnaryOperator<Object> element = one(field, array.elementType(), null);
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
    UnaryOperator<Object> key = one(keyField, target.keyType(), null);
    UnaryOperator<Object> value = one(valueField, target.valueType(), null);
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

  private static UnaryOperator<Object> one(
      FieldDescriptor field, DataType target, @Nullable Rescued rescued) {
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
          case MESSAGE, GROUP -> message(field, target, rescued);
        };
    return known == null ? refuse(field, target) : known;
  }

  private static @Nullable UnaryOperator<Object> message(
      FieldDescriptor field, DataType target, @Nullable Rescued rescued) {
    if (!(target instanceof StructType struct)) {
      return null;
    }
    Columns columns = new Columns(field.getMessageType(), struct, rescued);
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
