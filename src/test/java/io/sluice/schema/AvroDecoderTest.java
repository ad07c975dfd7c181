package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.avro.AvroDeserializer;
import org.apache.spark.sql.avro.SchemaConverters;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AvroDecoderTest {

  private static final int VALUES_PER_SCHEMA = 20;
  private static final int SCHEMAS = RandomDamage.count(10_000) / VALUES_PER_SCHEMA;
  private static final long SEED = Long.getLong("sluice.test.seed", System.nanoTime());

  static TopicSchema topicSchema(SchemaType type, Schema schema) {
    return new TopicSchema(0, type, schema.toString().getBytes(StandardCharsets.UTF_8), Map.of());
  }

  static byte[] encode(Schema schema, @Nullable Object value, Random random) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var encoder =
        random.nextBoolean()
            ? EncoderFactory.get().binaryEncoder(bytes, null)
            : new EncoderFactory().configureBlockSize(64).blockingBinaryEncoder(bytes, null);
    new GenericDatumWriter<>(schema).write(value, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static Object avroRead(Schema schema, byte[] bytes) throws IOException {
    return new GenericDatumReader<>(schema)
        .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
  }

  private static StructType sparkType(Schema schema) {
    return (StructType) SchemaConverters.toSqlType(schema, false, "", -1).dataType();
  }

  private static AvroDeserializer spark(Schema schema, StructType type) {
    return new AvroDeserializer(schema, type, "CORRECTED", false, "", -1);
  }

  @Test
  void decode_randomSchemasAndValues_equalsSparksOwnDeserializer() throws IOException {
    var avro = new RandomAvro(SEED);
    for (int s = 0; s < SCHEMAS; s++) {
      Schema schema = avro.record();
      StructType type = SchemaMapper.payloadType(topicSchema(SchemaType.AVRO, schema));
      assertThat(type).isEqualTo(sparkType(schema));
      PayloadDecoder decoder = PayloadDecoders.compile(topicSchema(SchemaType.AVRO, schema), type);
      AvroDeserializer spark = spark(schema, type);
      for (int v = 0; v < VALUES_PER_SCHEMA; v++) {
        byte[] bytes = encode(schema, avro.value(schema), avro.random());
        String expected = Plain.text(spark.deserialize(avroRead(schema, bytes)).get(), type);

        assertThat(Plain.text(decoder.decode(bytes, 0, bytes.length), type))
            .as("seed %s, schema %s", SEED, schema)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void decode_randomProjections_takeTheirColumnsAndLeaveTheRest() throws IOException {
    var avro = new RandomAvro(SEED);
    for (int s = 0; s < SCHEMAS; s++) {
      Schema schema = avro.record();
      List<StructField> columns = new ArrayList<>(List.of(sparkType(schema).fields()));
      Collections.shuffle(columns, avro.random());
      columns = columns.subList(0, avro.random().nextInt(columns.size() + 1));
      columns = new ArrayList<>(columns);
      columns.add(
          avro.random().nextInt(columns.size() + 1),
          DataTypes.createStructField("added", DataTypes.StringType, true));
      StructType type = new StructType(columns.toArray(StructField[]::new));
      PayloadDecoder decoder = PayloadDecoders.compile(topicSchema(SchemaType.AVRO, schema), type);
      AvroDeserializer spark = spark(schema, type);
      for (int v = 0; v < 2; v++) {
        byte[] bytes = encode(schema, avro.value(schema), avro.random());
        String expected = Plain.text(spark.deserialize(avroRead(schema, bytes)).get(), type);

        assertThat(Plain.text(decoder.decode(bytes, 0, bytes.length), type))
            .as("seed %s, schema %s, columns %s", SEED, schema, type.sql())
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void decode_damagedPayloads_areWhatAvroReadsOrUndecodable() throws IOException {
    var avro = new RandomAvro(SEED);
    int refused = 0;
    int accepted = 0;
    for (int s = 0; s < SCHEMAS; s++) {
      Schema schema = avro.record();
      StructType type = sparkType(schema);
      PayloadDecoder decoder = PayloadDecoders.compile(topicSchema(SchemaType.AVRO, schema), type);
      AvroDeserializer spark = spark(schema, type);
      for (int v = 0; v < VALUES_PER_SCHEMA; v++) {
        byte[] bytes =
            RandomDamage.of(encode(schema, avro.value(schema), avro.random()), avro.random());
        String actual;
        try {
          actual = Plain.text(decoder.decode(bytes, 0, bytes.length), type);
        } catch (UndecodablePayloadException e) {
          refused++;
          continue;
        }
        accepted++;
        assertThat(actual)
            .as(
                () ->
                    "seed %d, schema %s, bytes %s".formatted(SEED, schema, Arrays.toString(bytes)))
            .isEqualTo(Plain.text(spark.deserialize(avroRead(schema, bytes)).get(), type));
      }
    }
    assertThat(refused).isGreaterThan(SCHEMAS);
    assertThat(accepted).isGreaterThan(SCHEMAS);
  }

  private static Schema parse(String json) {
    return new Schema.Parser().parse(json.replace('\'', '"'));
  }

  private static TopicSchema oneField(String type) {
    return topicSchema(
        SchemaType.AVRO,
        parse("{'type':'record','name':'R','fields':[{'name':'f','type':" + type + "}]}"));
  }

  private static PayloadDecoder decoder(String fieldType) {
    TopicSchema schema = oneField(fieldType);
    return PayloadDecoders.compile(schema, SchemaMapper.payloadType(schema));
  }

  @Test
  void decode_hugeArrayOfNothing_isUndecodable() {
    byte[] twoBillion = {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f, 0};

    assertThatThrownBy(() -> decoder("{'type':'array','items':'null'}").decode(twoBillion, 0, 6))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `f.element`: more items are announced than the payload can hold");
  }

  @Test
  void decode_hugeString_isUndecodableBeforeItIsAllocated() {
    byte[] twoBillion = {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f, 0};

    assertThatThrownBy(() -> decoder("'string'").decode(twoBillion, 0, 6))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `f`: the payload ends too early");
  }

  @Test
  void decode_afterADamagedPayload_showsNothingOfIt() {
    TopicSchema schema =
        topicSchema(
            SchemaType.AVRO,
            parse(
                "{'type':'record','name':'R','fields':[{'name':'a','type':['null','string']},{'name':'b','type':'int'}]}"));
    PayloadDecoder decoder = PayloadDecoders.compile(schema, SchemaMapper.payloadType(schema));
    assertThatThrownBy(() -> decoder.decode(new byte[] {2, 2, 'x'}, 0, 3))
        .isInstanceOf(UndecodablePayloadException.class);

    InternalRow row = decoder.decode(new byte[] {0, 4}, 0, 2);

    assertThat(row.isNullAt(0)).isTrue();
    assertThat(row.getInt(1)).isEqualTo(2);
  }

  @Test
  void decode_readOffsetProperty_skipsSoManyBytes() {
    Schema schema = parse("{'type':'record','name':'R','fields':[{'name':'f','type':'int'}]}");
    schema.addProp("__AVRO_READ_OFFSET__", 5);
    TopicSchema topic = topicSchema(SchemaType.AVRO, schema);
    PayloadDecoder decoder = PayloadDecoders.compile(topic, SchemaMapper.payloadType(topic));

    assertThat(decoder.decode(new byte[] {9, 9, 9, 9, 9, 6}, 0, 6).getInt(0)).isEqualTo(3);
    assertThatThrownBy(() -> decoder.decode(new byte[] {9, 9}, 0, 2))
        .isInstanceOf(UndecodablePayloadException.class);
  }

  @Test
  void decode_payloadThatIsNoRecord_isOneColumn() {
    TopicSchema schema = topicSchema(SchemaType.AVRO, parse("['null','string']"));
    StructType type = SchemaMapper.payloadType(schema);
    PayloadDecoder decoder = PayloadDecoders.compile(schema, type);

    assertThat(type).isEqualTo(new StructType().add("value", DataTypes.StringType, true));
    assertThat(decoder.decode(new byte[] {2, 2, 'x'}, 0, 3).getString(0)).isEqualTo("x");
    assertThat(decoder.decode(new byte[] {0}, 0, 1).isNullAt(0)).isTrue();
  }

  @Test
  void decode_mapWithTheSameKeyTwice_keepsTheLast() {
    byte[] bytes = {4, 2, 'k', 2, 2, 'k', 4, 0};

    InternalRow row = decoder("{'type':'map','values':'int'}").decode(bytes, 0, bytes.length);

    assertThat(row.getMap(0).numElements()).isEqualTo(1);
    assertThat(row.getMap(0).valueArray().getInt(0)).isEqualTo(2);
  }

  @Test
  void payloadType_decimalTooWide_isRefusedByItsPath() {
    TopicSchema schema =
        topicSchema(
            SchemaType.AVRO,
            parse(
                "{'type':'record','name':'R','fields':[{'name':'a','type':{'type':'array','items':{'type':'bytes','logicalType':'decimal','precision':39}}}]}"));

    assertThatThrownBy(() -> SchemaMapper.payloadType(schema))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("[UNSUPPORTED_SCHEMA] Field `a.element`");
  }

  @Test
  void payloadType_notAvro_isRefused() {
    TopicSchema schema =
        new TopicSchema(
            3, SchemaType.AVRO, "{\"type\":".getBytes(StandardCharsets.UTF_8), Map.of());

    assertThatThrownBy(() -> SchemaMapper.payloadType(schema))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("[UNSUPPORTED_SCHEMA] Version 3 of the AVRO schema cannot be read");
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 2_000})
  void payloadType_deepDefinition_isRefused(int depth) {
    String definition =
        "{'type':'array','items':".replace('\'', '"').repeat(depth) + "\"int\"" + "}".repeat(depth);
    TopicSchema schema =
        new TopicSchema(0, SchemaType.AVRO, definition.getBytes(StandardCharsets.UTF_8), Map.of());

    assertThatThrownBy(() -> SchemaMapper.payloadType(schema))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("[UNSUPPORTED_SCHEMA]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'int' | 'string'",
        "'long' | {'type':'long','logicalType':'timestamp-millis'}",
        "'int' | {'type':'int','logicalType':'date'}",
        "{'type':'long','logicalType':'timestamp-millis'} |"
            + " {'type':'long','logicalType':'local-timestamp-millis'}",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} |"
            + " {'type':'bytes','logicalType':'decimal','precision':2,'scale':1}",
        "['int','string','boolean'] | ['int','string']"
      })
  void decode_typeThatDoesNotFitTheColumn_isUndecodableWithItsField(String written, String target) {
    PayloadDecoder decoder =
        PayloadDecoders.compile(oneField(written), SchemaMapper.payloadType(oneField(target)));

    assertThatThrownBy(() -> decoder.decode(new byte[] {4, 1, 1, 1}, 0, 4))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessageContaining("Field `f")
        .extracting(failure -> ((UndecodablePayloadException) failure).kind())
        .isEqualTo(UndecodablePayloadException.Kind.VALUE_DOES_NOT_FIT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'int' | 'long' | 7:Long",
        "'int' | 'double' | 7.0:Double",
        "'long' | ['null','long'] | 7:Long",
        "'long' | 'float' | 7.0:Float",
        "{'type':'long','logicalType':'timestamp-millis'} |"
            + " {'type':'long','logicalType':'timestamp-micros'} | 7000:Long"
      })
  void decode_writtenWithANarrowerType_isTheSameValueInTheColumn(
      String written, String target, String expected) {
    StructType type = SchemaMapper.payloadType(oneField(target));

    assertThat(
            Plain.text(
                PayloadDecoders.compile(oneField(written), type).decode(new byte[] {14}, 0, 1),
                type))
        .isEqualTo("row[" + expected + "]");
  }
}
