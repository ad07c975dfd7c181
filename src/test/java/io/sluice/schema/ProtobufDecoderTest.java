package io.sluice.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.pulsar.client.impl.schema.ProtobufNativeSchemaUtils;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class ProtobufDecoderTest {

  private static final int DAMAGED = RandomDamage.count(500);
  private static final long SEED = Long.getLong("sluice.test.seed", System.nanoTime());

  private static final Descriptor EVERYTHING = everything();

  /** Field i of the message is of the i-th type; then come the containers. */
  private static Descriptor everything() {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName("Everything");
    for (FieldDescriptorProto.Type type : FieldDescriptorProto.Type.values()) {
      if (type != FieldDescriptorProto.Type.TYPE_GROUP
          && type != FieldDescriptorProto.Type.TYPE_MESSAGE
          && type != FieldDescriptorProto.Type.TYPE_ENUM) {
        String name = type.name().substring("TYPE_".length()).toLowerCase(java.util.Locale.ROOT);
        message.addField(field(name, type.getNumber(), type, Label.LABEL_OPTIONAL));
        message.addField(field("many_" + name, 100 + type.getNumber(), type, Label.LABEL_REPEATED));
      }
    }
    message
        .addField(
            named("at", 50, FieldDescriptorProto.Type.TYPE_MESSAGE, ".google.protobuf.Timestamp"))
        .addField(named("kind", 51, FieldDescriptorProto.Type.TYPE_ENUM, ".google.protobuf.Syntax"))
        .addField(
            named("map", 52, FieldDescriptorProto.Type.TYPE_MESSAGE, ".t.Everything.MapEntry")
                .setLabel(Label.LABEL_REPEATED))
        .addField(
            field("maybe", 53, FieldDescriptorProto.Type.TYPE_INT32, Label.LABEL_OPTIONAL)
                .setProto3Optional(true)
                .setOneofIndex(1))
        .addField(
            field("one", 54, FieldDescriptorProto.Type.TYPE_STRING, Label.LABEL_OPTIONAL)
                .setOneofIndex(0))
        .addField(
            field("other", 55, FieldDescriptorProto.Type.TYPE_INT64, Label.LABEL_OPTIONAL)
                .setOneofIndex(0))
        .addNestedType(
            DescriptorProto.newBuilder()
                .setName("MapEntry")
                .addField(
                    field("key", 1, FieldDescriptorProto.Type.TYPE_STRING, Label.LABEL_OPTIONAL))
                .addField(
                    named(
                        "value",
                        2,
                        FieldDescriptorProto.Type.TYPE_MESSAGE,
                        ".google.protobuf.Timestamp"))
                .setOptions(
                    com.google.protobuf.DescriptorProtos.MessageOptions.newBuilder()
                        .setMapEntry(true)));
    message.addOneofDeclBuilder().setName("choice");
    message.addOneofDeclBuilder().setName("_maybe");
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("t.proto")
            .setPackage("t")
            .setSyntax("proto3")
            .addDependency("google/protobuf/timestamp.proto")
            .addDependency("google/protobuf/type.proto")
            .addMessageType(message)
            .build();
    try {
      return FileDescriptor.buildFrom(
              file,
              new FileDescriptor[] {TimestampProto.getDescriptor(), TypeProto.getDescriptor()})
          .findMessageTypeByName("Everything");
    } catch (com.google.protobuf.Descriptors.DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static FieldDescriptorProto.Builder field(
      String name, int number, FieldDescriptorProto.Type type, Label label) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(label);
  }

  private static FieldDescriptorProto.Builder named(
      String name, int number, FieldDescriptorProto.Type type, String typeName) {
    return field(name, number, type, Label.LABEL_OPTIONAL).setTypeName(typeName);
  }

  private static TopicSchema schema(Descriptor message) {
    return new TopicSchema(
        0, SchemaType.PROTOBUF_NATIVE, ProtobufNativeSchemaUtils.serialize(message), Map.of());
  }

  private static FieldDescriptor field(String name) {
    return EVERYTHING.findFieldByName(name);
  }

  private static Object value(FieldDescriptor field, Random random) {
    return switch (field.getJavaType()) {
      case INT -> random.nextInt();
      case LONG -> random.nextLong();
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextGaussian();
      case BOOLEAN -> true;
      case STRING -> "\u20ac" + random.nextInt(100);
      case BYTE_STRING -> ByteString.copyFrom(new byte[] {(byte) random.nextInt(), 1});
      case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(4));
      case MESSAGE -> timestamp(random.nextInt());
    };
  }

  private static Timestamp timestamp(long seconds) {
    return Timestamp.newBuilder().setSeconds(seconds).build();
  }

  private static DynamicMessage random(Random random) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(EVERYTHING);
    for (FieldDescriptor field : EVERYTHING.getFields()) {
      int count = random.nextInt(4);
      if (field.isMapField()) {
        for (int i = 0; i < count; i++) {
          message.addRepeatedField(field, entry(field, "k" + i, random.nextInt()));
        }
      } else if (field.isRepeated()) {
        for (int i = 0; i < count; i++) {
          message.addRepeatedField(field, value(field, random));
        }
      } else if (count > 0) {
        message.setField(field, value(field, random));
      }
    }
    return message.build();
  }

  private static DynamicMessage entry(FieldDescriptor map, String key, long seconds) {
    Descriptor entry = map.getMessageType();
    return DynamicMessage.newBuilder(entry)
        .setField(entry.findFieldByNumber(1), key)
        .setField(entry.findFieldByNumber(2), timestamp(seconds))
        .build();
  }

  private static String decode(TopicSchema schema, byte[] bytes) {
    StructType columns = SchemaMapper.payloadType(schema);
    return Plain.text(
        PayloadDecoders.compile(schema, columns).decode(bytes, 0, bytes.length), columns);
  }

  /** What a field of this type and value is to be, told without the code under test. */
  private static String expected(FieldDescriptor field, DynamicMessage message) {
    if (field.isMapField()) {
      var entries = new java.util.TreeMap<String, String>();
      for (Object each : (List<?>) message.getField(field)) {
        DynamicMessage entry = (DynamicMessage) each;
        Descriptor type = entry.getDescriptorForType();
        entries.put(
            entry.getField(type.findFieldByNumber(1)) + ":UTF8String",
            one(type.findFieldByNumber(2), entry.getField(type.findFieldByNumber(2))));
      }
      return entries.toString();
    }
    if (field.isRepeated()) {
      return ((List<?>) message.getField(field))
          .stream().map(v -> one(field, v)).toList().toString();
    }
    return field.hasPresence() && !message.hasField(field)
        ? "null"
        : one(field, message.getField(field));
  }

  private static String one(FieldDescriptor field, Object value) {
    return switch (field.getType()) {
      case UINT32, FIXED32 -> Integer.toUnsignedString((Integer) value) + ":Long";
      case UINT64, FIXED64 -> Long.toUnsignedString((Long) value) + ":Decimal";
      case STRING -> value + ":UTF8String";
      case ENUM -> {
        var constant = (com.google.protobuf.Descriptors.EnumValueDescriptor) value;
        yield (constant.getIndex() < 0 ? constant.getNumber() + "" : constant.getName())
            + ":UTF8String";
      }
      case BYTES -> Arrays.toString(((ByteString) value).toByteArray());
      case MESSAGE -> {
        var timestamp = (com.google.protobuf.Message) value;
        var type = timestamp.getDescriptorForType();
        yield "row[%s:Long, %s:Integer]"
            .formatted(
                timestamp.getField(type.findFieldByNumber(1)),
                timestamp.getField(type.findFieldByNumber(2)));
      }
      default -> value + ":" + value.getClass().getSimpleName();
    };
  }

  @Test
  void decode_everyTypeOfField_hasItsValue() {
    Random random = new Random(SEED);
    TopicSchema schema = schema(EVERYTHING);
    for (int i = 0; i < 200; i++) {
      DynamicMessage message = random(random);

      assertThat(decode(schema, message.toByteArray()))
          .as("seed %d", SEED)
          .isEqualTo(
              "row" + EVERYTHING.getFields().stream().map(f -> expected(f, message)).toList());
    }
  }

  @Test
  void decode_damagedPayloads_areRowsOrUndecodableAndLeaveNoTrace() {
    Random random = new Random(SEED);
    TopicSchema schema = schema(EVERYTHING);
    StructType columns = SchemaMapper.payloadType(schema);
    PayloadDecoder decoder = PayloadDecoders.compile(schema, columns);
    int refused = 0;
    for (int i = 0; i < DAMAGED; i++) {
      byte[] bytes = random(random).toByteArray();
      String expected = Plain.text(decoder.decode(bytes, 0, bytes.length), columns);
      byte[] damaged = RandomDamage.of(bytes, random);
      String actual = null;
      try {
        actual = Plain.text(decoder.decode(damaged, 0, damaged.length), columns);
      } catch (UndecodablePayloadException e) {
        refused++;
      }
      if (actual != null) {
        DynamicMessage reference = reference(damaged);
        assertThat(actual)
            .as("seed %d", SEED)
            .isEqualTo(
                "row" + EVERYTHING.getFields().stream().map(f -> expected(f, reference)).toList());
      }

      assertThat(Plain.text(decoder.decode(bytes, 0, bytes.length), columns))
          .as("seed %d", SEED)
          .isEqualTo(expected);
    }
    assertThat(refused).isGreaterThan(DAMAGED / 10);
  }

  private static DynamicMessage reference(byte[] bytes) {
    try {
      return DynamicMessage.parseFrom(EVERYTHING, bytes);
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError("seed " + SEED, e);
    }
  }

  @Test
  void payloadType_everyTypeOfField_isWideEnough() {
    StructType columns = SchemaMapper.payloadType(schema(EVERYTHING));

    assertThat(columns.apply("uint32").dataType()).isEqualTo(DataTypes.LongType);
    assertThat(columns.apply("fixed64").dataType()).isEqualTo(DataTypes.createDecimalType(20, 0));
    assertThat(columns.apply("kind").dataType()).isEqualTo(DataTypes.StringType);
    assertThat(columns.apply("maybe").nullable()).isTrue();
    assertThat(columns.apply("int32").nullable()).isFalse();
    assertThat(columns.apply("one").nullable()).isTrue();
  }

  @Test
  void payloadType_recursiveMessage_isRefusedByItsPath() {
    assertThatThrownBy(() -> SchemaMapper.payloadType(schema(Struct.getDescriptor())))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("[UNSUPPORTED_SCHEMA] Field `fields.value.struct_value`")
        .hasMessageContaining("google.protobuf.Struct contains itself");
  }

  @Test
  void decode_nestedRootMessage_isFoundByItsName() {
    Descriptor range = DescriptorProto.ExtensionRange.getDescriptor();
    Descriptor reserved = DescriptorProto.ReservedRange.getDescriptor();
    byte[] bytes = DescriptorProto.ReservedRange.newBuilder().setStart(3).build().toByteArray();

    assertThat(range.getContainingType()).isNotNull();
    assertThat(decode(schema(reserved), bytes)).isEqualTo("row[3:Integer, null]");
  }

  @Test
  void decode_depthBomb_isUndecodable() {
    byte[] bytes = new byte[0];
    for (int i = 0; i < 5_000; i++) {
      bytes = Any.newBuilder().setValue(ByteString.copyFrom(bytes)).build().toByteArray();
    }
    byte[] groups = new byte[10_000];
    Arrays.fill(groups, (byte) ((999 & 15) << 3 | 3));
    byte[] bomb = bytes;

    assertThat(decode(schema(Any.getDescriptor()), bomb)).startsWith("row[");
    assertThatThrownBy(() -> decode(schema(EVERYTHING), groups))
        .isInstanceOf(UndecodablePayloadException.class);
  }

  @Test
  void decode_typeThatDoesNotFitItsColumn_isUndecodableByItsPath() {
    DynamicMessage message =
        DynamicMessage.newBuilder(EVERYTHING).setField(field("one"), "x").build();
    byte[] bytes = message.toByteArray();
    StructType columns =
        new StructType().add("other", DataTypes.LongType).add("one", DataTypes.IntegerType);

    assertThatThrownBy(
            () ->
                PayloadDecoders.compile(schema(EVERYTHING), columns).decode(bytes, 0, bytes.length))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `one`: string does not fit the column's INT");
  }

  @Test
  void decode_whatTheClientTellsOfAClass_isItsFieldsByNumber() {
    String info =
        """
        [{"number":1,"name":"name","type":"STRING","label":"LABEL_OPTIONAL","definition":null},
         {"number":2,"name":"options","type":"MESSAGE","label":"LABEL_REPEATED","definition":null},
         {"number":5,"name":"count","type":"SINT32","label":"LABEL_OPTIONAL","definition":null},
         {"number":6,"name":"syntax","type":"ENUM","label":"LABEL_OPTIONAL","definition":null},
         {"number":7,"name":"file","type":"MESSAGE","label":"LABEL_OPTIONAL","definition":null}]
        """;
    TopicSchema schema =
        new TopicSchema(
            0, SchemaType.PROTOBUF, "{}".getBytes(UTF_8), Map.of("__PARSING_INFO__", info));
    byte[] bytes = {10, 1, 'x', 18, 2, 8, 1, 18, 0, 40, 3, 48, 9};

    assertThat(decode(schema, bytes))
        .isEqualTo("row[x:UTF8String, [[8, 1], []], -2:Integer, 9:Integer, null]");
    assertThat(decode(schema, new byte[0]))
        .isEqualTo("row[:UTF8String, [], 0:Integer, 0:Integer, null]");
  }

  @Test
  void payloadType_definitionWithoutAMessage_isRefused() {
    for (SchemaType type : List.of(SchemaType.PROTOBUF, SchemaType.PROTOBUF_NATIVE)) {
      assertThatThrownBy(
              () ->
                  SchemaMapper.payloadType(
                      new TopicSchema(4, type, "{}".getBytes(UTF_8), Map.of())))
          .isInstanceOf(SluiceException.class)
          .hasMessageStartingWith("[UNSUPPORTED_SCHEMA] Version 4 of the " + type + " schema");
    }
  }

  @Test
  void rescuing_whatColumnsDoNotHold_isKeptByName() throws IOException {
    DynamicMessage message =
        DynamicMessage.newBuilder(EVERYTHING)
            .setField(field("int64"), 1L << 40)
            .setField(field("string"), "text")
            .setField(field("at"), Timestamp.newBuilder().setSeconds(5).setNanos(7).build())
            .addRepeatedField(field("many_bytes"), ByteString.copyFrom(new byte[] {1, 2, 3}))
            .addRepeatedField(field("map"), entry(field("map"), "k", 9))
            .build();

    List<String> row =
        rescue(
            message,
            "int64 INT, int32 BIGINT, string STRING, at STRUCT<seconds: BIGINT>,"
                + " map MAP<STRING, STRUCT<seconds: BIGINT>>");

    assertThat(row.get(0))
        .isEqualTo("row[null, 0:Long, text:UTF8String, row[5:Long], {k:UTF8String=row[9:Long]}");
    JsonNode rescued = new ObjectMapper().readTree(row.get(1));
    assertThat(rescued.get("int64").longValue()).isEqualTo(1L << 40);
    assertThat(rescued.get("at")).hasToString("{\"nanos\":7}");
    assertThat(rescued.get("many_bytes")).hasToString("[\"AQID\"]");
    assertThat(rescued.get("map")).hasToString("{\"k\":{\"seconds\":9,\"nanos\":0}}");
    assertThat(rescued.get("bool")).hasToString("false");
    assertThat(rescued.has("maybe")).isFalse();
    assertThat(rescued.has("int32")).isFalse();
    assertThat(rescued.has("string")).isFalse();
  }

  @Test
  void rescuing_everythingHasAColumn_isNull() throws IOException {
    String all = SchemaMapper.payloadType(schema(EVERYTHING)).toDDL();

    assertThat(rescue(random(new Random(SEED)), all).get(1)).as("seed %d", SEED).isEmpty();
  }

  /** The row without the rescued data, and these; empty for null. */
  private static List<String> rescue(DynamicMessage message, String columns) {
    TopicSchema schema = schema(EVERYTHING);
    StructType target = StructType.fromDDL(columns).add("_r", DataTypes.StringType);
    byte[] bytes = message.toByteArray();
    InternalRow row =
        PayloadDecoders.rescuing(schema, schema, target).decode(bytes, 0, bytes.length);
    String text = Plain.text(row, target);
    int last = target.length() - 1;
    return List.of(
        text.substring(0, text.lastIndexOf(", " + (row.isNullAt(last) ? "null" : "{\""))),
        row.isNullAt(last) ? "" : row.getUTF8String(last).toString());
  }
}
