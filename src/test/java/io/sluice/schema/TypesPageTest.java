package io.sluice.schema;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.avro.Schema;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.junit.jupiter.api.Test;

/** The types that readers are told about are those that columns have. */
class TypesPageTest {

  private static final String[] AVRO = {
    "'boolean'",
    "'int'",
    "'long'",
    "'float'",
    "'double'",
    "'string'",
    "'bytes'",
    "{'type':'fixed','name':'F','size':4}",
    "{'type':'enum','name':'E','symbols':['A']}",
    "{'type':'int','logicalType':'date'}",
    "{'type':'int','logicalType':'time-millis'}",
    "{'type':'long','logicalType':'time-micros'}",
    "{'type':'long','logicalType':'timestamp-millis'}",
    "{'type':'long','logicalType':'timestamp-micros'}",
    "{'type':'long','logicalType':'timestamp-nanos'}",
    "{'type':'long','logicalType':'local-timestamp-millis'}",
    "{'type':'long','logicalType':'local-timestamp-micros'}",
    "{'type':'long','logicalType':'local-timestamp-nanos'}",
    "{'type':'bytes','logicalType':'decimal','precision':12,'scale':2}",
    "{'type':'string','logicalType':'uuid'}",
    "{'type':'array','items':'int'}",
    "{'type':'map','values':'int'}",
    "{'type':'record','name':'R','fields':[{'name':'f','type':'int'}]}",
    "['null','int']",
    "['int','long']",
    "['float','double']",
    "['null','int','string']",
    "'null'"
  };

  @Test
  void page_isUpToDate() throws IOException, DescriptorValidationException {
    KeptFile.assertUpToDate(Path.of("docs/reference/types.md"), page(), TypesPageTest.class);
  }

  private static String page() throws DescriptorValidationException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Types: from Pulsar by Spark to Delta

        <!-- Generated from io.sluice.schema: change the types there. -->

        Columns of the payload may always be null, whatever their schema says: a message without a
        payload has null in all of them. A value that does not fit its type (a timestamp in the
        year 300,000, a decimal with more digits than its schema allows) makes the message
        undecodable; it is never cut to fit. What is finer than a microsecond is cut off.

        ## Primitive schemas

        One column `value`.

        | Pulsar | Spark | Delta | |
        |---|---|---|---|
        """);
    for (SchemaType type : SchemaType.values()) {
      if (type.isPrimitive()) {
        row(page, type.name(), PrimitivePayload.of(type).type(), note(type));
      }
    }
    page.append(
        """

        A topic without a schema is as `BYTES`.

        ## `AVRO` and `JSON`

        The fields of the record are the columns; a schema that is no record is one column `value`.
        Both are defined in Avro's language, and mapped as Spark's own `from_avro` maps it. In JSON
        text a date or a time may be a number of its unit or an ISO 8601 text, and bytes are base64.
        The property `__AVRO_READ_OFFSET__` of an Avro definition, the count of bytes before the
        data, is honoured, in the parts of `KEY_VALUE` too.

        | Avro | Spark | Delta | |
        |---|---|---|---|
        """);
    for (String definition : AVRO) {
      Schema schema = new Schema.Parser().parse(definition.replace('\'', '"'));
      row(page, definition.replace('\'', '"'), SchemaMapper.sqlType(schema, "").dataType(), "");
    }
    page.append(
        """

        A record that contains itself has no type in Spark: the source refuses it, naming the field;
        with `recursiveFields=json` the field is a column of JSON text where the record begins again.

        ## `KEY_VALUE`

        The columns `key` and `value`, each of the type that its own schema has: a struct for a
        record or a message, else as above. Either may be null. With `SEPARATED` the key is the
        message's key, and a message without a payload has its key and null in `value`; with
        `INLINE` both are in the payload.

        ## `PROTOBUF_NATIVE`

        The fields of the message are the columns.

        | Protocol buffers | Spark | Delta | |
        |---|---|---|---|
        """);
    for (FieldDescriptorProto.Type type : FieldDescriptorProto.Type.values()) {
      if (type != FieldDescriptorProto.Type.TYPE_GROUP
          && type != FieldDescriptorProto.Type.TYPE_MESSAGE
          && type != FieldDescriptorProto.Type.TYPE_ENUM) {
        row(
            page,
            type.name().substring("TYPE_".length()).toLowerCase(Locale.ROOT),
            protobuf(type),
            "");
      }
    }
    page.append(
        """
        | enum | `STRING` | `STRING` | the constant's name, or the number of one unknown |
        | message, group | `STRUCT` | `STRUCT` | |
        | repeated | `ARRAY` | `ARRAY` | |
        | map | `MAP` | `MAP` | |

        A field that tracks its presence (proto2, `optional` in proto3, a member of a `oneof`, a
        message) is null if it is absent; any other then has its default. Fields that the registered
        message lacks are left out. A message that contains itself is refused, naming the field.

        ## `PROTOBUF`

        Such a schema tells the numbers and types of the message's own fields only, not those of
        nested messages, nor the numbers of an enum's constants. Hence a nested message is `BINARY`
        (its bytes, null if absent), an enum is `INT` (its number), a map is an array of its entries'
        bytes, and every other field is as with `PROTOBUF_NATIVE`; one that is absent has the default
        of its type. `PROTOBUF_NATIVE` has none of these limits.
        """);
    return page.toString();
  }

  private static String note(SchemaType type) {
    return switch (type) {
      case TIME -> "milliseconds, as the client writes them; Delta has no type for a time of day";
      case LOCAL_TIME -> "nanoseconds of the day; Delta has no type for a time of day";
      case INSTANT -> "in microseconds";
      case LOCAL_DATE_TIME -> "in microseconds";
      default -> "";
    };
  }

  private static DataType protobuf(FieldDescriptorProto.Type type)
      throws DescriptorValidationException {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("f.proto")
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("M")
                    .addField(
                        FieldDescriptorProto.newBuilder()
                            .setName("f")
                            .setNumber(1)
                            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                            .setType(type)))
            .build();
    return ProtobufTypes.columns(
            FileDescriptor.buildFrom(file, new FileDescriptor[0]).getMessageTypes().get(0), "")
        .apply("f")
        .dataType();
  }

  private static void row(StringBuilder page, String pulsar, DataType spark, String note) {
    page.append(
        "| `%s` | `%s` | %s | %s |\n"
            .formatted(pulsar.replace("|", "\\|"), spark.sql(), delta(spark), note));
  }

  private static String delta(DataType type) {
    if (type instanceof NullType) {
      return "none: Delta stores no such column";
    }
    return type instanceof TimestampNTZType
        ? "`TIMESTAMP_NTZ`, a table feature that the reader must know"
        : "`" + type.sql() + "`";
  }
}
