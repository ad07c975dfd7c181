package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.pulsar.TopicSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A decoder fills the same rows again and again; copies and the items of arrays are apart. */
class ReusedRowsTest {

  private static final Schema POINT =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"Point","fields":[
                {"name":"x","type":"int"},{"name":"y","type":["null","double"]}]}
              """);
  private static final Schema SHAPE =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"Shape","fields":[
                {"name":"id","type":"long"},
                {"name":"center","type":%1$s},
                {"name":"size","type":["null","Point","boolean"]},
                {"name":"corners","type":{"type":"array","items":"Point"}}]}
              """
                  .formatted(POINT));
  private static final TopicSchema SHAPES =
      new TopicSchema(
          0, SchemaType.AVRO, SHAPE.toString().getBytes(StandardCharsets.UTF_8), Map.of());

  private static GenericData.Record point(int x) {
    return new GenericRecordBuilder(POINT)
        .set("x", x)
        .set("y", x % 2 == 0 ? null : x / 2.0)
        .build();
  }

  private static GenericData.Record shape(int x, List<?> corners) {
    return new GenericRecordBuilder(SHAPE)
        .set("id", (long) x)
        .set("center", point(x))
        .set("size", x % 2 == 0 ? (Object) true : point(-x))
        .set("corners", corners)
        .build();
  }

  private static byte[] avro(Object value) throws IOException {
    var out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<>(SHAPE).write(value, encoder);
    return out.toByteArray();
  }

  private static PayloadDecoder decoder(TopicSchema schema) {
    return PayloadDecoders.compile(schema, SchemaMapper.payloadType(schema));
  }

  @Test
  void copy_ofARow_keepsItsNestedRowsWhenTheNextPayloadIsDecoded() throws IOException {
    PayloadDecoder decoder = decoder(SHAPES);
    byte[] first = avro(shape(1, List.of(point(2), point(3))));
    byte[] second = avro(shape(10, List.of(point(11))));

    InternalRow copy = decoder.decode(first, 0, first.length).copy();
    InternalRow next = decoder.decode(second, 0, second.length);

    assertThat(copy.getStruct(1, 2).getInt(0)).isEqualTo(1);
    assertThat(copy.getStruct(1, 2).getDouble(1)).isEqualTo(0.5);
    assertThat(copy.getStruct(2, 2).getStruct(0, 2).getInt(0)).isEqualTo(-1);
    assertThat(copy.getStruct(2, 2).isNullAt(1)).isTrue();
    assertThat(next.getStruct(1, 2).getInt(0)).isEqualTo(10);
    assertThat(next.getStruct(1, 2).isNullAt(1)).isTrue();
    assertThat(next.getStruct(2, 2).isNullAt(0)).isTrue();
    assertThat(next.getStruct(2, 2).getBoolean(1)).isTrue();
  }

  @Test
  void arrayOfRecords_hasARowForEachItem() throws IOException {
    PayloadDecoder decoder = decoder(SHAPES);
    byte[] first = avro(shape(1, List.of(point(2), point(3))));
    byte[] second = avro(shape(10, List.of(point(11))));

    var corners = decoder.decode(first, 0, first.length).getArray(3);
    decoder.decode(second, 0, second.length);

    assertThat(corners.numElements()).isEqualTo(2);
    assertThat(corners.getStruct(0, 2).getInt(0)).isEqualTo(2);
    assertThat(corners.getStruct(1, 2).getInt(0)).isEqualTo(3);
    assertThat(corners.getStruct(1, 2).getDouble(1)).isEqualTo(1.5);
  }

  @Test
  void arrayAfterALongerOne_hasItsOwnItemsOnly() throws IOException {
    PayloadDecoder decoder = decoder(SHAPES);
    List<GenericData.Record> many =
        IntStream.range(0, 5_000).mapToObj(ReusedRowsTest::point).toList();
    byte[] longer = avro(shape(1, many));
    byte[] shorter = avro(shape(2, List.of(point(3))));

    var all = decoder.decode(longer, 0, longer.length).getArray(3);
    var one = decoder.decode(shorter, 0, shorter.length).getArray(3);

    assertThat(all.numElements()).isEqualTo(5_000);
    assertThat(all.getStruct(4_999, 2).getInt(0)).isEqualTo(4_999);
    assertThat(one.numElements()).isEqualTo(1);
    assertThat(one.getStruct(0, 2).getInt(0)).isEqualTo(3);
  }

  @Test
  void decode_recordsOfFixedSize_allocatesNothing() throws IOException {
    byte[] message = avro(shape(7, List.of()));
    StructType all = SchemaMapper.payloadType(SHAPES);
    PayloadDecoder decoder =
        PayloadDecoders.compile(SHAPES, new StructType(Arrays.copyOf(all.fields(), 3)));

    assertThat(allocatedPerDecode(decoder, message)).isLessThan(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = SchemaType.class,
      names = {"BOOLEAN", "INT16", "INT32", "INT64", "FLOAT", "DOUBLE", "TIMESTAMP", "LOCAL_DATE"})
  void decode_numbers_allocatesNothing(SchemaType type) {
    int size = PrimitivePayload.of(type).size();
    byte[] message = ByteBuffer.allocate(Long.BYTES).putInt(Long.BYTES - Integer.BYTES, 1).array();
    byte[] payload = Arrays.copyOfRange(message, Long.BYTES - size, Long.BYTES);

    assertThat(
            allocatedPerDecode(decoder(new TopicSchema(0, type, new byte[0], Map.of())), payload))
        .isLessThan(1);
  }

  /** Bytes that this thread allocates for one of many calls. */
  private static double allocatedPerDecode(PayloadDecoder decoder, byte[] message) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int calls = 20_000;
    decoder.decode(message, 0, message.length);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < calls; i++) {
      decoder.decode(message, 0, message.length);
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / (double) calls;
  }
}
