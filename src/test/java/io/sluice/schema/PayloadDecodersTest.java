package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class PayloadDecodersTest {

  private static final byte[] ID_7_NAME_OK = {14, 4, 'o', 'k'};

  private static final TopicSchema V1 =
      avro(
          0,
          "{'type':'record','name':'R','fields':[{'name':'id','type':'long'},{'name':'name','type':'string'}]}");

  private static TopicSchema avro(long version, String definition) {
    return new TopicSchema(
        version,
        SchemaType.AVRO,
        definition.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
        Map.of());
  }

  @Test
  void payloadType_flatRecord_isItsFields() {
    assertThat(SchemaMapper.payloadType(V1))
        .isEqualTo(
            new StructType()
                .add("id", DataTypes.LongType, false)
                .add("name", DataTypes.StringType, false));
  }

  @Test
  void decode_flatRecordAtAnOffset_givesItsValues() {
    byte[] bytes = {99, 99, 14, 4, 'o', 'k', 99};

    InternalRow row = PayloadDecoders.compile(V1, SchemaMapper.payloadType(V1)).decode(bytes, 2, 4);

    assertThat(row.getLong(0)).isEqualTo(7);
    assertThat(row.getUTF8String(1)).hasToString("ok");
  }

  @Test
  void decode_payloadEndsEarly_namesTheField() {
    PayloadDecoder decoder = PayloadDecoders.compile(V1, SchemaMapper.payloadType(V1));

    assertThatThrownBy(() -> decoder.decode(ID_7_NAME_OK, 0, 3))
        .isInstanceOf(UndecodablePayloadException.class)
        .hasMessage("Field `name`: the payload ends too early");
  }

  @Test
  void decode_fieldsTheWriterLacks_haveTheNewestSchemasDefaults() {
    TopicSchema v2 =
        avro(
            1,
            "{'type':'record','name':'R','fields':[{'name':'seen','type':['null','int'],'default':null},"
                + "{'name':'tags','type':{'type':'array','items':'string'},'default':['a','b']},"
                + "{'name':'id','type':'long'}]}");

    InternalRow row =
        PayloadDecoders.compile(V1, v2, SchemaMapper.payloadType(v2)).decode(ID_7_NAME_OK, 0, 4);

    assertThat(row.isNullAt(0)).isTrue();
    assertThat(row.getArray(1).numElements()).isEqualTo(2);
    assertThat(row.getArray(1).getUTF8String(1)).hasToString("b");
    assertThat(row.getLong(2)).isEqualTo(7);
  }

  @Test
  void compile_columnNeitherWrittenNorDefaulted_isRefused() {
    StructType target = new StructType().add("other", DataTypes.IntegerType, false);

    assertThatThrownBy(() -> PayloadDecoders.compile(V1, target))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("[UNSUPPORTED_SCHEMA] Field `other`");
  }
}
