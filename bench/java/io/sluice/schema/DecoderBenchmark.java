package io.sluice.schema;

import io.sluice.pulsar.TopicSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.avro.AvroDeserializer;
import org.apache.spark.sql.avro.SchemaConverters;
import org.apache.spark.sql.catalyst.expressions.json.JsonToStructsEvaluator;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Payload bytes to Spark rows: Sluice's decoders beside what {@code from_avro} and {@code from_json}
 * do for each row, on the same bytes.
 *
 * <p>{@code from_avro} is taken apart into the three steps that its expression does, with every
 * object used again that the expression uses again.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(DecoderBenchmark.MESSAGES)
public class DecoderBenchmark {

  static final int MESSAGES = 1000;

  private static final String SCHEMA =
      """
      {"type":"record","name":"Order","fields":[
        {"name":"id","type":"long"},
        {"name":"customer","type":"string"},
        {"name":"amount","type":"double"},
        {"name":"items","type":"int"},
        {"name":"paid","type":"boolean"},
        {"name":"note","type":["null","string"],"default":null},
        {"name":"coupon","type":["null","string"],"default":null},
        {"name":"weight","type":["null","double"],"default":null},
        {"name":"address","type":{"type":"record","name":"Address","fields":[
          {"name":"street","type":"string"},{"name":"zip","type":"int"}]}},
        {"name":"tags","type":{"type":"array","items":"string"}}]}
      """;

  private final byte[][] avro = new byte[MESSAGES][];
  private final byte[][] json = new byte[MESSAGES][];
  private PayloadDecoder avroDecoder;
  private PayloadDecoder jsonDecoder;
  private GenericDatumReader<Object> reader;
  private AvroDeserializer deserializer;
  private BinaryDecoder binary;
  private Object record;
  private JsonToStructsEvaluator fromJson;

  /** Makes the messages and the decoders. */
  @Setup
  public void prepare() throws IOException {
    Schema schema = new Schema.Parser().parse(SCHEMA);
    Random random = new Random(7);
    for (int i = 0; i < MESSAGES; i++) {
      GenericData.Record order = order(schema, random, i);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<>(schema).write(order, encoder);
      encoder.flush();
      avro[i] = out.toByteArray();
      json[i] = json(order).getBytes(StandardCharsets.UTF_8);
    }
    StructType type = (StructType) SchemaConverters.toSqlType(schema, false, "", -1).dataType();
    avroDecoder = decoder(SchemaType.AVRO, type);
    jsonDecoder = decoder(SchemaType.JSON, type);
    reader = new GenericDatumReader<>(schema);
    deserializer = new AvroDeserializer(schema, type, "CORRECTED", false, "", -1);
    fromJson =
        new JsonToStructsEvaluator(
            scala.collection.immutable.Map$.MODULE$.empty(),
            type,
            "_corrupt_record",
            scala.Option.apply("UTC"),
            true);
  }

  private static PayloadDecoder decoder(SchemaType kind, StructType type) {
    return PayloadDecoders.compile(
        new TopicSchema(0, kind, SCHEMA.getBytes(StandardCharsets.UTF_8), Map.of()), type);
  }

  private static GenericData.Record order(Schema schema, Random random, int i) {
    GenericData.Record address = new GenericData.Record(schema.getField("address").schema());
    address.put("street", "Street " + random.nextInt(1000));
    address.put("zip", random.nextInt(99999));
    GenericData.Record order = new GenericData.Record(schema);
    order.put("id", (long) i);
    order.put("customer", "customer-" + random.nextInt(100_000));
    order.put("amount", random.nextInt(100_000) / 100.0);
    order.put("items", random.nextInt(20));
    order.put("paid", random.nextBoolean());
    order.put("note", random.nextBoolean() ? "leave at the door" : null);
    order.put("coupon", null);
    order.put("weight", random.nextDouble());
    order.put("address", address);
    order.put("tags", java.util.List.of("new", "express"));
    return order;
  }

  private static String json(GenericData.Record order) {
    return GenericData.get().toString(order);
  }

  /** Sluice's Avro decoder. */
  @Benchmark
  public void avroSluice(Blackhole hole) {
    for (byte[] message : avro) {
      hole.consume(avroDecoder.decode(message, 0, message.length));
    }
  }

  /** What {@code from_avro} does. */
  @Benchmark
  public void avroFromAvro(Blackhole hole) throws IOException {
    for (byte[] message : avro) {
      binary = DecoderFactory.get().binaryDecoder(message, 0, message.length, binary);
      record = reader.read(record, binary);
      hole.consume(deserializer.deserialize(record).get());
    }
  }

  /** Sluice's JSON decoder. */
  @Benchmark
  public void jsonSluice(Blackhole hole) {
    for (byte[] message : json) {
      hole.consume(jsonDecoder.decode(message, 0, message.length));
    }
  }

  /** What {@code from_json} does. */
  @Benchmark
  public void jsonFromJson(Blackhole hole) {
    for (byte[] message : json) {
      hole.consume(fromJson.evaluate(UTF8String.fromBytes(message)));
    }
  }
}
