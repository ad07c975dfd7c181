package io.sluice.schema;

import static org.apache.spark.sql.types.DataTypes.BinaryType;
import static org.apache.spark.sql.types.DataTypes.BooleanType;
import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.FloatType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.createArrayType;
import static org.apache.spark.sql.types.DataTypes.createDecimalType;
import static org.apache.spark.sql.types.DataTypes.createMapType;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * The Spark types of protocol buffers: every value of the one is a value of the other, so that what
 * is unsigned takes the next wider type. A field is null exactly if it tracks its presence and is
 * absent.
 */
final class ProtobufTypes {

  /** Holds every unsigned number of 64 bits. */
  static final DataType UNSIGNED_LONG = createDecimalType(20, 0);

  private final Deque<String> enclosing = new ArrayDeque<>();

  private ProtobufTypes() {}

  /**
   * The columns of a message.
   *
   * @param path where the message stands; empty for the payload itself
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if it contains itself, naming the field
   */
  static StructType columns(Descriptor message, String path) {
    return new ProtobufTypes().struct(message, path);
  }

  /**
   * The column of one field of a message.
   *
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if its message contains itself
   */
  static DataType column(FieldDescriptor field) {
    return new ProtobufTypes().type(field, field.getName());
  }

  private StructType struct(Descriptor message, String path) {
    if (enclosing.contains(message.getFullName())) {
      throw AvroDefinition.unsupported(
          path,
          "message %s contains itself, and a table's column cannot"
              .formatted(message.getFullName()));
    }
    enclosing.push(message.getFullName());
    StructType columns = new StructType();
    for (FieldDescriptor field : message.getFields()) {
      String at = AvroDefinition.join(path, field.getName());
      columns = columns.add(field.getName(), type(field, at), field.hasPresence());
    }
    enclosing.pop();
    return columns;
  }

  private DataType type(FieldDescriptor field, String path) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return createMapType(
          one(entry.findFieldByNumber(1), path),
          one(entry.findFieldByNumber(2), AvroDefinition.join(path, "value")),
          false);
    }
    return field.isRepeated()
        ? createArrayType(one(field, AvroDefinition.join(path, "element")), false)
        : one(field, path);
  }

  private DataType one(FieldDescriptor field, String path) {
    return switch (field.getType()) {
      case INT32, SINT32, SFIXED32 -> IntegerType;
      case INT64, SINT64, SFIXED64, UINT32, FIXED32 -> LongType;
      case UINT64, FIXED64 -> UNSIGNED_LONG;
      case FLOAT -> FloatType;
      case DOUBLE -> DoubleType;
      case BOOL -> BooleanType;
      case STRING, ENUM -> StringType;
      case BYTES -> BinaryType;
      case MESSAGE, GROUP -> struct(field.getMessageType(), path);
    };
  }
}
