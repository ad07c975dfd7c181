package io.sluice.source;

import io.sluice.broker.PulsarStandalone;
import io.sluice.broker.StandaloneSettings;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.SchemaMapper;
import io.sluice.testing.RawAvro;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.types.StructType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/**
 * A topic of four schema versions, mixed message by message, beside a topic of one: what it costs
 * that a task chooses the decoder for each message.
 *
 * <p>The versions are four orders of the same ten fields, so that a message costs the same in each.
 * They come from the registry of a private broker, as they do in a task.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(MixedVersionsBenchmark.MESSAGES)
public class MixedVersionsBenchmark {

  static final int MESSAGES = 1000;

  private static final int VERSIONS = 4;
  private static final String TOPIC = "persistent://public/default/mixed-versions";
  private static final List<String> FIELDS =
      List.of(
          "{'name':'id','type':'long'}",
          "{'name':'customer','type':'string'}",
          "{'name':'amount','type':'double'}",
          "{'name':'items','type':'int'}",
          "{'name':'paid','type':'boolean'}",
          "{'name':'note','type':['null','string'],'default':null}",
          "{'name':'coupon','type':['null','string'],'default':null}",
          "{'name':'weight','type':['null','double'],'default':null}",
          "{'name':'street','type':'string'}",
          "{'name':'tags','type':{'type':'array','items':'string'}}");

  private final byte[][] singleVersions = new byte[MESSAGES][];
  private final byte[][] singlePayloads = new byte[MESSAGES][];
  private final byte[][] mixedVersions = new byte[MESSAGES][];
  private final byte[][] mixedPayloads = new byte[MESSAGES][];
  private PulsarStandalone broker;
  private WriterDecoders single;
  private WriterDecoders mixed;

  /** Starts the broker, registers the versions and makes the messages. */
  @Setup
  public void prepare() throws Exception {
    Path directory =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "bench")), "versions-")
            .toAbsolutePath();
    broker =
        PulsarStandalone.start(
            StandaloneSettings.in(Path.of("target", "pulsar"), directory.resolve("broker")));
    List<Schema> versions = register();
    Random random = new Random(7);
    for (int i = 0; i < MESSAGES; i++) {
      GenericData.Record order = order(versions.get(0), random, i);
      int version = random.nextInt(VERSIONS);
      mixedVersions[i] = number(version);
      mixedPayloads[i] = avro(versions.get(version), order);
      singleVersions[i] = number(VERSIONS - 1);
      singlePayloads[i] = avro(versions.get(VERSIONS - 1), order);
    }
    single = decoders(versions);
    mixed = decoders(versions);
    int id = versions.get(VERSIONS - 1).getField("id").pos();
    for (int i = 0; i < MESSAGES; i++) {
      check(single, singleVersions[i], singlePayloads[i], id, i);
      check(mixed, mixedVersions[i], mixedPayloads[i], id, i);
    }
  }

  /** Ends the broker. */
  @TearDown
  public void end() {
    broker.close();
  }

  private List<Schema> register() throws IOException {
    List<Schema> versions = new ArrayList<>();
    List<String> fields = new ArrayList<>(FIELDS);
    try (PulsarClient client = PulsarClient.builder().serviceUrl(broker.serviceUrl()).build()) {
      for (int version = 0; version < VERSIONS; version++) {
        Schema schema =
            new Schema.Parser()
                .parse(
                    ("{'type':'record','name':'Order','fields':[%s]}"
                            .formatted(String.join(",", fields)))
                        .replace('\'', '"'));
        try (Producer<byte[]> producer =
            client.newProducer(new RawAvro(schema)).topic(TOPIC).create()) {
          versions.add(schema);
        }
        Collections.rotate(fields, 3);
      }
    }
    return versions;
  }

  private WriterDecoders decoders(List<Schema> versions) {
    StructType target =
        SchemaMapper.payloadType(
            new TopicSchema(
                VERSIONS - 1,
                SchemaType.AVRO,
                versions.get(VERSIONS - 1).toString().getBytes(StandardCharsets.UTF_8),
                Map.of()));
    PulsarOptions options =
        PulsarOptions.parse(
            Map.of(
                "service.url", broker.serviceUrl(),
                "admin.url", broker.adminUrl(),
                "topic", TOPIC));
    return new WriterDecoders(options, SchemaSnapshot.unchecked(), TOPIC, target);
  }

  private static byte[] number(int version) {
    return ByteBuffer.allocate(Long.BYTES).putLong(version).array();
  }

  private static GenericData.Record order(Schema schema, Random random, int i) {
    GenericData.Record order = new GenericData.Record(schema);
    order.put("id", (long) i);
    order.put("customer", "customer-" + random.nextInt(100_000));
    order.put("amount", random.nextInt(100_000) / 100.0);
    order.put("items", random.nextInt(20));
    order.put("paid", random.nextBoolean());
    order.put("note", random.nextBoolean() ? "leave at the door" : null);
    order.put("coupon", null);
    order.put("weight", random.nextDouble());
    order.put("street", "Street " + random.nextInt(1000));
    order.put("tags", List.of("new", "express"));
    return order;
  }

  private static byte[] avro(Schema schema, GenericData.Record order) throws IOException {
    GenericData.Record reordered = new GenericData.Record(schema);
    schema.getFields().forEach(field -> reordered.put(field.name(), order.get(field.name())));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<>(schema).write(reordered, encoder);
    return out.toByteArray();
  }

  private static void check(
      WriterDecoders decoders, byte[] version, byte[] payload, int column, int i) {
    long id = decoders.of(version).decode(payload, 0, payload.length).getLong(column);
    if (id != i) {
      throw new IllegalStateException("message " + i + " was decoded as " + id);
    }
  }

  /** One version in all messages. */
  @Benchmark
  public void single(Blackhole hole) {
    decode(single, singleVersions, singlePayloads, hole);
  }

  /** Four versions in turn, at random. */
  @Benchmark
  public void mixed(Blackhole hole) {
    decode(mixed, mixedVersions, mixedPayloads, hole);
  }

  private static void decode(
      WriterDecoders decoders, byte[][] versions, byte[][] payloads, Blackhole hole) {
    for (int i = 0; i < MESSAGES; i++) {
      byte[] payload = payloads[i];
      hole.consume(decoders.of(versions[i]).decode(payload, 0, payload.length));
    }
  }
}
