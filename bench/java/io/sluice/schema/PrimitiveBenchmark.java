package io.sluice.schema;

import io.sluice.pulsar.TopicSchema;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Conv;
import org.apache.spark.sql.catalyst.expressions.EvalMode$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.Hex;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.MillisToTimestamp;
import org.apache.spark.sql.catalyst.expressions.MutableProjection;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.catalyst.expressions.codegen.GenerateMutableProjection;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Payloads that are one value, beside what a query over the raw bytes does in Spark, in generated
 * code: {@code cast(value as string)}; {@code cast(conv(hex(value), 16, 10) as bigint)} for whole
 * numbers that are not negative, with {@code timestamp_millis} around it for a time; a function in
 * Java for a double, for which Spark has none of its own.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(PrimitiveBenchmark.MESSAGES)
public class PrimitiveBenchmark {

  static final int MESSAGES = 1000;

  /** The topic's schema. */
  @Param({"INT32", "INT64", "DOUBLE", "TIMESTAMP", "STRING"})
  public SchemaType type;

  private final byte[][] payloads = new byte[MESSAGES][];
  private final GenericInternalRow bytes = new GenericInternalRow(1);
  private PayloadDecoder decoder;
  private MutableProjection projection;

  /** Makes the messages, the decoder and the projection, and lets them agree on every message. */
  @Setup
  public void prepare() {
    Random random = new Random(7);
    IntFunction<byte[]> payload =
        switch (type) {
          case INT32 -> i -> Schema.INT32.encode(random.nextInt(Integer.MAX_VALUE));
          case INT64 -> i -> Schema.INT64.encode(random.nextLong(Long.MAX_VALUE));
          case DOUBLE -> i -> Schema.DOUBLE.encode(random.nextDouble());
          case TIMESTAMP ->
              i -> Schema.INT64.encode(1_700_000_000_000L + random.nextInt(1_000_000));
          default -> i -> Schema.STRING.encode("customer-" + random.nextInt(100_000));
        };
    for (int i = 0; i < MESSAGES; i++) {
      payloads[i] = payload.apply(i);
    }
    TopicSchema schema = new TopicSchema(0, type, new byte[0], Map.of());
    decoder = PayloadDecoders.compile(schema, SchemaMapper.payloadType(schema));
    DataType column = PrimitivePayload.of(type).type();
    projection =
        GenerateMutableProjection.generate(
            CollectionConverters.asScala(List.of(expression(column))).toSeq(), false);
    for (byte[] message : payloads) {
      Object ours = decoder.decode(message, 0, message.length).get(0, column);
      Object sparks = spark(message).get(0, column);
      if (!ours.equals(sparks)) {
        throw new IllegalStateException(ours + " is " + sparks + " to Spark");
      }
    }
  }

  private Expression expression(DataType column) {
    Expression value = new BoundReference(0, DataTypes.BinaryType, true);
    return switch (type) {
      case INT32, INT64 -> cast(conv(value), column);
      case TIMESTAMP -> new MillisToTimestamp(cast(conv(value), DataTypes.LongType));
      case DOUBLE -> userFunction(value);
      default -> cast(value, column);
    };
  }

  private static Expression conv(Expression value) {
    return new Conv(new Hex(value), literal(16), literal(10), false);
  }

  private static Expression cast(Expression value, DataType type) {
    return new Cast(value, type, Option.apply("UTC"), EvalMode$.MODULE$.LEGACY());
  }

  private static Expression literal(int value) {
    return new Literal(value, DataTypes.IntegerType);
  }

  private static Expression userFunction(Expression value) {
    scala.Function1<Object, Object> read = bytes -> ByteBuffer.wrap((byte[]) bytes).getDouble();
    return new ScalaUDF(
        read,
        DataTypes.DoubleType,
        CollectionConverters.asScala(List.of(value)).toSeq(),
        CollectionConverters.asScala(
                List.<Option<org.apache.spark.sql.catalyst.encoders.ExpressionEncoder<?>>>of())
            .toSeq(),
        Option.empty(),
        Option.empty(),
        true,
        true);
  }

  private InternalRow spark(byte[] message) {
    bytes.update(0, message);
    return projection.apply(bytes);
  }

  /** Sluice's decoder. */
  @Benchmark
  public void sluice(Blackhole hole) {
    for (byte[] message : payloads) {
      hole.consume(decoder.decode(message, 0, message.length));
    }
  }

  /** Spark's expression. */
  @Benchmark
  public void spark(Blackhole hole) {
    for (byte[] message : payloads) {
      hole.consume(spark(message));
    }
  }
}
