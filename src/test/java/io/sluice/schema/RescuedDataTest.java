package io.sluice.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.pulsar.FakeEntry;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.UndecodablePayloadException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.pulsar.client.impl.schema.KeyValueSchemaInfo;
import org.apache.pulsar.common.schema.KeyValueEncodingType;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What columns do not hold goes to one column as JSON, the same from Avro and from JSON. */
class RescuedDataTest {

  @ParameterizedTest
  @EnumSource(names = {"AVRO", "JSON"})
  void rescuing_everythingHasAColumn_isNull(SchemaType encoding) throws IOException {
    Schema schema = schema("{'name':'a','type':'int'},{'name':'b','type':['null','string']}");

    assertThat(decode(encoding, schema, "a INT, b STRING", record(schema, 1, "x")))
        .isEqualTo("row[1:Integer, x:UTF8String, null]");
  }

  @ParameterizedTest
  @EnumSource(names = {"AVRO", "JSON"})
  void rescuing_fieldsWithoutAColumn_areMembersUnlessTheyAreNull(SchemaType encoding)
      throws IOException {
    Schema schema =
        schema(
            "{'name':'a','type':'int'},{'name':'more','type':{'type':'map','values':'long'}},"
                + "{'name':'none','type':['null','int']},{'name':'text','type':'string'}");

    assertThat(decode(encoding, schema, "a INT", record(schema, 1, Map.of("k", 7L), null, "ü\"")))
        .isEqualTo("row[1:Integer, {\"more\":{\"k\":7},\"text\":\"ü\\\"\"}:UTF8String]");
    assertThat(decode(encoding, schema, "none INT, a INT", record(schema, 1, Map.of(), 2, "")))
        .isEqualTo("row[2:Integer, 1:Integer, {\"more\":{},\"text\":\"\"}:UTF8String]");
  }

  @ParameterizedTest
  @EnumSource(names = {"AVRO", "JSON"})
  void rescuing_valuesThatDoNotFit_areNullInTheirColumns(SchemaType encoding) throws IOException {
    Schema schema =
        schema(
            "{'name':'a','type':'long'},{'name':'b','type':['null','int']},{'name':'c','type':'int'}");

    assertThat(decode(encoding, schema, "a INT, b STRING, c INT", record(schema, 1L, 2, 3)))
        .isEqualTo("row[1:Integer, null, 3:Integer, {\"b\":2}:UTF8String]");
    assertThat(
            decode(encoding, schema, "a INT, b STRING, c INT", record(schema, 1L << 40, null, 3)))
        .isEqualTo("row[null, null, 3:Integer, {\"a\":1099511627776}:UTF8String]");
  }

  @ParameterizedTest
  @EnumSource(names = {"AVRO", "JSON"})
  void rescuing_fieldsOfARecord_areMembersOfAnObjectWithin(SchemaType encoding) throws IOException {
    Schema schema =
        schema(
            "{'name':'r','type':['null',{'type':'record','name':'N','fields':["
                + "{'name':'x','type':'long'},{'name':'y','type':'int'},{'name':'z','type':'int'}]}]},"
                + "{'name':'last','type':'int'}");
    Schema nested = schema.getField("r").schema().getTypes().get(1);
    String columns = "r STRUCT<x: INT, y: INT>, last INT";

    assertThat(decode(encoding, schema, columns, record(schema, record(nested, 1L, 2, 3), 9)))
        .isEqualTo("row[row[1:Integer, 2:Integer], 9:Integer, {\"r\":{\"z\":3}}:UTF8String]");
    assertThat(decode(encoding, schema, columns, record(schema, record(nested, 1L << 32, 2, 3), 9)))
        .isEqualTo(
            "row[row[null, 2:Integer], 9:Integer, {\"r\":{\"x\":4294967296,\"z\":3}}:UTF8String]");
    assertThat(decode(encoding, schema, columns, record(schema, null, 9)))
        .isEqualTo("row[null, 9:Integer, null]");
    assertThat(decode(encoding, schema, "r STRING", record(schema, record(nested, 1L, 2, 3), 9)))
        .isEqualTo("row[null, {\"r\":{\"x\":1,\"y\":2,\"z\":3},\"last\":9}:UTF8String]");
  }

  @ParameterizedTest
  @EnumSource(names = {"AVRO", "JSON"})
  void rescuing_arraysThatTheColumnDoesNotHold_areThereAsAWhole(SchemaType encoding)
      throws IOException {
    Schema schema =
        schema(
            "{'name':'n','type':{'type':'array','items':'long'}},{'name':'r','type':{'type':'array',"
                + "'items':{'type':'record','name':'E','fields':["
                + "{'name':'x','type':'int'},{'name':'y','type':'int'}]}}}");
    Schema item = schema.getField("r").schema().getElementType();
    String columns = "n ARRAY<INT>, r ARRAY<STRUCT<x: INT>>";

    assertThat(
            decode(
                encoding,
                schema,
                columns,
                record(schema, List.of(1L, 1L << 33), List.of(record(item, 1, 2)))))
        .isEqualTo(
            "row[null, [row[1:Integer]],"
                + " {\"n\":[1,8589934592],\"r\":[{\"x\":1,\"y\":2}]}:UTF8String]");
    assertThat(decode(encoding, schema, "n ARRAY<INT>", record(schema, List.of(1L), List.of())))
        .isEqualTo("row[[1:Integer], {\"r\":[]}:UTF8String]");
  }

  @ParameterizedTest
  @EnumSource(names = {"AVRO", "JSON"})
  void rescuing_oneMessageAfterAnother_keepsNothingOfTheFirst(SchemaType encoding)
      throws IOException {
    Schema schema = schema("{'name':'a','type':'long'},{'name':'b','type':['null','int']}");
    PayloadDecoder decoder = rescuing(encoding, schema, "a INT");

    byte[] first = encode(encoding, schema, record(schema, 1L << 40, 2));
    decoder.decode(first, 0, first.length);
    byte[] second = encode(encoding, schema, record(schema, 1L, null));

    assertThat(Plain.text(decoder.decode(second, 0, second.length), columns("a INT, _r STRING")))
        .isEqualTo("row[1:Integer, null]");
  }

  @Test
  void rescuing_avroTypesWithoutAColumn_areAsTheJavaClientWritesThem() throws IOException {
    Schema schema =
        schema(
            "{'name':'bytes','type':'bytes'},{'name':'fixed','type':{'type':'fixed','name':'F','size':2}},"
                + "{'name':'enum','type':{'type':'enum','name':'E','symbols':['A','B']}},"
                + "{'name':'decimal','type':{'type':'bytes','logicalType':'decimal','precision':6,'scale':2}},"
                + "{'name':'float','type':'float'},{'name':'double','type':'double'},"
                + "{'name':'bool','type':'boolean'},{'name':'union','type':['int','string']}");
    GenericData.Record record =
        record(
            schema,
            ByteBuffer.wrap(new byte[] {1, 2, 3}),
            new GenericData.Fixed(schema.getField("fixed").schema(), new byte[] {4, 5}),
            new GenericData.EnumSymbol(schema.getField("enum").schema(), "B"),
            ByteBuffer.wrap(new byte[] {1, 0}),
            0.5f,
            Double.NaN,
            true,
            "text");

    assertThat(decode(SchemaType.AVRO, schema, "other INT", record))
        .isEqualTo(
            "row[null, {\"bytes\":\"AQID\",\"fixed\":\"BAU=\",\"enum\":\"B\",\"decimal\":2.56,"
                + "\"float\":0.5,\"double\":\"NaN\",\"bool\":true,\"union\":\"text\"}:UTF8String]");
  }

  @Test
  void rescuing_jsonNamesThatTheSchemaLacks_areKeptAsTheyAreWritten() {
    Schema schema = schema("{'name':'a','type':'long'}");

    assertThat(
            decode(
                SchemaType.JSON,
                schema,
                "a INT",
                "{\"x\":1.10,\"y\":{\"z\":[1e400,null]},\"n\":null,\"a\":1099511627776,\"a\":5}"
                    .getBytes(UTF_8)))
        .isEqualTo("row[5:Integer, {\"x\":1.10,\"y\":{\"z\":[1E+400,null]}}:UTF8String]");
  }

  @ParameterizedTest
  @EnumSource(names = {"AVRO", "JSON"})
  void rescuing_payloadThatIsNoRecord_isTheValueColumnsOrAMember(SchemaType encoding)
      throws IOException {
    Schema schema = Schema.create(Schema.Type.LONG);

    assertThat(decode(encoding, schema, "value INT", 5L)).isEqualTo("row[5:Integer, null]");
    assertThat(decode(encoding, schema, "value STRING", 5L))
        .isEqualTo("row[null, {\"value\":5}:UTF8String]");
    assertThat(decode(encoding, schema, "other INT", 5L))
        .isEqualTo("row[null, {\"value\":5}:UTF8String]");
  }

  @Test
  void rescuing_damagedPayload_isUndecodableStill() {
    PayloadDecoder decoder =
        rescuing(SchemaType.AVRO, schema("{'name':'a','type':'string'}"), "b INT");

    assertThatExceptionOfType(UndecodablePayloadException.class)
        .isThrownBy(() -> decoder.decode(new byte[] {20}, 0, 1))
        .satisfies(failure -> assertThat(failure.kind()).isEqualTo(Kind.UNDECODABLE_PAYLOAD))
        .satisfies(failure -> assertThat(failure.path()).isEqualTo("a"));
  }

  @Test
  void rescuing_primitive_isTheValueColumnsOrAMember() {
    TopicSchema number = new TopicSchema(0, SchemaType.INT64, new byte[0], Map.of());
    byte[] five = {0, 0, 0, 0, 0, 0, 0, 5};

    assertThat(decode(number, "value BIGINT", five)).isEqualTo("row[5:Long, null]");
    assertThat(decode(number, "value STRING", five))
        .isEqualTo("row[null, {\"value\":5}:UTF8String]");
    assertThat(decode(number, "other INT", five)).isEqualTo("row[null, {\"value\":5}:UTF8String]");
    assertThat(decode(number, "", five)).isEqualTo("row[{\"value\":5}:UTF8String]");
    assertThatExceptionOfType(UndecodablePayloadException.class)
        .isThrownBy(() -> decode(number, "value STRING", new byte[3]))
        .satisfies(failure -> assertThat(failure.kind()).isEqualTo(Kind.UNDECODABLE_PAYLOAD));
  }

  @Test
  void rescuing_primitivesThatAreNoNumbers_areTextInUtc() {
    byte[] second = {0, 0, 0, 0, 0, 0, 3, (byte) 0xE8};

    assertThat(decode(primitive(SchemaType.TIMESTAMP), "value STRING", second))
        .isEqualTo("row[null, {\"value\":\"1970-01-01T00:00:01.000Z\"}:UTF8String]");
    assertThat(decode(primitive(SchemaType.STRING), "value INT", "a\"b".getBytes(UTF_8)))
        .isEqualTo("row[null, {\"value\":\"a\\\"b\"}:UTF8String]");
    assertThat(decode(primitive(SchemaType.BYTES), "value INT", new byte[] {1, 2, 3}))
        .isEqualTo("row[null, {\"value\":\"AQID\"}:UTF8String]");
  }

  @Test
  void rescuing_keyAndValue_areMembersEach() throws IOException {
    Schema key = schema("{'name':'id','type':'int'},{'name':'region','type':'string'}");
    Schema value = schema("{'name':'n','type':'long'},{'name':'note','type':['null','string']}");
    TopicSchema pair = pair(avro(key), avro(value), KeyValueEncodingType.INLINE);
    byte[] k = encode(SchemaType.AVRO, key, record(key, 1, "eu"));
    byte[] v = encode(SchemaType.AVRO, value, record(value, 1L << 40, "x"));
    byte[] both = inline(k, v);

    assertThat(decode(pair, "key STRUCT<id: INT>, value STRUCT<n: INT>", both))
        .isEqualTo(
            "row[row[1:Integer], row[null], {\"key\":{\"region\":\"eu\"},"
                + "\"value\":{\"n\":1099511627776,\"note\":\"x\"}}:UTF8String]");
    assertThat(decode(pair, "value STRUCT<n: BIGINT, note: STRING>", both))
        .isEqualTo(
            "row[row[1099511627776:Long, x:UTF8String],"
                + " {\"key\":{\"id\":1,\"region\":\"eu\"}}:UTF8String]");
    assertThat(decode(pair, "value STRUCT<n: BIGINT>", inline(null, null)))
        .isEqualTo("row[null, null]");
  }

  @Test
  void rescuing_keyOfTheMessage_isAMember() throws IOException {
    Schema value = schema("{'name':'n','type':'long'}");
    TopicSchema pair =
        pair(primitive(SchemaType.STRING), avro(value), KeyValueEncodingType.SEPARATED);
    StructType target = columns("value STRUCT<n: BIGINT>, _r STRING");
    PayloadDecoder decoder = PayloadDecoders.rescuing(pair, pair, target);
    byte[] seven = encode(SchemaType.AVRO, value, record(value, 7L));

    assertThat(Plain.text(decoder.decode(new FakeEntry(1, 2, seven)), target))
        .isEqualTo("row[row[7:Long], {\"key\":\"key\"}:UTF8String]");
    assertThat(Plain.text(decoder.decode(new FakeEntry(1, 2, null)), target))
        .isEqualTo("row[null, {\"key\":\"key\"}:UTF8String]");
  }

  private static TopicSchema primitive(SchemaType type) {
    return new TopicSchema(0, type, new byte[0], Map.of());
  }

  private static TopicSchema avro(Schema schema) {
    return new TopicSchema(0, SchemaType.AVRO, schema.toString().getBytes(UTF_8), Map.of());
  }

  private static TopicSchema pair(
      TopicSchema key, TopicSchema value, KeyValueEncodingType encoding) {
    SchemaInfo info =
        KeyValueSchemaInfo.encodeKeyValueSchemaInfo("pair", info(key), info(value), encoding);
    return new TopicSchema(0, info.getType(), info.getSchema(), info.getProperties());
  }

  private static SchemaInfo info(TopicSchema schema) {
    return SchemaInfo.builder()
        .name("")
        .type(schema.type())
        .schema(schema.definition())
        .properties(schema.properties())
        .build();
  }

  private static byte[] inline(byte @Nullable [] key, byte @Nullable [] value) {
    ByteBuffer frame = ByteBuffer.allocate(64);
    for (byte[] part : new byte[][] {key, value}) {
      frame.putInt(part == null ? -1 : part.length).put(part == null ? new byte[0] : part);
    }
    return Arrays.copyOf(frame.array(), frame.position());
  }

  private static String decode(TopicSchema schema, String columns, byte[] payload) {
    StructType target = columns(columns.isEmpty() ? "_r STRING" : columns + ", _r STRING");
    return Plain.text(
        PayloadDecoders.rescuing(schema, schema, target).decode(payload, 0, payload.length),
        target);
  }

  private static Schema schema(String fields) {
    return new Schema.Parser(NameValidator.NO_VALIDATION)
        .parse("{'type':'record','name':'R','fields':[%s]}".formatted(fields).replace('\'', '"'));
  }

  private static GenericData.Record record(Schema schema, @Nullable Object... values) {
    var record = new GenericData.Record(schema);
    for (int i = 0; i < values.length; i++) {
      record.put(i, values[i]);
    }
    return record;
  }

  private static byte[] encode(SchemaType encoding, Schema schema, Object value)
      throws IOException {
    return encoding == SchemaType.AVRO
        ? AvroDecoderTest.encode(schema, value, new Random(1))
        : value.toString().getBytes(UTF_8);
  }

  private static PayloadDecoder rescuing(SchemaType encoding, Schema schema, String columns) {
    TopicSchema writer =
        new TopicSchema(0, encoding, schema.toString().getBytes(UTF_8), new HashMap<>());
    return PayloadDecoders.rescuing(writer, writer, columns(columns + ", _r STRING"));
  }

  private static String decode(SchemaType encoding, Schema schema, String columns, Object value)
      throws IOException {
    return decode(encoding, schema, columns, encode(encoding, schema, value));
  }

  private static String decode(SchemaType encoding, Schema schema, String columns, byte[] payload) {
    return decode(
        new TopicSchema(0, encoding, schema.toString().getBytes(UTF_8), Map.of()),
        columns,
        payload);
  }

  private static StructType columns(String ddl) {
    return StructType.fromDDL(ddl);
  }
}
