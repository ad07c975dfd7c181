package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.change.BadEventException.Kind;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each logical type of Kafka Connect and Debezium: its column, its values, and its traps. */
class ScalarKindTest {

  @Test
  void decimal_ofScale_isExact() {
    String type = decimal("2", "10");

    assertThat(column(type)).isEqualTo("DECIMAL(10,2)");
    assertThat(read(type, "\"AeJA\"")).isEqualTo(new BigDecimal("1234.56"));
    assertThat(read(type, "\"/av0HAE=\"")).isEqualTo(new BigDecimal("-99999999.99"));
    assertThat(read(type, "\"AA==\"")).isEqualTo(new BigDecimal("0.00"));
  }

  @Test
  void decimal_ofMoreDigitsThanSparkHas_isItsText() {
    String type = decimal("30", "65");

    assertThat(column(type)).isEqualTo("STRING");
    assertThat(read(type, "\"A6DJIHRZ1v70MAdIWe45gRU=\""))
        .isEqualTo("1234567890.012345678901234567890123456789");
  }

  @Test
  void decimal_ofUnknownPrecision_hasAllDigitsThatSparkHas() {
    assertThat(column(decimal("2", null))).isEqualTo("DECIMAL(38,2)");
    assertThat(read(decimal("2", null), "\"f/////////8=\""))
        .isEqualTo(new BigDecimal("92233720368547758.07"));
    assertThat(column(decimal("-3", "5"))).isEqualTo("DECIMAL(8,0)");
    assertThat(read(decimal("-3", "5"), "\"AQ==\"")).isEqualTo(new BigDecimal("1000"));
  }

  @Test
  void decimal_beyondItsPrecision_isRefused() {
    assertThatThrownBy(() -> read(decimal("2", "3"), "\"AeJA\""))
        .isInstanceOfSatisfying(
            BadEventException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DOES_NOT_FIT))
        .hasMessage("the column's type does not hold the value");
  }

  @Test
  void decimal_notBase64_isRefused() {
    for (String value : List.of("\"AeJ\"", "\"AeJ*\"", "\"AB==\"", "\"\"", "12.5", "{}")) {
      assertThatThrownBy(() -> read(decimal("2", "10"), value))
          .as(value)
          .isInstanceOfSatisfying(
              BadEventException.class, e -> assertThat(e.kind()).isEqualTo(Kind.BAD_VALUE));
    }
  }

  @Test
  void variableScaleDecimal_anySize_isItsText() {
    String type =
        "{\"type\":\"struct\",\"fields\":[],\"name\":\"io.debezium.data.VariableScaleDecimal\"}";

    assertThat(column(type)).isEqualTo("STRING");
    assertThat(read(type, "{\"scale\":3,\"value\":\"AeJA\"}")).isEqualTo("123.456");
    assertThat(read(type, "{\"scale\":0,\"value\":\"HWMp8cNcpL+rufVhAAAAAAA=\"}"))
        .isEqualTo("10000000000000000000000000000000000000000");
    assertThatThrownBy(() -> read(type, "{\"value\":\"AeJA\"}"))
        .hasMessage("a decimal is not a scale and a value");
  }

  @ParameterizedTest
  @CsvSource({
    "int32, io.debezium.time.Date, 20512, 2026-02-28",
    "int32, org.apache.kafka.connect.data.Date, -719162, 0001-01-01",
    "int32, io.debezium.time.Date, -2440550, -4712-01-01",
    "string, io.debezium.time.IsoDate, '\"2026-02-28Z\"', 2026-02-28",
    "string, io.debezium.time.IsoDate, '\"-4712-01-01Z\"', -4712-01-01"
  })
  void date_eachForm_isADate(String base, String name, String value, String expected) {
    assertThat(column(named(base, name))).isEqualTo("DATE");
    assertThat(read(named(base, name), value)).isEqualTo(LocalDate.parse(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "int64, io.debezium.time.Timestamp, 1772284455123, 2026-02-28T13:14:15.123",
    "int64, io.debezium.time.Timestamp, -1, 1969-12-31T23:59:59.999",
    "int64, org.apache.kafka.connect.data.Timestamp, 0, 1970-01-01T00:00",
    "int64, io.debezium.time.MicroTimestamp, 1772284455123456, 2026-02-28T13:14:15.123456",
    "int64, io.debezium.time.MicroTimestamp, -63517780800000000, -0043-03-15T12:00",
    "int64, io.debezium.time.NanoTimestamp, 1772284455123456789, 2026-02-28T13:14:15.123456",
    "int64, io.debezium.time.NanoTimestamp, -1, 1969-12-31T23:59:59.999999",
    "string, io.debezium.time.IsoTimestamp, '\"2026-02-28T13:14:15.5Z\"', 2026-02-28T13:14:15.5"
  })
  void timestamp_withoutZone_isLocal(String base, String name, String value, String expected) {
    assertThat(column(named(base, name))).isEqualTo("TIMESTAMP_NTZ");
    assertThat(read(named(base, name), value)).isEqualTo(LocalDateTime.parse(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-02-28T07:44:15.123456Z, 2026-02-28T07:44:15.123456Z",
    "2026-02-28T07:44:15.1234569Z, 2026-02-28T07:44:15.123456Z",
    "2026-02-28T13:14:15+05:30, 2026-02-28T07:44:15Z",
    "-0043-03-15T12:00:00.000000Z, -0043-03-15T12:00:00Z"
  })
  void zonedTimestamp_isAnInstant(String value, String expected) {
    String type = named("string", "io.debezium.time.ZonedTimestamp");

    assertThat(column(type)).isEqualTo("TIMESTAMP");
    assertThat(read(type, "\"" + value + "\"")).isEqualTo(Instant.parse(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "int32, io.debezium.time.Date, 2147483647",
    "int32, io.debezium.time.Date, -2147483648",
    "int64, io.debezium.time.Timestamp, 9223372036825200000",
    "int64, io.debezium.time.MicroTimestamp, 9223372036825200000",
    "int64, io.debezium.time.MicroTimestamp, -9223372036832400000",
    "string, io.debezium.time.ZonedTimestamp, '\"infinity\"'",
    "string, io.debezium.time.ZonedTimestamp, '\"-infinity\"'",
    "string, io.debezium.time.IsoDate, '\"+10000-01-01Z\"'",
    "int64, io.debezium.time.MicroTime, 9223372036854775807"
  })
  void time_infiniteOrOutOfRange_isRefusedByName(String base, String name, String value) {
    assertThatThrownBy(() -> read(named(base, name), value))
        .isInstanceOfSatisfying(
            BadEventException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OUT_OF_RANGE));
  }

  @ParameterizedTest
  @CsvSource({
    "int32, io.debezium.time.Time, 47655000, 13:14:15",
    "int32, org.apache.kafka.connect.data.Time, 1, 00:00:00.001",
    "int64, io.debezium.time.MicroTime, 47655123456, 13:14:15.123456",
    "int64, io.debezium.time.MicroTime, -3020399999999, -838:59:59.999999",
    "int64, io.debezium.time.NanoTime, 47655500000000, 13:14:15.5",
    "string, io.debezium.time.IsoTime, '\"13:14:15.500Z\"', 13:14:15.5",
    "string, io.debezium.time.ZonedTime, '\"07:44:15.5Z\"', 07:44:15.5Z"
  })
  void timeOfDay_eachForm_isText(String base, String name, String value, String expected) {
    assertThat(column(named(base, name))).isEqualTo("STRING");
    assertThat(read(named(base, name), value)).isEqualTo(expected);
  }

  @Test
  void bits_lowestByteFirst_areDigits() {
    assertThat(read(bits(8), "\"pQ==\"")).isEqualTo("10100101");
    assertThat(read(bits(10), "\"lQI=\"")).isEqualTo("1010010101");
    assertThat(read(bits(8), "\"\"")).isEqualTo("00000000");
    assertThat(read(bits(20), "\"Fg==\"")).isEqualTo("00000000000000010110");
    assertThatThrownBy(() -> read(bits(4), "\"pQ==\"")).hasMessage("more bits than the type has");
  }

  @ParameterizedTest
  @CsvSource({
    "io.debezium.data.Uuid, 2f1c7e1a-0b1d-4c5e-9c3a-0123456789ab",
    "io.debezium.data.Xml, <a>1</a>",
    "io.debezium.data.Enum, très-vip",
    "io.debezium.data.EnumSet, 'x,z'",
    "io.debezium.data.Json, []",
    "io.debezium.data.Tsvector, 'a cat'",
    "io.debezium.time.Interval, P1Y2M3DT4H5M6.789S"
  })
  void text_ofANamedType_staysAsItIs(String name, String value) {
    assertThat(column(named("string", name))).isEqualTo("STRING");
    assertThat(read(named("string", name), "\"" + value + "\"")).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "int8, TINYINT, -128",
    "int16, SMALLINT, 32767",
    "int32, INT, -2147483648",
    "int64, BIGINT, 9223372036854775807",
    "int64, BIGINT, 9007199254740993"
  })
  void integers_atTheirLimits_areExact(String type, String column, String value) {
    assertThat(column(named(type, ""))).isEqualTo(column);
    assertThat(read(named(type, ""), value)).asString().isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"int8, 128", "int16, -32769", "int32, 2147483648", "int64, 9223372036854775808"})
  void integers_beyondTheirLimits_areRefused(String type, String value) {
    assertThatThrownBy(() -> read(named(type, ""), value))
        .isInstanceOfSatisfying(
            BadEventException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OUT_OF_RANGE));
  }

  @Test
  void floats_withWordsForWhatJsonLacks_areRead() {
    assertThat(read(named("float", ""), "\"Infinity\"")).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(read(named("double", ""), "\"-Infinity\"")).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(read(named("double", ""), "\"NaN\"")).isEqualTo(Double.NaN);
    assertThat(read(named("float", ""), "-3.3999999521443642E38")).isEqualTo(-3.4E38f);
    assertThat(read(named("double", ""), "1.7976931348623157E308")).isEqualTo(Double.MAX_VALUE);
    assertThat(read(named("double", ""), "-0.0")).isEqualTo(-0.0);
    assertThatThrownBy(() -> read(named("float", ""), "1E39"))
        .hasMessage("a number is out of range");
    assertThatThrownBy(() -> read(named("double", ""), "\"1.5\""))
        .hasMessage("text stands where a number is expected");
  }

  @Test
  void partsOfATable_areRead() {
    String point =
        "{\"type\":\"struct\",\"name\":\"io.debezium.data.geometry.Point\",\"fields\":[{\"type\":\"double\",\"field\":\"x\"},{\"type\":\"bytes\",\"optional\":true,\"field\":\"wkb\"},{\"type\":\"int32\",\"optional\":true,\"field\":\"srid\"}]}";
    String array = "{\"type\":\"array\",\"items\":" + decimal("2", "10") + "}";
    String map =
        "{\"type\":\"map\",\"keys\":{\"type\":\"string\"},\"values\":{\"type\":\"string\"}}";

    assertThat(column(point)).isEqualTo("STRUCT<x: DOUBLE, wkb: BINARY, srid: INT>");
    assertThat(read(point, "{\"x\":1.5,\"wkb\":null,\"srid\":null}"))
        .isEqualTo(RowFactory.create(1.5, null, null));
    assertThat(column(array)).isEqualTo("ARRAY<DECIMAL(10,2)>");
    assertThat(read(array, "[\"AeJA\",null]"))
        .isEqualTo(Arrays.asList(new BigDecimal("1234.56"), null));
    assertThat(column(map)).isEqualTo("MAP<STRING, STRING>");
    assertThat(read(map, "{\"k\":\"v\",\"n\":null}"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
        .containsEntry("k", "v")
        .containsEntry("n", null);
  }

  private static String named(String base, String name) {
    return "{\"type\":\"%s\",\"optional\":true,\"name\":\"%s\",\"version\":1}"
        .formatted(base, name);
  }

  private static String bits(int length) {
    return "{\"type\":\"bytes\",\"name\":\"io.debezium.data.Bits\",\"parameters\":{\"length\":\"%d\"}}"
        .formatted(length);
  }

  private static String decimal(String scale, @org.jspecify.annotations.Nullable String precision) {
    return "{\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"%s\"%s}}"
        .formatted(
            scale, precision == null ? "" : ",\"connect.decimal.precision\":\"" + precision + "\"");
  }

  private static String column(String schema) {
    return type(schema).natural().sql();
  }

  private static Object read(String schema, String value) {
    DataType column = type(schema).natural();
    return ValueReader.of(type(schema), column, new Fit(true, false)).read(JsonTree.read(value));
  }

  private static WireType type(String schema) {
    WireType type = ConnectSchemas.of(JsonTree.read(schema));
    if (type == null) {
      throw new IllegalArgumentException(schema);
    }
    return type;
  }
}
