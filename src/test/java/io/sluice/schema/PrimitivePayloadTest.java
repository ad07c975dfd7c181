package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.Map;
import java.util.Random;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.DateTimeUtils;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("JavaUtilDate") // The client encodes it.
class PrimitivePayloadTest {

  private static final int VALUES = 1_000;
  private static final long SEED = Long.getLong("sluice.test.seed", System.nanoTime());

  private final Random random = new Random(SEED);

  private static TopicSchema schema(SchemaType type) {
    return new TopicSchema(0, type, new byte[0], Map.of());
  }

  /** What the client's schema encodes is decoded to this type, class and value. */
  private static <T> void check(Schema<T> client, T value, DataType type, Object expected) {
    TopicSchema schema = schema(client.getSchemaInfo().getType());
    StructType columns = SchemaMapper.payloadType(schema);
    byte[] bytes = client.encode(value);
    byte[] framed = new byte[bytes.length + 5];
    System.arraycopy(bytes, 0, framed, 3, bytes.length);

    InternalRow row = PayloadDecoders.compile(schema, columns).decode(framed, 3, bytes.length);

    assertThat(columns).isEqualTo(new StructType().add("value", type, true));
    assertThat(row.get(0, type)).as("seed %s, %s", SEED, schema.type()).isEqualTo(expected);
  }

  @Test
  void decode_whatTheClientEncodes_givesItsValues() {
    for (int i = 0; i < VALUES; i++) {
      long number = random.nextLong();
      double real = Double.longBitsToDouble(number);
      check(Schema.BOOL, number > 0, DataTypes.BooleanType, number > 0);
      check(Schema.INT8, (byte) number, DataTypes.ByteType, (byte) number);
      check(Schema.INT16, (short) number, DataTypes.ShortType, (short) number);
      check(Schema.INT32, (int) number, DataTypes.IntegerType, (int) number);
      check(Schema.INT64, number, DataTypes.LongType, number);
      check(Schema.FLOAT, (float) real, DataTypes.FloatType, (float) real);
      check(Schema.DOUBLE, real, DataTypes.DoubleType, real);
      byte[] bytes = new byte[random.nextInt(9)];
      random.nextBytes(bytes);
      check(Schema.BYTES, bytes, DataTypes.BinaryType, bytes);
      String text = "\u00fc\u20ac".repeat(random.nextInt(5));
      check(
          Schema.STRING,
          text,
          DataTypes.StringType,
          org.apache.spark.unsafe.types.UTF8String.fromString(text));
    }
  }

  @Test
  void decode_timesThatTheClientEncodes_areInTheirUnits() {
    for (int i = 0; i < VALUES; i++) {
      Instant instant = Instant.ofEpochSecond(random.nextInt() * 4L, random.nextInt(1_000_000_000));
      long millis = instant.toEpochMilli();
      LocalDateTime local = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
      check(Schema.DATE, new Date(millis), DataTypes.TimestampType, millis * 1000);
      check(Schema.TIMESTAMP, new Timestamp(millis), DataTypes.TimestampType, millis * 1000);
      check(Schema.TIME, new Time(millis), DataTypes.LongType, millis);
      check(
          Schema.INSTANT, instant, DataTypes.TimestampType, DateTimeUtils.instantToMicros(instant));
      check(
          Schema.LOCAL_DATE,
          local.toLocalDate(),
          DataTypes.DateType,
          (int) local.toLocalDate().toEpochDay());
      check(
          Schema.LOCAL_TIME,
          local.toLocalTime(),
          DataTypes.LongType,
          local.toLocalTime().toNanoOfDay());
      check(
          Schema.LOCAL_DATE_TIME,
          local,
          DataTypes.TimestampNTZType,
          DateTimeUtils.instantToMicros(instant));
    }
  }

  @Test
  void decode_timesThatMicrosecondsCannotHold_areUndecodable() {
    for (Runnable extreme :
        new Runnable[] {
          () -> check(Schema.INSTANT, Instant.MAX, DataTypes.TimestampType, 0L),
          () -> check(Schema.LOCAL_DATE, LocalDate.MAX, DataTypes.DateType, 0),
          () -> check(Schema.LOCAL_DATE_TIME, LocalDateTime.MIN, DataTypes.TimestampNTZType, 0L),
          () -> check(Schema.DATE, new Date(Long.MAX_VALUE), DataTypes.TimestampType, 0L)
        }) {
      assertThatThrownBy(extreme::run)
          .isInstanceOf(UndecodablePayloadException.class)
          .hasMessageContaining("out of range");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SchemaType.class,
      names = {
        "BOOLEAN",
        "INT8",
        "INT16",
        "INT32",
        "INT64",
        "FLOAT",
        "DOUBLE",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "INSTANT",
        "LOCAL_DATE",
        "LOCAL_TIME",
        "LOCAL_DATE_TIME"
      })
  void decode_payloadOfAnotherSize_isUndecodable(SchemaType type) {
    PayloadDecoder decoder =
        PayloadDecoders.compile(schema(type), SchemaMapper.payloadType(schema(type)));

    assertThatThrownBy(() -> decoder.decode(new byte[100], 0, 3))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessageStartingWith("the payload has 3 bytes, but its type takes ");
  }

  @Test
  void decode_noSchema_isTheBytes() {
    InternalRow row =
        PayloadDecoders.compile(TopicSchema.none(), SchemaMapper.payloadType(TopicSchema.none()))
            .decode(new byte[] {1, 2, 3}, 1, 2);

    assertThat(row.getBinary(0)).containsExactly(2, 3);
  }

  @ParameterizedTest
  @EnumSource(
      value = SchemaType.class,
      names = {"AUTO_CONSUME", "AUTO_PUBLISH"})
  void payloadType_schemaOfAnotherKind_isRefused(SchemaType type) {
    assertThatThrownBy(() -> SchemaMapper.payloadType(schema(type)))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining(
            "[UNSUPPORTED_SCHEMA] The payload cannot be mapped: schemas of type " + type);
  }

  @Test
  void decode_columnOfAnotherType_doesNotFit() {
    PayloadDecoder decoder =
        PayloadDecoders.compile(
            schema(SchemaType.INT32), new StructType().add("value", DataTypes.StringType, true));

    assertThatThrownBy(() -> decoder.decode(new byte[] {0, 0, 0, 1}, 0, 4))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `value`: INT does not fit the column's STRING");
  }
}
