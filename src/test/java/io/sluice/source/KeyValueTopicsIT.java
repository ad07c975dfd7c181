package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.KeyValue;
import org.apache.pulsar.common.schema.KeyValueEncodingType;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Topics whose messages are a key and a value with a schema each. */
class KeyValueTopicsIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private static final StructType READING =
      new StructType()
          .add("flags", DataTypes.createArrayType(DataTypes.IntegerType, false), true)
          .add("sensor", DataTypes.StringType, true)
          .add("value", DataTypes.DoubleType, false);

  /** A schema that a key or a value may have, with two of its values. */
  private record Part<T>(Schema<T> schema, DataType type, T one, T other) {}

  private static final List<Part<?>> PARTS =
      List.of(
          new Part<>(
              Schema.AVRO(Reading.class), READING, new Reading("s1", 0.5), new Reading("", 1)),
          new Part<>(
              Schema.JSON(Reading.class), READING, new Reading("s2", -1), new Reading("\u20ac", 2)),
          new Part<>(Schema.STRING, DataTypes.StringType, "text", ""),
          new Part<>(Schema.BYTES, DataTypes.BinaryType, new byte[] {0, -1, 7}, new byte[0]));

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @ParameterizedTest
  @EnumSource(KeyValueEncodingType.class)
  void batch_keysAndValuesOfEverySchema_areWhatTheClientReads(KeyValueEncodingType encoding)
      throws Exception {
    for (Part<?> key : PARTS) {
      for (Part<?> value : PARTS) {
        check(encoding, key, value);
      }
    }
  }

  private <K, V> void check(KeyValueEncodingType encoding, Part<K> key, Part<V> value)
      throws Exception {
    Schema<KeyValue<K, V>> schema = Schema.KeyValue(key.schema, value.schema, encoding);
    String topic = BROKER.createTopic("key-value", 0);
    publish(topic, schema, key, value);

    Dataset<Row> rows = load(topic);

    assertThat(rows.schema().apply("key").dataType().sql()).isEqualTo(nullable(key.type));
    assertThat(rows.schema().apply("value").dataType().sql()).isEqualTo(nullable(value.type));
    List<String> expected = new ArrayList<>();
    try (Reader<KeyValue<K, V>> reader =
        BROKER
            .client()
            .newReader(schema)
            .topic(topic)
            .startMessageId(MessageId.earliest)
            .create()) {
      for (int i = 0; i < 7; i++) {
        Message<KeyValue<K, V>> message =
            Objects.requireNonNull(reader.readNext(10, TimeUnit.SECONDS));
        boolean empty = message.size() == 0 && encoding == KeyValueEncodingType.INLINE;
        KeyValue<K, V> pair = empty ? new KeyValue<>(null, null) : message.getValue();
        expected.add(plain(pair.getKey()) + " -> " + plain(pair.getValue()));
      }
    }
    assertThat(rows.orderBy("__entryId", "__batchIndex").collectAsList())
        .as("%s %s %s", encoding, key.schema.getSchemaInfo(), value.schema.getSchemaInfo())
        .extracting(row -> plain(row.getAs("key")) + " -> " + plain(row.getAs("value")))
        .containsExactlyElementsOf(expected);
    assertThat(expected)
        .startsWith(
            plain(key.one) + " -> " + plain(value.one),
            plain(key.other) + " -> " + plain(value.other))
        .endsWith("null -> null");
  }

  private static <K, V> void publish(
      String topic, Schema<KeyValue<K, V>> schema, Part<K> key, Part<V> value) throws Exception {
    try (Producer<KeyValue<K, V>> producer =
        BROKER
            .client()
            .newProducer(schema)
            .topic(topic)
            .batchingMaxMessages(3)
            .batchingMaxPublishDelay(1, TimeUnit.HOURS)
            .create()) {
      List<KeyValue<K, V>> pairs = new ArrayList<>();
      pairs.add(new KeyValue<>(key.one, value.one));
      pairs.add(new KeyValue<>(key.other, value.other));
      pairs.add(new KeyValue<>(key.one, null));
      pairs.add(new KeyValue<>(null, value.one));
      pairs.add(new KeyValue<>(null, null));
      pairs.add(new KeyValue<>(key.other, value.one));
      pairs.add(null);
      List<CompletableFuture<MessageId>> sent = new ArrayList<>();
      for (KeyValue<K, V> pair : pairs) {
        sent.add(producer.sendAsync(pair));
      }
      producer.flush();
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void batch_rescuedData_keepsWhatNoColumnHolds() throws Exception {
    String topic = BROKER.createTopic("rescued", 0);
    var schema =
        Schema.KeyValue(Schema.STRING, Schema.AVRO(Reading.class), KeyValueEncodingType.SEPARATED);
    try (Producer<KeyValue<String, Reading>> producer =
        BROKER.client().newProducer(schema).topic(topic).create()) {
      producer.send(new KeyValue<>("k", new Reading("s", 0.5)));
      producer.send(new KeyValue<>("k", null));
    }

    Dataset<Row> rows =
        SparkSessions.compiling()
            .read()
            .format("pulsar")
            .schema("key INT, value STRUCT<sensor: STRING>")
            .options(streams.options(topic, Map.of("rescuedDataColumn", "_rescued")))
            .load()
            .orderBy("__entryId");

    assertThat(rows.select("_rescued").collectAsList().toString())
        .isEqualTo(
            "[[{\"key\":\"k\",\"value\":{\"flags\":[1,2],\"value\":0.5}}], [{\"key\":\"k\"}]]");
    assertThat(rows.select("key", "value").collectAsList().toString())
        .isEqualTo("[[null,[s]], [null,null]]");
  }

  @Test
  void batch_tombstoneOfASeparateKey_keepsItsKey() throws Exception {
    String topic = BROKER.createTopic("separate", 0);
    Schema<KeyValue<Integer, String>> schema =
        Schema.KeyValue(Schema.INT32, Schema.STRING, KeyValueEncodingType.SEPARATED);
    try (Producer<KeyValue<Integer, String>> producer =
        BROKER.client().newProducer(schema).topic(topic).enableBatching(false).create()) {
      producer.send(new KeyValue<>(1, "one"));
      producer.send(new KeyValue<>(1, null));
    }

    List<Row> rows = load(topic).orderBy("__entryId").collectAsList();

    assertThat(rows).extracting(row -> row.<Integer>getAs("key")).containsExactly(1, 1);
    assertThat(rows).extracting(row -> row.<String>getAs("value")).containsExactly("one", null);
    assertThat(rows.get(1).<byte[]>getAs("__key")).containsExactly(0, 0, 0, 1);
  }

  /** The type as columns have it: whatever a schema promises, another version may lack it. */
  private static String nullable(DataType type) {
    return type.sql().replace(" NOT NULL", "");
  }

  /** A value in a form that tells the client's objects and Spark's apart by content only. */
  private static String plain(@Nullable Object value) {
    if (value instanceof Reading reading) {
      return "[" + reading.flags + ", " + reading.sensor + ", " + reading.value + "]";
    }
    if (value instanceof Row row) {
      return "[" + row.getList(0) + ", " + row.get(1) + ", " + row.get(2) + "]";
    }
    return value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value);
  }

  private Dataset<Row> load(String topic) {
    return SparkSessions.compiling()
        .read()
        .format("pulsar")
        .options(streams.options(topic, Map.of()))
        .load();
  }

  /** A part as an application's class, for the client's own schemas. */
  public static final class Reading {
    public String sensor = "";
    public double value;
    public List<Integer> flags = List.of();

    /** For the client's readers. */
    public Reading() {}

    Reading(String sensor, double value) {
      this.sensor = sensor;
      this.value = value;
      this.flags = List.of(1, 2);
    }
  }
}
