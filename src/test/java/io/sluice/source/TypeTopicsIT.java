package io.sluice.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RawSchema;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.sql.Time;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.impl.schema.ProtobufNativeSchemaUtils;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A topic of every type of schema, from the client through the registry into a Delta table. */
@SuppressWarnings("JavaUtilDate") // The client encodes it.
class TypeTopicsIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final Instant INSTANT = Instant.parse("2026-02-28T23:59:59.123456Z");
  private static final LocalDateTime LOCAL = LocalDateTime.parse("1969-12-31T23:59:59.000001");

  @RegisterExtension final TempLake lake = new TempLake();

  /**
   * One value that a topic of a primitive type holds.
   *
   * @param expected what Spark's {@code string} makes of the table's column, in UTC
   */
  private record Sample<T>(Schema<T> schema, T value, String type, String expected) {

    private SchemaType schemaType() {
      return schema.getSchemaInfo().getType();
    }

    private Dataset<Row> publishAndLoad() throws Exception {
      String topic = BROKER.createTopic("type-" + schemaType(), 0);
      try (Producer<T> producer = BROKER.client().newProducer(schema).topic(topic).create()) {
        producer.send(value);
      }
      return load(topic).selectExpr("value AS " + schemaType());
    }
  }

  private static final List<Sample<?>> PRIMITIVES =
      List.of(
          new Sample<>(Schema.STRING, "\u00fc\ud83d\ude00", "string", "\u00fc\ud83d\ude00"),
          new Sample<>(Schema.BOOL, true, "boolean", "true"),
          new Sample<>(Schema.INT8, Byte.MIN_VALUE, "tinyint", "-128"),
          new Sample<>(Schema.INT16, Short.MIN_VALUE, "smallint", "-32768"),
          new Sample<>(Schema.INT32, Integer.MIN_VALUE, "int", "-2147483648"),
          new Sample<>(Schema.INT64, Long.MIN_VALUE, "bigint", "-9223372036854775808"),
          new Sample<>(Schema.FLOAT, Float.MIN_VALUE, "float", "1.4E-45"),
          new Sample<>(Schema.DOUBLE, Double.MAX_VALUE, "double", "1.7976931348623157E308"),
          new Sample<>(Schema.DATE, Date.from(INSTANT), "timestamp", "2026-02-28 23:59:59.123"),
          new Sample<>(Schema.TIME, new Time(86_399_123), "bigint", "86399123"),
          new Sample<>(
              Schema.TIMESTAMP,
              new java.sql.Timestamp(INSTANT.toEpochMilli()),
              "timestamp",
              "2026-02-28 23:59:59.123"),
          new Sample<>(Schema.INSTANT, INSTANT, "timestamp", "2026-02-28 23:59:59.123456"),
          new Sample<>(Schema.LOCAL_DATE, LocalDate.MIN.withYear(1), "date", "0001-01-01"),
          new Sample<>(
              Schema.LOCAL_TIME,
              LocalTime.ofNanoOfDay(86_399_123_456_789L),
              "bigint",
              "86399123456789"),
          new Sample<>(
              Schema.LOCAL_DATE_TIME, LOCAL, "timestamp_ntz", "1969-12-31 23:59:59.000001"),
          new Sample<>(Schema.BYTES, "bytes".getBytes(UTF_8), "binary", "bytes"));

  @Test
  void batch_everyPrimitiveType_isTheSameValueInADeltaTable() throws Exception {
    Map<String, String> types = new TreeMap<>();
    Map<String, String> values = new TreeMap<>();
    List<Dataset<Row>> rows = new ArrayList<>();
    Set<SchemaType> left = EnumSet.noneOf(SchemaType.class);
    Stream.of(SchemaType.values()).filter(SchemaType::isPrimitive).forEach(left::add);
    left.remove(SchemaType.NONE); // A topic without a schema; as BYTES.
    for (Sample<?> sample : PRIMITIVES) {
      rows.add(sample.publishAndLoad());
      types.put(sample.schemaType().name(), sample.type());
      values.put(sample.schemaType().name(), sample.expected());
      left.remove(sample.schemaType());
    }
    assertThat(left).isEmpty();

    Dataset<Row> table =
        stored(rows.stream().reduce((a, b) -> a.unionByName(b, true)).orElseThrow());

    assertThat(types(table)).isEqualTo(types);
    Map<String, String> stored = new TreeMap<>();
    for (String column : types.keySet()) {
      List<Row> of =
          table.where(column + " IS NOT NULL").selectExpr("string(" + column + ")").collectAsList();
      assertThat(of).as(column).hasSize(1);
      stored.put(column, of.get(0).getString(0));
    }
    assertThat(stored).isEqualTo(values);
  }

  @Test
  void batch_protocolBuffers_areTheSameColumnsInADeltaTable() throws Exception {
    byte[] payload = Timestamp.newBuilder().setSeconds(-1).setNanos(7).build().toByteArray();
    String info =
        """
        [{"number":1,"name":"seconds","type":"INT64","label":"LABEL_OPTIONAL","definition":null},
         {"number":2,"name":"nanos","type":"INT32","label":"LABEL_OPTIONAL","definition":null}]
        """;
    // A definition in Avro's language stands beside it, which the client derives from the class.
    byte[] avro = "{\"type\":\"record\",\"name\":\"Timestamp\",\"fields\":[]}".getBytes(UTF_8);
    Dataset<Row> rows =
        publishAndLoad(
                new RawSchema(SchemaType.PROTOBUF, avro, Map.of("__PARSING_INFO__", info)), payload)
            .unionByName(
                publishAndLoad(
                    new RawSchema(
                        SchemaType.PROTOBUF_NATIVE,
                        ProtobufNativeSchemaUtils.serialize(Timestamp.getDescriptor()),
                        Map.of()),
                    payload));

    Dataset<Row> table = stored(rows);

    assertThat(types(table)).isEqualTo(Map.of("seconds", "bigint", "nanos", "int"));
    assertThat(table.select("seconds", "nanos").collectAsList().toString())
        .isEqualTo("[[-1,7], [-1,7]]");
  }

  private static Dataset<Row> publishAndLoad(RawSchema schema, byte[] payload) throws Exception {
    String topic = BROKER.createTopic("type-" + schema.getSchemaInfo().getType(), 0);
    try (Producer<byte[]> producer = BROKER.client().newProducer(schema).topic(topic).create()) {
      producer.send(payload);
    }
    return load(topic).select("seconds", "nanos");
  }

  private static Dataset<Row> load(String topic) {
    return SparkSessions.compiling()
        .read()
        .format("pulsar")
        .option("service.url", BROKER.serviceUrl())
        .option("admin.url", BROKER.adminUrl())
        .option("topic", topic)
        .load();
  }

  private Dataset<Row> stored(Dataset<Row> rows) {
    rows.write().format("delta").save(lake.path("types"));
    return SparkSessions.compiling().read().format("delta").load(lake.path("types"));
  }

  private static Map<String, String> types(Dataset<Row> table) {
    Map<String, String> types = new TreeMap<>();
    for (var field : table.schema().fields()) {
      types.put(field.name(), field.dataType().catalogString());
    }
    return types;
  }
}
