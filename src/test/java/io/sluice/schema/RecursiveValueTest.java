package io.sluice.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.TopicSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Records that contain themselves become JSON text where they would begin again. */
class RecursiveValueTest {

  private static final Schema TREE =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"Tree","fields":[
                {"name":"id","type":"int"},
                {"name":"parent","type":["null","Tree"],"default":null},
                {"name":"children","type":{"type":"array","items":"Tree"}},
                {"name":"named","type":{"type":"map","values":["null","string","Tree"]}},
                {"name":"leaf","type":{"type":"record","name":"Leaf","fields":[
                  {"name":"of","type":["Tree","null"]},{"name":"size","type":"long"}]}}]}
              """);

  private static final String COLUMNS =
      "id INT, parent STRING, children ARRAY<STRING>, named MAP<STRING, STRING>,"
          + " leaf STRUCT<of: STRING, size: BIGINT>";

  @Test
  void payloadType_recursiveRecord_isTextWhereItBeginsAgain() {
    assertThat(SchemaMapper.payloadType(topic(SchemaType.AVRO)).asNullable())
        .isEqualTo(StructType.fromDDL(COLUMNS));
    assertThat(SchemaMapper.recursiveField(topic(SchemaType.AVRO))).contains("parent");
  }

  @Test
  void decode_avro_givesJsonAndGoesOnBehindIt() throws IOException {
    GenericRecord tree = tree(1, tree(2, null));
    tree.put("children", List.of(tree(3, null), tree(4, null)));

    InternalRow row = decode(SchemaType.AVRO, avro(tree), COLUMNS);

    assertThat(row.getString(1)).isEqualTo(json(2));
    assertThat(row.getArray(2).getUTF8String(1)).hasToString(json(4));
    assertThat(row.getStruct(4, 2).isNullAt(0)).isTrue();
    assertThat(row.getStruct(4, 2).getLong(1)).isEqualTo(7);
  }

  @Test
  void decode_avroWithoutAColumnForIt_passesOverIt() throws IOException {
    InternalRow row =
        decode(SchemaType.AVRO, avro(tree(1, tree(2, null))), "leaf STRUCT<size: BIGINT>");

    assertThat(row.getStruct(0, 1).getLong(0)).isEqualTo(7);
  }

  @Test
  void decode_json_givesTheValueAsItStands() {
    String child = "{\"id\":2,\"children\":[ ],\"extra\":true}";
    byte[] payload =
        "{\"parent\":%s,\"id\":1,\"leaf\":{\"of\":null,\"size\":7}}"
            .formatted(child)
            .getBytes(UTF_8);

    InternalRow row =
        decode(
            SchemaType.JSON,
            payload,
            "id INT, parent STRING, leaf STRUCT<of: STRING, size: BIGINT>");

    assertThat(row.getInt(0)).isEqualTo(1);
    assertThat(row.getString(1).replace(" ", "")).isEqualTo(child.replace(" ", ""));
    assertThat(row.getStruct(2, 2).isNullAt(0)).isTrue();
  }

  private static String json(int id) {
    return "{\"id\":%d,\"parent\":null,\"children\":[],\"named\":{},\"leaf\":{\"of\":null,\"size\":7}}"
        .formatted(id);
  }

  private static GenericRecord tree(int id, @Nullable Object parent) {
    GenericRecord leaf = new GenericData.Record(TREE.getField("leaf").schema());
    leaf.put("size", 7L);
    GenericRecord tree = new GenericData.Record(TREE);
    tree.put("id", id);
    tree.put("parent", parent);
    tree.put("children", List.of());
    tree.put("named", Map.of());
    tree.put("leaf", leaf);
    return tree;
  }

  private static byte[] avro(GenericRecord value) throws IOException {
    var bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(TREE).write(value, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static InternalRow decode(SchemaType type, byte[] payload, String columns) {
    return PayloadDecoders.compile(topic(type), StructType.fromDDL(columns))
        .decode(payload, 0, payload.length);
  }

  private static TopicSchema topic(SchemaType type) {
    return AvroDecoderTest.topicSchema(type, TREE);
  }
}
