package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.change.BadEventException.Kind;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JSON that says no types: what is taken, what the user's types make of it, what is refused. */
class PlainJsonTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | BIGINT",
        "9223372036854775808 | DECIMAL(38,0)",
        "1.5 | DOUBLE",
        "true | BOOLEAN",
        "\"AeJA\" | STRING",
        "\"2026-02-28T13:14:15Z\" | STRING",
        "{\"scale\":3,\"value\":\"AeJA\"} | STRING",
        "[1,2] | STRING",
        "[] | STRING"
      })
  void needed_unknownColumn_isWhatTheJsonSaysAndNoMore(String value, String type) {
    assertThat(needed("", value).apply("x").dataType().sql()).isEqualTo(type);
  }

  @Test
  void needed_null_tellsNothing() {
    assertThat(needed("", "null").fields()).isEmpty();
  }

  @Test
  void read_columnsWithParts_areTheirJson() {
    assertThat(read("STRING", "{\"scale\":3,\"value\":\"AeJA\"}"))
        .isEqualTo("{\"scale\":3,\"value\":\"AeJA\"}");
    assertThat(read("STRING", "[1,null,\"a\\\"b\"]")).isEqualTo("[1,null,\"a\\\"b\"]");
    assertThat(read("STRING", "12.50")).isEqualTo("12.50");
  }

  @Test
  void read_bigNumbers_areExact() {
    assertThat(read("BIGINT", "9007199254740993")).isEqualTo(9_007_199_254_740_993L);
    assertThat(read("DECIMAL(20,0)", "18446744073709551615"))
        .isEqualTo(new BigDecimal("18446744073709551615"));
    assertThat(read("DECIMAL(38,2)", "123456789012345678901234567890.12"))
        .isEqualTo(new BigDecimal("123456789012345678901234567890.12"));
    assertThat(error("DOUBLE", "9007199254740993.5").kind()).isEqualTo(Kind.DOES_NOT_FIT);
    assertThat(error("DOUBLE", "9007199254740993").kind()).isEqualTo(Kind.DOES_NOT_FIT);
    assertThat(read("DOUBLE", "0.1")).isEqualTo(0.1);
  }

  @Test
  void read_declaredTypesOfText_areExact() {
    assertThat(read("DECIMAL(10,2)", "\"1234.56\"")).isEqualTo(new BigDecimal("1234.56"));
    assertThat(read("DECIMAL(10,2)", "\"-7\"")).isEqualTo(new BigDecimal("-7.00"));
    assertThat(read("DATE", "\"2026-02-28Z\"")).isEqualTo(LocalDate.of(2026, 2, 28));
    assertThat(read("DATE", "20512")).isEqualTo(LocalDate.of(2026, 2, 28));
    assertThat(read("TIMESTAMP_NTZ", "\"2026-02-28T13:14:15.123456Z\""))
        .isEqualTo(LocalDateTime.parse("2026-02-28T13:14:15.123456"));
    assertThat(read("TIMESTAMP_NTZ", "\"2026-02-28 13:14:15\""))
        .isEqualTo(LocalDateTime.parse("2026-02-28T13:14:15"));
    assertThat(read("TIMESTAMP", "\"2026-02-28T13:14:15+01:00\""))
        .isEqualTo(Instant.parse("2026-02-28T12:14:15Z"));
    assertThat(read("BINARY", "\"AP8Q\"")).isEqualTo(new byte[] {0, -1, 16});
    assertThat(read("ARRAY<DECIMAL(4,2)>", "[\"1.10\",null]"))
        .isEqualTo(Arrays.asList(new BigDecimal("1.10"), null));
    assertThat(read("BOOLEAN", "1")).isEqualTo(true);
    assertThat(read("FLOAT", "3.4E38")).isEqualTo(3.4E38f);
    assertThat(read("DOUBLE", "\"-Infinity\"")).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DECIMAL(10,2) | \"AeJA\" | UNKNOWN_UNIT",
        "DECIMAL(10,2) | \"1234\" | UNKNOWN_UNIT",
        "DECIMAL(10,2) | \"1.234\" | DOES_NOT_FIT",
        "DECIMAL(4,2) | \"123.45\" | DOES_NOT_FIT",
        "DECIMAL(10,2) | {\"scale\":3,\"value\":\"AeJA\"} | UNKNOWN_UNIT",
        "TIMESTAMP_NTZ | 1772284455123 | UNKNOWN_UNIT",
        "TIMESTAMP | 1772284455123456 | UNKNOWN_UNIT",
        "TIMESTAMP | \"2026-02-28T13:14:15\" | BAD_VALUE",
        "TIMESTAMP_NTZ | \"2026-02-28T13:14:15+01:00\" | BAD_VALUE",
        "TIMESTAMP_NTZ | \"0000-00-00 00:00:00\" | BAD_VALUE",
        "TIMESTAMP | \"infinity\" | OUT_OF_RANGE",
        "DATE | 2147483647 | OUT_OF_RANGE",
        "BINARY | \"AP8\" | BAD_VALUE",
        "BOOLEAN | 2 | DOES_NOT_FIT",
        "BIGINT | 1.5 | DOES_NOT_FIT",
        "BIGINT | \"x\" | DOES_NOT_FIT",
        "BIGINT | true | DOES_NOT_FIT",
        "TINYINT | 128 | DOES_NOT_FIT",
        "ARRAY<INT> | 1 | BAD_VALUE",
        "STRUCT<a: INT> | [1] | BAD_VALUE"
      })
  void read_whatCannotBeKnown_isRefusedByName(String type, String value, Kind kind) {
    assertThat(error(type, value).kind()).isEqualTo(kind);
    assertThat(error(type, value).field()).startsWith("x");
  }

  @Test
  void read_decimalsThatAreText_takesFourDigitsForANumber() {
    StructType columns = StructType.fromDDL("x DECIMAL(10,0)");
    ChangeOptions options =
        ChangeOptions.of(ChangeFormat.DEBEZIUM).withDeclared(columns).withTextDecimals();

    assertThat(decoded(columns, options, "\"1234\"").values())
        .containsExactly(new BigDecimal("1234"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INT | 5000000000 | BIGINT",
        "BIGINT | 9223372036854775808 | DECIMAL(38,0)",
        "INT | 1.5 | DOUBLE",
        "FLOAT | 0.1234567890123 | DOUBLE",
        "DECIMAL(10,3) | \"123456789.12345\" | DECIMAL(14,5)"
      })
  void needed_tooNarrowColumn_isTheTypeThatHoldsBoth(String known, String value, String type) {
    assertThat(needed("x " + known, value).apply("x").dataType().sql()).isEqualTo(type);
  }

  @Test
  void needed_declaredColumn_isNotWidened() {
    StructType columns = StructType.fromDDL("x INT");
    ChangeOptions options = ChangeOptions.of(ChangeFormat.DEBEZIUM).withDeclared(columns);

    RowReader.Decoded row = decoded(columns, options, "5000000000");

    assertThat(row.needed().fields()).isEmpty();
    assertThat(row.error()).isNotNull();
  }

  @Test
  void union_ofWhatSeveralEventsNeed_holdsAll() {
    assertThat(
            union("a BIGINT, b BIGINT, c STRING", "a DOUBLE, b DECIMAL(38,0), C BOOLEAN, d DATE"))
        .isEqualTo("a DOUBLE,b DECIMAL(38,0),c STRING,d DATE");
    assertThat(union("a INT", "a BIGINT")).isEqualTo("a BIGINT");
    assertThat(union("a FLOAT", "a DOUBLE")).isEqualTo("a DOUBLE");
    assertThat(union("a DECIMAL(10,2)", "a DECIMAL(20,5)")).isEqualTo("a DECIMAL(20,5)");
    assertThat(union("a DECIMAL(38,0)", "a DECIMAL(38,10)")).isEqualTo("a STRING");
    assertThat(union("a STRUCT<x: INT>", "a STRUCT<X: BIGINT, y: STRING>"))
        .isEqualTo("a STRUCT<x: BIGINT, y: STRING>");
    assertThat(
            ColumnGrowth.grown(StructType.fromDDL("a DATE"), StructType.fromDDL("a BIGINT"))
                .toDDL())
        .isEqualTo("a DATE");
  }

  @Test
  void grown_columnWithoutNulls_isNoReasonToChangeIt() {
    StructType columns =
        new StructType().add("a", DataTypes.createArrayType(DataTypes.IntegerType, false), false);

    assertThat(ColumnGrowth.grown(columns, StructType.fromDDL("a ARRAY<INT>"))).isEqualTo(columns);
  }

  private static String union(String one, String other) {
    return ColumnGrowth.union(StructType.fromDDL(one), StructType.fromDDL(other)).toDDL();
  }

  private static StructType needed(String columns, String value) {
    return decoded(
            columns.isEmpty() ? new StructType() : StructType.fromDDL(columns),
            ChangeOptions.of(ChangeFormat.DEBEZIUM),
            value)
        .needed();
  }

  private static @Nullable Object read(String type, String value) {
    StructType columns = StructType.fromDDL("x " + type);
    RowReader.Decoded row = decoded(columns, ChangeOptions.of(ChangeFormat.DEBEZIUM), value);
    assertThat(row.error()).isNull();
    return row.values()[0];
  }

  private static BadEventException error(String type, String value) {
    StructType columns = StructType.fromDDL("x " + type);
    ChangeOptions options = ChangeOptions.of(ChangeFormat.DEBEZIUM).withDeclared(columns);
    BadEventException error = decoded(columns, options, value).error();
    if (error == null) {
      throw new AssertionError(value + " is taken for " + type);
    }
    return error;
  }

  private static RowReader.Decoded decoded(
      StructType columns, ChangeOptions options, String value) {
    String event = "{\"op\":\"c\",\"after\":{\"x\":%s},\"source\":{}}".formatted(value);
    RawMessage message =
        new RawMessage("t", WriterSchema.none(), null, DatabaseText.utf8(event), null, null);
    List<ChangeDecoder.Outcome> outcomes =
        new ChangeDecoder(columns, options, Set.of()).decode(message);
    RowReader.Decoded row = outcomes.get(0).row();
    if (row == null) {
      throw new AssertionError(outcomes);
    }
    return row;
  }
}
