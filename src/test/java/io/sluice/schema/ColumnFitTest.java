package io.sluice.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.UndecodablePayloadException.Kind;
import java.util.Map;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values in columns of another type: what fits exactly is taken, anything else is refused. */
class ColumnFitTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'long' | INT | 2147483647 | 2147483647",
        "'long' | INT | 2147483648 | ",
        "'long' | DOUBLE | 3 | 3.0",
        "'long' | DECIMAL(3,1) | 99 | 99.0",
        "'long' | DECIMAL(3,1) | 100 | ",
        "'int' | DECIMAL(10,0) | -7 | -7",
        "'int' | BIGINT | 7 | 7",
        "'double' | FLOAT | 0.5 | 0.5",
        "'double' | FLOAT | 0.1 | ",
        "'string' | INT | \"5\" | ",
        "'int' | STRING | 5 | ",
        "'int' | DATE | 5 | ",
        "['null','int'] | STRING | 5 | ",
        "['null','int'] | STRING | null | null",
        "{'type':'int','logicalType':'date'} | TIMESTAMP_NTZ | 2 | 172800000000",
        "{'type':'long','logicalType':'timestamp-millis'} | INT | 5 | ",
        "{'type':'bytes','logicalType':'decimal','precision':8,'scale':4} | DECIMAL(4,2) | 1.25 |"
            + " 1.25",
        "{'type':'bytes','logicalType':'decimal','precision':8,'scale':4} | DECIMAL(4,2) | 1.255 |"
            + " ",
        "{'type':'bytes','logicalType':'decimal','precision':8,'scale':4} | DECIMAL(4,2) | 100 | ",
        "{'type':'array','items':'long'} | ARRAY<INT> | [1,2] | [1,2]",
        "{'type':'array','items':'long'} | STRING | [1,2] | ",
        "{'type':'record','name':'N','fields':[]} | STRING | {} | ",
      })
  void json_valueOfAnotherType_isTakenWhereTheColumnHoldsIt(
      String type, String column, String value, String expected) {
    TopicSchema writer = schema(SchemaType.JSON, "{'name':'a','type':" + type + "}");
    PayloadDecoder decoder = PayloadDecoders.compile(writer, columns("a " + column));
    byte[] payload = ("{\"a\":" + value + "}").getBytes(UTF_8);

    if (expected == null) {
      assertThatExceptionOfType(UndecodablePayloadException.class)
          .isThrownBy(() -> decoder.decode(payload, 0, payload.length))
          .satisfies(failure -> assertThat(failure.kind()).isEqualTo(Kind.VALUE_DOES_NOT_FIT))
          .satisfies(failure -> assertThat(failure.path()).startsWith("a"));
    } else {
      InternalRow row = decoder.decode(payload, 0, payload.length);
      Object actual = row.get(0, columns("a " + column).apply(0).dataType());
      assertThat(String.valueOf(actual).replace("GenericArrayData", "")).isEqualTo(expected);
    }
  }

  @Test
  void avro_longInAnIntColumn_fitsOrNamesTheField() {
    TopicSchema writer = schema(SchemaType.AVRO, "{'name':'a','type':'long'}");
    PayloadDecoder decoder = PayloadDecoders.compile(writer, columns("a INT"));

    assertThat(decoder.decode(new byte[] {10}, 0, 1).getInt(0)).isEqualTo(5);
    byte[] tooLarge = {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x10};
    assertThatExceptionOfType(UndecodablePayloadException.class)
        .isThrownBy(() -> decoder.decode(tooLarge, 0, 5))
        .withMessage("Field `a`: a long is out of an INT column's range");
    assertThat(decoder.decode(new byte[] {12}, 0, 1).getInt(0)).isEqualTo(6);
  }

  @Test
  void avro_renamedField_fillsTheNewColumnUnlessTheOldOneIsThere() {
    TopicSchema old = schema(SchemaType.AVRO, "{'name':'a','type':'int'}");
    TopicSchema now = schema(SchemaType.AVRO, "{'name':'b','type':'int','aliases':['a']}");

    assertThat(
            PayloadDecoders.compile(old, now, columns("b INT"))
                .decode(new byte[] {10}, 0, 1)
                .getInt(0))
        .isEqualTo(5);
    InternalRow both =
        PayloadDecoders.compile(old, now, columns("a INT, b INT")).decode(new byte[] {10}, 0, 1);
    assertThat(both.getInt(0)).isEqualTo(5);
    assertThat(both.isNullAt(1)).isTrue();
  }

  @Test
  void primitive_columnOfAnotherType_takesBytesOnly() {
    TopicSchema text = new TopicSchema(0, SchemaType.STRING, new byte[0], Map.of());

    assertThat(
            PayloadDecoders.compile(text, columns("value BINARY"))
                .decode(new byte[] {65}, 0, 1)
                .getBinary(0))
        .containsExactly(65);
    PayloadDecoder misfit = PayloadDecoders.compile(text, columns("value INT"));
    assertThatExceptionOfType(UndecodablePayloadException.class)
        .isThrownBy(() -> misfit.decode(new byte[] {65}, 0, 1))
        .withMessage("Field `value`: STRING does not fit the column's INT");
  }

  private static TopicSchema schema(SchemaType type, String field) {
    String definition = "{'type':'record','name':'R','fields':[" + field + "]}";
    return new TopicSchema(0, type, definition.replace('\'', '"').getBytes(UTF_8), Map.of());
  }

  private static StructType columns(String ddl) {
    return StructType.fromDDL(ddl);
  }
}
