package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.pulsar.TopicSchema;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.reflect.AvroSchema;
import org.apache.pulsar.client.api.schema.SchemaDefinition;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("JavaUtilDate") // The client encodes it.
class JsonDecoderTest {

  private static final int VALUES_PER_SCHEMA = 20;
  private static final int SCHEMAS = RandomDamage.count(10_000) / VALUES_PER_SCHEMA;

  /** Reads a document as a whole, without any schema. */
  private static final ObjectMapper JACKSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final long SEED = Long.getLong("sluice.test.seed", System.nanoTime());
  private static final long DAY = LocalDate.of(2024, 1, 2).toEpochDay();
  private static final long MICROS = 1_704_164_645_678_901L;

  /** Everything that the Java client's JSON schema can write of plain Java types. */
  @SuppressWarnings("unused") // Read by reflection.
  public static final class Everything {
    public boolean flag = true;
    public byte int8 = 8;
    public short int16 = 16;
    public int int32 = -32;
    public long int64 = Long.MIN_VALUE;
    public float real = 1.1f;
    public float limitless = Float.NEGATIVE_INFINITY;
    public double number = 2.2;
    public double none = Double.NaN;
    public char letter = 'x';
    public String text = "\u00fc\"\n";
    public byte[] bytes = {1, 2, (byte) 255};
    public ByteBuffer buffer = ByteBuffer.wrap(new byte[] {3});
    public @Nullable Integer absent = null;
    public Color color = Color.GREEN;
    public Inner inner = new Inner();
    public List<Inner> list = List.of(new Inner());
    public Map<String, Integer> map = Map.of("k", 1);
    public UUID uuid = new UUID(1, 2);
    public BigDecimal plainDecimal = new BigDecimal("12.340");

    @AvroSchema("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":10,\"scale\":3}")
    public BigDecimal decimal = new BigDecimal("1E+3");

    @AvroSchema("{\"type\":\"int\",\"logicalType\":\"date\"}")
    public int day = (int) DAY;

    @AvroSchema("{\"type\":\"int\",\"logicalType\":\"time-millis\"}")
    public int timeMillis = 11_045_678;

    @AvroSchema("{\"type\":\"long\",\"logicalType\":\"time-micros\"}")
    public long timeMicros = 11_045_678_901L;

    @AvroSchema("{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}")
    public long millis = MICROS / 1000;

    @AvroSchema("{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}")
    public long micros = MICROS;

    @AvroSchema("{\"type\":\"long\",\"logicalType\":\"local-timestamp-millis\"}")
    public long localMillis = MICROS / 1000;

    @AvroSchema("{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}")
    public long localMicros = MICROS;

    public Instant instant = Instant.parse("2024-01-02T03:04:05.678901Z");
    public LocalDate localDate = LocalDate.of(2024, 1, 2);
    public LocalTime localTime = LocalTime.of(3, 4, 5, 678_901_000);
    public LocalDateTime localDateTime = LocalDateTime.of(2024, 1, 2, 3, 4, 5, 678_901_000);
    public Date oldDate = new Date(0);
  }

  /** An enum of the payload. */
  public enum Color {
    RED,
    GREEN
  }

  /** A nested record of the payload. */
  @SuppressWarnings("unused") // Read by reflection.
  public static final class Inner {
    public int x = 1;
    public @Nullable String y = null;
  }

  private static TopicSchema json(String definition) {
    return new TopicSchema(
        0,
        SchemaType.JSON,
        definition.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
        Map.of());
  }

  private static TopicSchema oneField(String type) {
    return json("{'type':'record','name':'R','fields':[{'name':'f','type':" + type + "}]}");
  }

  private static String decode(TopicSchema schema, String payload) {
    StructType type = SchemaMapper.payloadType(schema);
    byte[] bytes = payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return Plain.text(PayloadDecoders.compile(schema, type).decode(bytes, 0, bytes.length), type);
  }

  private static Object field(InternalRow row, StructType type, String name) {
    int ordinal = type.fieldIndex(name);
    StructType one =
        new StructType(new org.apache.spark.sql.types.StructField[] {type.apply(name)});
    var single = new org.apache.spark.sql.catalyst.expressions.GenericInternalRow(1);
    single.update(
        0, row.isNullAt(ordinal) ? null : row.get(ordinal, type.fields()[ordinal].dataType()));
    return Plain.text(single, one);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void decode_whatTheJavaClientWrites_givesItsValues(boolean jsr310) {
    var client =
        org.apache.pulsar.client.api.Schema.JSON(
            SchemaDefinition.<Everything>builder()
                .withPojo(Everything.class)
                .withJSR310ConversionEnabled(jsr310)
                .build());
    SchemaInfo info = client.getSchemaInfo();
    var schema = new TopicSchema(0, SchemaType.JSON, info.getSchema(), info.getProperties());
    StructType type = SchemaMapper.payloadType(schema);
    byte[] bytes = client.encode(new Everything());

    InternalRow row = PayloadDecoders.compile(schema, type).decode(bytes, 0, bytes.length);

    Map.ofEntries(
            Map.entry("flag", "true:Boolean"),
            Map.entry("int8", "8:Integer"),
            Map.entry("int16", "16:Integer"),
            Map.entry("int32", "-32:Integer"),
            Map.entry("int64", Long.MIN_VALUE + ":Long"),
            Map.entry("real", "1.1:Float"),
            Map.entry("limitless", "-Infinity:Float"),
            Map.entry("number", "2.2:Double"),
            Map.entry("none", "NaN:Double"),
            Map.entry("letter", (int) 'x' + ":Integer"),
            Map.entry("text", "\u00fc\"\n:UTF8String"),
            Map.entry("bytes", "[1, 2, -1]"),
            Map.entry("buffer", "[3]"),
            Map.entry("absent", "null"),
            Map.entry("color", "GREEN:UTF8String"),
            Map.entry("inner", "row[1:Integer, null]"),
            Map.entry("list", "[row[1:Integer, null]]"),
            Map.entry("map", "{k:UTF8String=1:Integer}"),
            Map.entry("uuid", "00000000-0000-0001-0000-000000000002:UTF8String"),
            Map.entry("plainDecimal", "12.340:UTF8String"),
            Map.entry("decimal", "1000.000:Decimal"),
            Map.entry("day", DAY + ":Integer"),
            Map.entry("timeMillis", "11045678:Integer"),
            Map.entry("timeMicros", "11045678901:Long"),
            Map.entry("millis", MICROS / 1000 * 1000 + ":Long"),
            Map.entry("micros", MICROS + ":Long"),
            Map.entry("localMillis", MICROS / 1000 * 1000 + ":Long"),
            Map.entry("localMicros", MICROS + ":Long"),
            Map.entry("instant", MICROS + ":Long"),
            Map.entry("localDate", DAY + ":Integer"),
            Map.entry("localTime", "11045678:Integer"),
            Map.entry("localDateTime", MICROS + ":Long"),
            Map.entry("oldDate", "row[]"))
        .forEach(
            (name, value) ->
                assertThat(field(row, type, name)).as(name).isEqualTo("row[" + value + "]"));
    assertThat(type.length()).isEqualTo(33);
    assertThat(type.apply("millis").dataType()).isEqualTo(DataTypes.TimestampType);
    assertThat(type.apply("localMillis").dataType()).isEqualTo(DataTypes.TimestampNTZType);
  }

  @Test
  void decode_randomSchemasAndValues_equalsTheSameValuesInAvro() throws IOException {
    var avro = RandomAvro.forJson(SEED);
    var jackson = new JacksonForm(avro.random());
    for (int s = 0; s < SCHEMAS; s++) {
      Schema schema = avro.record();
      TopicSchema written = AvroDecoderTest.topicSchema(SchemaType.JSON, schema);
      StructType type = SchemaMapper.payloadType(written);
      PayloadDecoder decoder = PayloadDecoders.compile(written, type);
      PayloadDecoder reference =
          PayloadDecoders.compile(AvroDecoderTest.topicSchema(SchemaType.AVRO, schema), type);
      for (int v = 0; v < VALUES_PER_SCHEMA; v++) {
        Object value = avro.value(schema);
        byte[] bytes = jackson.write(schema, value);
        byte[] binary = AvroDecoderTest.encode(schema, value, avro.random());

        assertThat(Plain.text(decoder.decode(bytes, 0, bytes.length), type))
            .as(() -> failing(schema, bytes))
            .isEqualTo(Plain.text(reference.decode(binary, 0, binary.length), type));
      }
    }
  }

  @Test
  void decode_damagedPayloads_areWhatJacksonReadsOrUndecodableAndLeaveNoTrace() throws IOException {
    var avro = RandomAvro.forJson(SEED);
    var jackson = new JacksonForm(avro.random());
    int refused = 0;
    for (int s = 0; s < SCHEMAS; s++) {
      Schema schema = avro.record();
      TopicSchema written = AvroDecoderTest.topicSchema(SchemaType.JSON, schema);
      StructType type = SchemaMapper.payloadType(written);
      PayloadDecoder decoder = PayloadDecoders.compile(written, type);
      for (int v = 0; v < VALUES_PER_SCHEMA; v++) {
        byte[] bytes = jackson.write(schema, avro.value(schema));
        String expected = Plain.text(decoder.decode(bytes, 0, bytes.length), type);
        byte[] damaged = damaged(bytes, avro.random());
        String actual = null;
        try {
          actual = Plain.text(decoder.decode(damaged, 0, damaged.length), type);
        } catch (UndecodablePayloadException e) {
          refused++;
        }
        if (actual != null) {
          byte[] read = throughJackson(damaged);
          assertThat(actual)
              .as(() -> failing(schema, damaged))
              .isEqualTo(Plain.text(decoder.decode(read, 0, read.length), type));
        }

        assertThat(Plain.text(decoder.decode(bytes, 0, bytes.length), type))
            .as(() -> failing(schema, damaged))
            .isEqualTo(expected);
      }
    }
    assertThat(refused).isGreaterThan(SCHEMAS);
  }

  /**
   * What Jackson's tree makes of a document. It has no place for a number such as 0e9999999999, and
   * looks at text of fields that nobody knows, which Jackson's data binding does not.
   */
  private static byte[] throughJackson(byte[] document) throws IOException {
    try {
      return JACKSON.writeValueAsBytes(JACKSON.readTree(document));
    } catch (NumberFormatException e) {
      return document;
    } catch (JsonParseException e) {
      assertThat(e).hasMessageStartingWith("Invalid UTF-8");
      return document;
    }
  }

  private static String failing(Schema schema, byte[] bytes) {
    return "seed %d, schema %s, bytes %s".formatted(SEED, schema, Arrays.toString(bytes));
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    if (random.nextInt(3) == 0) {
      return RandomDamage.of(bytes, random);
    }
    byte[] copy = bytes.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      copy[random.nextInt(copy.length)] =
          (byte) "{}[]\",:0e.-tn\\\0\u00ff ".charAt(random.nextInt(17));
    }
    return copy;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'int','logicalType':'date'} | '2024-01-02' | 19724:Integer",
        "{'type':'int','logicalType':'time-millis'} | '03:04:05.678' | 11045678:Integer",
        "{'type':'int','logicalType':'time-millis'} | [3,4] | 11040000:Integer",
        "{'type':'long','logicalType':'time-micros'} | [3,4,5] | 11045000000:Long",
        "{'type':'long','logicalType':'timestamp-millis'} | '2024-01-02T04:04:05+01:00' | 1704164645000000:Long",
        "{'type':'long','logicalType':'timestamp-micros'} | -1.000000001 | -1000001:Long",
        "{'type':'long','logicalType':'timestamp-nanos'} | 1.000000001 | 1000000001:Long",
        "{'type':'long','logicalType':'local-timestamp-micros'} | '2024-01-02T03:04:05' | 1704164645000000:Long",
        "['int','string'] | 'a' | row[null, a:UTF8String]",
        "['int','long'] | 5000000000 | 5000000000:Long",
        "['boolean','double'] | 5 | row[null, 5.0:Double]",
        "['boolean','double'] | 'NaN' | row[null, NaN:Double]"
      })
  void decode_otherFormsOfAValue_areUnderstood(String type, String value, String expected) {
    assertThat(decode(oneField(type), "{'f':" + value + "}")).isEqualTo("row[" + expected + "]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'int' | 's3cret' | Field `f`: a string stands where a whole number is expected",
        "'int' | 3000000000 | Field `f`: a number is out of range",
        "'int' | 1.5 | Field `f`: a number with a fraction stands where a whole number is expected",
        "'int' | null | Field `f`: null stands where a whole number is expected",
        "'double' | 1e999 | Field `f`: a number is out of range",
        "'bytes' | '*s3cret*' | Field `f`: malformed JSON",
        "{'type':'fixed','name':'F','size':2} | 'AQ==' | Field `f`: 1 bytes stand where 2 are expected",
        "{'type':'enum','name':'E','symbols':['A']} | 's3cret' | Field `f`: the enum has no such symbol",
        "{'type':'int','logicalType':'date'} | '+999999999-01-01' | Field `f`: not a date",
        "{'type':'int','logicalType':'date'} | [2024,13,1] | Field `f`: not a date",
        "{'type':'long','logicalType':'timestamp-millis'} | 9223372036854775807 | Field `f`: a timestamp is out of range",
        "{'type':'long','logicalType':'timestamp-millis'} | '2024-01-02T03:04:05' | Field `f`: not a timestamp with a zone",
        "{'type':'bytes','logicalType':'decimal','precision':4,'scale':2} | 1.234 | Field `f`: a decimal has more digits than its type",
        "{'type':'bytes','logicalType':'decimal','precision':4,'scale':2} | 123.4 | Field `f`: a decimal has more digits than its type",
        "{'type':'bytes','logicalType':'decimal','precision':4,'scale':2} | 1e999999999 | Field `f`: a number is out of range",
        "{'type':'bytes','logicalType':'decimal','precision':4,'scale':2} | 1e-999999999 | Field `f`: a number is out of range",
        "{'type':'bytes','logicalType':'decimal','precision':4,'scale':2} | 1e9999999999 | Field `f`: a number is out of range",
        "['string','bytes'] | 'a' | Field `f`: JSON does not tell which branch of the union the value belongs to",
        "{'type':'array','items':{'type':'map','values':'int'}} | [{'a':'s3cret'}] | Field `f.element.value`: a string stands where a whole number is expected"
      })
  void decode_valueOfAnotherType_isUndecodableByItsPathWithoutItsValue(
      String type, String value, String message) {
    assertThatThrownBy(() -> decode(oneField(type), "{'f':" + value + "}"))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("s3cret")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "{'f':1", "{'f':1}{'f':2}", "[1]", "null", "{'f':1}s3cret"})
  void decode_payloadThatIsNotOneObject_isUndecodable(String payload) {
    assertThatThrownBy(() -> decode(oneField("'int'"), payload))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void decode_fieldNotThere_isNullOrItsDefault() {
    TopicSchema schema =
        json(
            "{'type':'record','name':'R','fields':["
                + "{'name':'n','type':['null','int'],'default':null},{'name':'d','type':'int','default':5}]}");
    StructType nullable =
        new StructType().add("n", DataTypes.IntegerType).add("d", DataTypes.IntegerType);
    byte[] bytes = {'{', '}'};

    assertThat(decode(schema, "{}")).isEqualTo("row[null, 5:Integer]");
    assertThat(Plain.text(PayloadDecoders.compile(schema, nullable).decode(bytes, 0, 2), nullable))
        .isEqualTo("row[null, 5:Integer]");
  }

  @Test
  void decode_fieldNotThereAndNoDefault_isUndecodable() {
    assertThatThrownBy(() -> decode(oneField("'int'"), "{}"))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `f`: the field is missing and has no default");
  }

  @Test
  void decode_fieldThereTwice_isTheLast() {
    assertThat(decode(oneField("'int'"), "{'f':1,'f':2}")).isEqualTo("row[2:Integer]");
  }

  @Test
  void decode_unknownFieldNestedBeyondJacksonsLimit_isUndecodable() {
    assertThatThrownBy(
            () -> decode(oneField("'int'"), "{'u':" + "[".repeat(5000) + "]".repeat(5000) + "}"))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("the JSON is nested too deeply or a token is too long");
  }

  @Test
  void decode_payloadThatIsNoRecord_isOneColumn() {
    assertThat(decode(json("'string'"), "'x'")).isEqualTo("row[x:UTF8String]");
  }
}
