package io.sluice.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.SluiceException;
import io.sluice.pulsar.FakeEntry;
import io.sluice.pulsar.TopicSchema;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.KeyValue;
import org.apache.pulsar.common.schema.KeyValueEncodingType;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyValueDecoderTest {

  private static final StructType COLUMNS =
      new StructType().add("key", DataTypes.StringType).add("value", DataTypes.IntegerType);

  private static final long SEED = Long.getLong("sluice.test.seed", System.nanoTime());

  private static TopicSchema pair(Schema<?> key, Schema<?> value, KeyValueEncodingType encoding) {
    SchemaInfo info = Schema.KeyValue(key, value, encoding).getSchemaInfo();
    return new TopicSchema(0, info.getType(), info.getSchema(), info.getProperties());
  }

  private static TopicSchema inline() {
    return pair(Schema.STRING, Schema.INT32, KeyValueEncodingType.INLINE);
  }

  private static TopicSchema separated() {
    return pair(Schema.STRING, Schema.INT32, KeyValueEncodingType.SEPARATED);
  }

  private static String decode(TopicSchema schema, StructType columns, byte[] bytes) {
    return Plain.text(
        PayloadDecoders.compile(schema, columns).decode(bytes, 0, bytes.length), columns);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  @Test
  void payloadType_keyAndValue_isAColumnEach() {
    assertThat(SchemaMapper.payloadType(inline())).isEqualTo(COLUMNS);
    assertThat(SchemaMapper.payloadType(separated())).isEqualTo(COLUMNS);
  }

  @ParameterizedTest
  @CsvSource({
    "00000001 6b 00000004 00000007, 'row[k:UTF8String, 7:Integer]'",
    "00000000 00000004 00000007, 'row[:UTF8String, 7:Integer]'",
    "ffffffff 00000004 00000007, 'row[null, 7:Integer]'",
    "00000001 6b ffffffff, 'row[k:UTF8String, null]'",
    "ffffffff ffffffff, 'row[null, null]'"
  })
  void decode_bothInThePayload_areBehindTheirLengths(String hex, String expected) {
    assertThat(decode(inline(), COLUMNS, bytes(hex))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'', Field `key`: the payload ends too early",
    "000000, Field `key`: the payload ends too early",
    "7fffffff, Field `key`: the payload ends too early",
    "00000002 6b, Field `key`: the payload ends too early",
    "fffffffe 00, Field `key`: a length is negative",
    "00000001 6b, Field `value`: the payload ends too early",
    "00000001 6b 00000004 000000, Field `value`: the payload ends too early",
    "00000001 6b 80000000 00, Field `value`: a length is negative",
    "00000001 6b 00000002 0007, 'Field `value`: the payload has 2 bytes, but its type takes 4'",
    "00000001 6b 00000004 00000007 00, something follows the value"
  })
  void decode_framesThatLie_areUndecodable(String hex, String message) {
    assertThatThrownBy(() -> decode(inline(), COLUMNS, bytes(hex)))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage(message);
  }

  @Test
  void decode_damagedPairs_areWhatTheClientReadsOrUndecodable() {
    var client = Schema.KeyValue(Schema.STRING, Schema.INT32, KeyValueEncodingType.INLINE);
    PayloadDecoder decoder = PayloadDecoders.compile(inline(), COLUMNS);
    Random random = new Random(SEED);
    int refused = 0;
    int count = RandomDamage.count(10_000);
    for (int i = 0; i < count; i++) {
      byte[] whole =
          client.encode(
              new KeyValue<>(
                  random.nextInt(5) == 0 ? null : "k".repeat(random.nextInt(4)),
                  random.nextInt(5) == 0 ? null : random.nextInt()));
      byte[] bytes = RandomDamage.of(whole, random);
      String actual;
      try {
        actual = Plain.text(decoder.decode(bytes, 0, bytes.length), COLUMNS);
      } catch (UndecodablePayloadException e) {
        refused++;
        continue;
      }
      KeyValue<String, Integer> read = client.decode(bytes);
      assertThat(actual)
          .as("seed %d", SEED)
          .isEqualTo(
              "row[%s, %s]"
                  .formatted(
                      read.getKey() == null
                          ? null
                          : UTF8String.fromString(read.getKey()) + ":UTF8String",
                      read.getValue() == null ? null : read.getValue() + ":Integer"));
    }
    assertThat(refused).isBetween(count / 10, count - count / 10);
  }

  @Test
  void decode_afterAPairThatIsDamagedInItsValue_showsNothingOfIt() {
    PayloadDecoder decoder = PayloadDecoders.compile(inline(), COLUMNS);
    byte[] damaged = bytes("00000001 6b 00000004 000000");
    assertThatThrownBy(() -> decoder.decode(damaged, 0, damaged.length))
        .isInstanceOf(UndecodablePayloadException.class);

    byte[] empty = bytes("ffffffff ffffffff");

    assertThat(Plain.text(decoder.decode(empty, 0, empty.length), COLUMNS))
        .isEqualTo("row[null, null]");
  }

  @Test
  void decode_keyApart_isTheMessagesKey() {
    PayloadDecoder decoder = PayloadDecoders.compile(separated(), COLUMNS);

    assertThat(Plain.text(decoder.decode(message(bytes("00000007"))), COLUMNS))
        .isEqualTo("row[key:UTF8String, 7:Integer]");
    assertThat(Plain.text(decoder.decode(message(null)), COLUMNS))
        .isEqualTo("row[key:UTF8String, null]");
  }

  @Test
  void decode_messageWithoutAPayload_isNoRowWhereThePayloadHoldsTheKey() {
    assertThat(PayloadDecoders.compile(inline(), COLUMNS).decode(message(null))).isNull();
  }

  @Test
  void decode_columnsThatNobodyWants_areNotEvenLookedAt() {
    StructType valueOnly = new StructType().add("value", DataTypes.IntegerType);
    TopicSchema schema = pair(Schema.INT64, Schema.INT32, KeyValueEncodingType.SEPARATED);

    InternalRow row = PayloadDecoders.compile(schema, valueOnly).decode(message(bytes("00000007")));

    assertThat(Plain.text(row, valueOnly)).isEqualTo("row[7:Integer]");
    assertThatThrownBy(
            () ->
                PayloadDecoders.compile(schema, SchemaMapper.payloadType(schema))
                    .decode(message(bytes("00000007"))))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `key`: the payload has 3 bytes, but its type takes 8");
  }

  @Test
  void decode_readOffsetOfAPart_skipsSoManyBytesOfIt() {
    String definition =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":\"int\"}],"
            + "\"__AVRO_READ_OFFSET__\":5}";
    byte[] part = definition.getBytes(UTF_8);
    TopicSchema schema =
        new TopicSchema(
            0,
            SchemaType.KEY_VALUE,
            frame(part, part),
            Map.of(
                "key.schema.type", "AVRO",
                "value.schema.type", "AVRO",
                "kv.encoding.type", "INLINE"));
    StructType columns = SchemaMapper.payloadType(schema);

    assertThat(decode(schema, columns, frame(bytes("0909090909 06"), bytes("0909090909 08"))))
        .isEqualTo("row[row[3:Integer], row[4:Integer]]");
    assertThatThrownBy(() -> decode(schema, columns, frame(bytes("0909"), bytes("090909090908"))))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `key`: the payload ends too early");
  }

  @Test
  void decode_damageWithinAPart_isNamedByItsPath() {
    Schema<Inner> inner = Schema.AVRO(Inner.class);
    TopicSchema schema = pair(inner, inner, KeyValueEncodingType.INLINE);

    assertThatThrownBy(
            () ->
                decode(schema, SchemaMapper.payloadType(schema), frame(bytes("0202"), bytes("04"))))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessageStartingWith("Field `key.text`: ");
  }

  /** A part that is a record. */
  public static final class Inner {
    public String text = "";
  }

  @Test
  void payloadType_definitionThatIsNoPair_isRefused() {
    var schema = new TopicSchema(3, SchemaType.KEY_VALUE, new byte[] {0, 0, 0}, Map.of());

    assertThatThrownBy(() -> SchemaMapper.payloadType(schema))
        .isInstanceOf(SluiceException.class)
        .hasMessageStartingWith("[UNSUPPORTED_SCHEMA] Version 3 of the KEY_VALUE schema");
  }

  private static byte[] frame(byte[] key, byte[] value) {
    return ByteBuffer.allocate(8 + key.length + value.length)
        .putInt(key.length)
        .put(key)
        .putInt(value.length)
        .put(value)
        .array();
  }

  private static FakeEntry message(byte @Nullable [] payload) {
    return new FakeEntry(1, 2, payload);
  }
}
