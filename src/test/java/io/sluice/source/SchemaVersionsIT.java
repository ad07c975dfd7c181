package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RawSchema;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.common.policies.data.SchemaCompatibilityStrategy;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Topics whose schema has changed, and messages that do not fit, against a real registry. */
class SchemaVersionsIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private static final Schema ID = record("'id':'long'");

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  private static String namespace = "";

  @BeforeAll
  static void allowEveryVersion() throws Exception {
    namespace = BROKER.uniqueNamespace();
    BROKER
        .admin()
        .namespaces()
        .setSchemaCompatibilityStrategy(namespace, SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
  }

  private static String newTopic(String name) throws Exception {
    String topic = "persistent://" + namespace + "/" + name;
    BROKER.admin().topics().createNonPartitionedTopic(topic);
    return topic;
  }

  @Test
  void batch_columnsAreGiven_areTheColumnsWithTheMetadataBehindThem() throws Exception {
    String topic = newTopic("given");
    publish(topic, record("'id':'long','name':'string'"), Map.of("id", 7L, "name", "n"));
    StructType given =
        new StructType()
            .add("name", DataTypes.StringType, false)
            .add("more", DataTypes.DoubleType)
            .add("id", DataTypes.LongType);

    Dataset<Row> rows = load(topic, given, Map.of());

    assertThat(rows.schema().fieldNames())
        .startsWith("name", "more", "id", "__key", "__topic")
        .endsWith("__sequenceId");
    assertThat(rows.select("name", "more", "id").collectAsList().toString())
        .isEqualTo("[[n,null,7]]");
    assertThat(load(topic, rows.schema(), Map.of()).schema()).isEqualTo(rows.schema());
    assertThat(load(topic, given, Map.of("includeMetadata", "false")).schema().fieldNames())
        .containsExactly("name", "more", "id");
    assertThatThrownBy(() -> load(topic, new StructType().add("__KEY", "int").add("id", "long")))
        .hasMessageContaining("[UNSUPPORTED_SCHEMA]")
        .hasMessageContaining("'__KEY'");
  }

  @Test
  void batch_permissive_tellsOfBadMessagesAndLeaksNoOther() throws Exception {
    String topic = newTopic("permissive");
    publish(topic, ID, Map.of("id", 1L));
    try (Producer<byte[]> producer =
        BROKER.client().newProducer(new RawSchema(ID)).topic(topic).create()) {
      producer.send(new byte[] {(byte) 0x80});
    }
    publish(topic, ID, Map.of("id", 2L));

    Dataset<Row> rows = load(topic, null, Map.of("mode", "permissive"));

    assertThat(rows.schema().fieldNames()).endsWith("__error", "__payload");
    assertThat(
            rows.selectExpr("id", "__error", "hex(__payload)").orderBy("__entryId").collectAsList())
        .extracting(Row::toString)
        .containsExactly(
            "[1,null,02]",
            "[null,[UNDECODABLE_PAYLOAD,id,Field `id`: the payload ends too early],80]",
            "[2,null,04]");
    assertThatThrownBy(() -> load(topic, null, Map.of()).select("id").collectAsList())
        .hasStackTraceContaining("[UNDECODABLE_MESSAGE]");
  }

  @Test
  void batch_fieldsCameAndWent_hasTheColumnsOfAllVersions() throws Exception {
    String topic = newTopic("merged");
    publish(topic, record("'id':'int','old':'string'"), Map.of("id", 1, "old", "o"));
    publish(topic, record("'new':['null','string'],'id':'long'"), Map.of("new", "n", "id", 2L));

    Dataset<Row> rows = load(topic, null, Map.of("includeMetadata", "false"));

    assertThat(rows.schema().toDDL()).isEqualTo("id BIGINT,old STRING,new STRING");
    assertThat(rows.orderBy("id").collectAsList().toString()).isEqualTo("[[1,o,null], [2,null,n]]");
  }

  @Test
  void batch_topicsWithOtherSchemas_areMergedByNameWhenToldTo() throws Exception {
    String one = newTopic("one");
    String two = newTopic("two");
    publish(one, record("'id':'int','a':'string'"), Map.of("id", 1, "a", "x"));
    publish(two, record("'id':'long','b':'string'"), Map.of("id", 2L, "b", "y"));
    Map<String, String> both = Map.of("topics", one + "," + two, "includeMetadata", "false");
    Map<String, String> merged = new HashMap<>(both);
    merged.put("topicSchemas", "merge");

    Dataset<Row> rows = load(null, null, merged);

    assertThat(rows.schema().toDDL()).isEqualTo("id BIGINT,a STRING,b STRING");
    assertThat(rows.orderBy("id").collectAsList().toString()).isEqualTo("[[1,x,null], [2,null,y]]");
    assertThatThrownBy(() -> load(null, null, both))
        .hasMessageContaining("[UNSUPPORTED_SCHEMA]")
        .hasMessageContaining("topicSchemas=merge");
    publish(two, record("'id':'long','b':'string','a':['null','int']"), Map.of("id", 2L, "b", "y"));
    assertThatThrownBy(() -> load(null, null, merged))
        .hasMessageContaining("`a`")
        .hasMessageContaining(one)
        .hasMessageContaining(two);
  }

  @Test
  void stream_versionWithANewField_stopsBeforeItsMessagesAndTakesThemAfterARestart()
      throws Exception {
    String topic = newTopic("evolving");
    publish(topic, ID, Map.of("id", 1L));
    CollectedBatches batches = new CollectedBatches();
    StreamingQuery query =
        streams.stream(topic, Map.of())
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("evolving"))
            .start();
    try {
      query.processAllAvailable();
      publish(topic, record("'id':['null','long']"), Map.of("id", 2L));
      query.processAllAvailable();
      assertThat(batches.rows()).hasSize(2);

      publish(topic, record("'id':'long','note':'string'"), Map.of("id", 3L, "note", "n"));

      assertThatThrownBy(query::processAllAvailable)
          .hasStackTraceContaining("[SCHEMA_CHANGED]")
          .hasStackTraceContaining("version 2 (+ note string)");
    } finally {
      query.stop();
    }
    streams.runAvailableNow(topic, Map.of(), "evolving", batches);
    assertThat(batches.rows()).extracting(row -> row.<Long>getAs("id")).containsExactly(1L, 2L, 3L);
    assertThat(batches.rows().get(2).<String>getAs("note")).isEqualTo("n");
  }

  @Test
  void stream_schemaWasDeletedAndItsNumbersGivenAnew_stopsAndDecodesWhatComesAfterRightly()
      throws Exception {
    String topic = newTopic("reset");
    publish(topic, ID, Map.of("id", 1L));
    try (PlayedStream stream =
        new PlayedStream(streams, topic, "reset", Map.of("payload", "auto"))) {
      stream.source().commit(stream.plan());
      BROKER.admin().schemas().deleteSchema(topic, true);
      publish(topic, record("'id':'string'"), Map.of("id", "two"));

      assertThatThrownBy(stream::plan)
          .hasMessageContaining("[SCHEMA_CHANGED]")
          .hasMessageContaining("version 0 is another schema than before");
    }
    assertThat(
            load(topic, null, Map.of("mode", "PERMISSIVE"))
                .orderBy("__entryId")
                .selectExpr("id")
                .collectAsList())
        .last()
        .extracting(row -> row.get(0))
        .isEqualTo("two");
  }

  @Test
  void registered_readAndGivenBackAsAccepted_doesNotStop() throws Exception {
    String topic = newTopic("accepted");
    publish(topic, ID, Map.of("id", 1L));
    publish(topic, record("'id':'long','note':'string'"), Map.of("id", 2L, "note", "n"));
    RegisteredSchemas seen = RegisteredSchemas.read(streams.options(topic, Map.of()));

    assertThat(seen.of(topic)).extracting("version").isEqualTo(1L);
    CollectedBatches batches = new CollectedBatches();
    StreamingQuery query =
        SparkSessions.compiling()
            .readStream()
            .format("pulsar")
            .schema(new StructType().add("id", DataTypes.LongType))
            .options(
                streams.options(
                    topic, Map.of("startingOffsets", "earliest", "acceptedSchemas", seen.toJson())))
            .load()
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("accepted"))
            .trigger(Trigger.AvailableNow())
            .start();
    assertThat(query.awaitTermination(60_000)).isTrue();
    assertThat(batches.rows()).extracting(row -> row.<Long>getAs("id")).containsExactly(1L, 2L);
  }

  private Dataset<Row> load(
      @Nullable String topic, @Nullable StructType given, Map<String, String> more) {
    var reader =
        SparkSessions.compiling().read().format("pulsar").options(streams.options(topic, more));
    return (given == null ? reader : reader.schema(given)).load();
  }

  private Dataset<Row> load(String topic, StructType given) {
    return load(topic, given, Map.of());
  }

  /** A record with these fields, as in {@code 'a':'int','b':['null','string']}. */
  private static Schema record(String fields) {
    String json =
        fields.replaceAll("'(\\w+)':((?:'\\w+')|(?:\\[[^]]*]))", "{'name':'$1','type':$2}");
    return new Schema.Parser()
        .parse(("{'type':'record','name':'R','fields':[" + json + "]}").replace('\'', '"'));
  }

  @SafeVarargs
  private static void publish(String topic, Schema schema, Map<String, Object>... values)
      throws Exception {
    try (Producer<byte[]> producer =
        BROKER.client().newProducer(new RawSchema(schema)).topic(topic).create()) {
      for (Map<String, Object> value : values) {
        producer.send(bytes(schema, value));
      }
    }
  }

  private static byte[] bytes(Schema schema, Map<String, Object> values) throws Exception {
    GenericRecord record = new GenericData.Record(schema);
    values.forEach(record::put);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }
}
