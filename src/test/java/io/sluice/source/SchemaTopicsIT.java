package io.sluice.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RawSchema;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.avro.SchemaConverters;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Topics with a schema, from a producer through the registry to columns. */
class SchemaTopicsIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private static final org.apache.avro.Schema ORDER_V1 =
      new org.apache.avro.Schema.Parser()
          .parse(
              """
              {"type":"record","name":"Order","fields":[
                {"name":"id","type":"long"},
                {"name":"amount","type":{"type":"bytes","logicalType":"decimal",
                                         "precision":12,"scale":2}},
                {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
                {"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID"]}},
                {"name":"customer","type":["null",{"type":"record","name":"Customer","fields":[
                  {"name":"name","type":"string"},
                  {"name":"tags","type":{"type":"array","items":"string"}}]}],"default":null},
                {"name":"prices","type":{"type":"map","values":"double"}}]}
              """);

  private static final org.apache.avro.Schema ORDER_V2 = withNote(ORDER_V1);

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @Test
  void batch_avroTopicWithTwoVersions_decodesEachMessageByItsWritersVersion() throws Exception {
    String topic = BROKER.createTopic("orders", 0);
    publish(topic, ORDER_V1, order(ORDER_V1, 1), order(ORDER_V1, 2));
    GenericRecord newer = order(ORDER_V2, 3);
    newer.put("note", "gift");
    publish(topic, ORDER_V2, newer);
    publish(topic, ORDER_V1, order(ORDER_V1, 4));

    Dataset<Row> rows = load(topic, Map.of());

    StructType expected =
        ((StructType) SchemaConverters.toSqlType(ORDER_V2).dataType()).asNullable();
    assertThat(columns(rows, expected.length())).containsExactlyElementsOf(columnsOf(expected));
    List<Row> byId = rows.orderBy("id").collectAsList();
    assertThat(byId).extracting(row -> row.<Long>getAs("id")).containsExactly(1L, 2L, 3L, 4L);
    assertThat(byId)
        .extracting(row -> row.<String>getAs("note"))
        .containsExactly(null, null, "gift", null);
    assertThat(byId)
        .extracting(row -> row.<Long>getAs("__schemaVersion"))
        .containsExactly(0L, 0L, 1L, 0L);
    Row first = byId.get(0);
    assertThat(first.<java.math.BigDecimal>getAs("amount")).isEqualByComparingTo("1.25");
    assertThat(first.<Timestamp>getAs("at").toInstant())
        .isEqualTo(Instant.parse("2026-01-01T00:00:00.001Z"));
    assertThat(first.<String>getAs("state")).isEqualTo("PAID");
    Row customer = first.getAs("customer");
    assertThat(customer.<String>getAs("name")).isEqualTo("c1");
    assertThat(customer.getList(customer.fieldIndex("tags"))).isEqualTo(List.of("a", "b"));
    assertThat(first.getJavaMap(first.fieldIndex("prices"))).isEqualTo(Map.of("eur", 1.5));
  }

  @Test
  void batch_recordThatContainsItself_isRefusedByItsPathOrJsonText() throws Exception {
    String topic = BROKER.createTopic("recursive", 0);
    org.apache.avro.Schema node =
        new org.apache.avro.Schema.Parser()
            .parse(
                """
                {"type":"record","name":"Node","fields":[
                  {"name":"id","type":"long"},{"name":"next","type":["null","Node"]}]}
                """);
    GenericRecord last = new GenericData.Record(node);
    last.put("id", 2L);
    GenericRecord first = new GenericData.Record(node);
    first.put("id", 1L);
    first.put("next", last);
    publish(topic, node, first);

    assertThatThrownBy(() -> load(topic, Map.of()))
        .hasMessageContaining("[UNSUPPORTED_SCHEMA] Field `next` of version 0 of " + topic);
    Row row = load(topic, Map.of("recursiveFields", "json")).head();
    assertThat(row.<Long>getAs("id")).isEqualTo(1);
    assertThat(row.<String>getAs("next")).isEqualTo("{\"id\":2,\"next\":null}");
  }

  @Test
  void batch_tombstoneInATopicWithSchema_isARowOfNulls() throws Exception {
    String topic = BROKER.createTopic("tombstone", 0);
    try (Producer<byte[]> producer =
        BROKER.client().newProducer(new RawSchema(ORDER_V1)).topic(topic).create()) {
      producer.newMessage().key("k1").value(bytes(order(ORDER_V1, 1))).send();
      producer.newMessage().key("k1").value(null).send();
    }
    List<Row> rows = load(topic, Map.of()).orderBy("__entryId").collectAsList();
    assertThat(rows).extracting(row -> row.<Long>getAs("id")).containsExactly(1L, null);
    assertThat(rows)
        .allSatisfy(row -> assertThat(row.<byte[]>getAs("__key")).asString(UTF_8).isEqualTo("k1"));
  }

  @Test
  void batch_jsonTopic_hasTheColumnsOfItsDefinition() throws Exception {
    String topic = BROKER.createTopic("json", 0);
    try (Producer<Reading> producer =
        BROKER.client().newProducer(Schema.JSON(Reading.class)).topic(topic).create()) {
      for (int i = 0; i < 3; i++) {
        Reading reading = new Reading();
        reading.sensor = "s" + i;
        reading.value = i / 2.0;
        reading.flags = List.of(i, i + 1);
        producer.send(reading);
      }
    }
    List<Row> rows = load(topic, Map.of()).orderBy("sensor").collectAsList();
    assertThat(rows)
        .extracting(row -> row.<String>getAs("sensor"))
        .containsExactly("s0", "s1", "s2");
    assertThat(rows).extracting(row -> row.<Double>getAs("value")).containsExactly(0.0, 0.5, 1.0);
    assertThat(rows.get(2).getList(rows.get(2).fieldIndex("flags"))).isEqualTo(List.of(2, 3));
  }

  @Test
  void batch_primitiveAndSchemalessTopics_haveOneColumnValue() throws Exception {
    String numbers = BROKER.createTopic("numbers", 0);
    try (Producer<Long> producer =
        BROKER.client().newProducer(Schema.INT64).topic(numbers).create()) {
      producer.send(42L);
    }
    assertThat(load(numbers, Map.of()).select("value").collectAsList())
        .extracting(row -> row.get(0))
        .containsExactly(42L);

    String bytes = BROKER.createTopic("bytes", 0);
    try (Producer<byte[]> producer = BROKER.client().newProducer().topic(bytes).create()) {
      producer.send(new byte[] {0, 1, 2});
    }
    Dataset<Row> rows = load(bytes, Map.of());
    assertThat(rows.schema().apply("value").dataType()).isEqualTo(DataTypes.BinaryType);
    assertThat(rows.select("value").first().<byte[]>getAs(0)).containsExactly(0, 1, 2);
    assertThat(load(bytes, Map.of("payload", "string")).schema().apply("value").dataType())
        .isEqualTo(DataTypes.StringType);
  }

  @Test
  void batch_payloadIsDamaged_failsByNameUnlessThePayloadIsNotAskedFor() throws Exception {
    String topic = BROKER.createTopic("damaged", 0);
    try (Producer<byte[]> producer =
        BROKER.client().newProducer(new RawSchema(ORDER_V1)).topic(topic).create()) {
      producer.send(new byte[] {1});
    }
    assertThatThrownBy(() -> load(topic, Map.of()).select("id").collectAsList())
        .hasStackTraceContaining("[" + Condition.UNDECODABLE_MESSAGE + "]")
        .hasStackTraceContaining(topic);
    assertThat(load(topic, Map.of()).count()).isEqualTo(1);
    assertThat(load(topic, Map.of()).select("__topic").first().getString(0)).isEqualTo(topic);
  }

  @Test
  void rows_cachedShuffledAndUnited_keepTheirOwnValues() throws Exception {
    String topic = BROKER.createTopic("copies", 0);
    GenericRecord[] orders = new GenericRecord[100];
    for (int i = 0; i < orders.length; i++) {
      orders[i] = order(ORDER_V1, i);
    }
    publish(topic, ORDER_V1, orders);
    Dataset<Row> rows = load(topic, Map.of()).cache();
    try {
      assertThat(rows.repartition(2).sort(functions.desc("id")).first().<Long>getAs("id"))
          .isEqualTo(99L);
      assertThat(rows.union(rows).groupBy("customer.name").count().count()).isEqualTo(100);
    } finally {
      rows.unpersist();
    }
  }

  /** A value as an application's class, for the client's own JSON schema. */
  public static final class Reading {
    public String sensor = "";
    public double value;
    public List<Integer> flags = List.of();
  }

  private Dataset<Row> load(String topic, Map<String, String> more) {
    return SparkSessions.compiling()
        .read()
        .format("pulsar")
        .options(streams.options(topic, more))
        .load();
  }

  private static List<Map.Entry<String, DataType>> columns(Dataset<Row> rows, int count) {
    return columnsOf(rows.schema()).subList(0, count);
  }

  private static List<Map.Entry<String, DataType>> columnsOf(StructType type) {
    return java.util.Arrays.stream(type.fields())
        .map(field -> Map.entry(field.name(), field.dataType()))
        .toList();
  }

  private static void publish(String topic, org.apache.avro.Schema schema, GenericRecord... records)
      throws IOException {
    try (Producer<byte[]> producer =
        BROKER.client().newProducer(new RawSchema(schema)).topic(topic).create()) {
      for (GenericRecord record : records) {
        producer.send(bytes(record));
      }
    }
  }

  private static byte[] bytes(GenericRecord record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private static GenericRecord order(org.apache.avro.Schema schema, int id) {
    GenericRecord order = new GenericData.Record(schema);
    order.put("id", (long) id);
    order.put(
        "amount",
        java.nio.ByteBuffer.wrap(java.math.BigInteger.valueOf(id * 100L + 25).toByteArray()));
    order.put("at", Instant.parse("2026-01-01T00:00:00Z").toEpochMilli() + id);
    order.put(
        "state",
        new GenericData.EnumSymbol(
            schema.getField("state").schema(), id % 2 == 0 ? "NEW" : "PAID"));
    GenericRecord customer =
        new GenericData.Record(schema.getField("customer").schema().getTypes().get(1));
    customer.put("name", "c" + id);
    customer.put("tags", List.of("a", "b"));
    order.put("customer", customer);
    order.put("prices", Map.of("eur", id + 0.5));
    return order;
  }

  private static org.apache.avro.Schema withNote(org.apache.avro.Schema schema) {
    var fields = SchemaBuilder.record(schema.getName()).fields();
    schema
        .getFields()
        .forEach(
            field -> {
              if (field.hasDefaultValue()) {
                fields.name(field.name()).type(field.schema()).withDefault(null);
              } else {
                fields.name(field.name()).type(field.schema()).noDefault();
              }
            });
    return fields.optionalString("note").endRecord();
  }
}
