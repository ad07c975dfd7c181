package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.PayloadDecoder;
import io.sluice.schema.PayloadDecoders;
import io.sluice.schema.SchemaMapper;
import io.sluice.schema.UndecodablePayloadException.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The decoders of one topic, one per schema version that its messages were written with. */
final class WriterDecoders {

  private final PulsarOptions options;
  private final SchemaSnapshot schemas;
  private final String topic;
  private final StructType target;
  private final ExecutorSchemas known;
  private final Map<Long, PayloadDecoder> byVersion = new HashMap<>();
  private final Map<Long, UnreadableVersionException> unreadable = new HashMap<>();
  private byte @Nullable [] lastVersion;
  private @Nullable PayloadDecoder last;

  WriterDecoders(PulsarOptions options, SchemaSnapshot schemas, String topic, StructType target) {
    this(options, schemas, topic, target, ExecutorSchemas.SHARED);
  }

  /**
   * Creates decoders that have met no version.
   *
   * @param schemas what the driver knows of the registry
   * @param target the payload's columns
   * @param known the versions that other tasks have met
   */
  WriterDecoders(
      PulsarOptions options,
      SchemaSnapshot schemas,
      String topic,
      StructType target,
      ExecutorSchemas known) {
    this.options = options;
    this.schemas = schemas;
    this.topic = topic;
    this.target = target;
    this.known = known;
  }

  /**
   * The decoder for messages of a version, which the registry is asked for once per executor.
   *
   * @throws UnreadableVersionException if there is none
   */
  PayloadDecoder of(byte @Nullable [] version) {
    PayloadDecoder decoder = last;
    if (decoder != null && Arrays.equals(version, lastVersion)) {
      return decoder;
    }
    long number = version == null ? TopicSchema.NO_VERSION : SchemaCatalog.number(version);
    UnreadableVersionException known = unreadable.get(number);
    if (known != null) {
      throw known;
    }
    decoder = byVersion.computeIfAbsent(number, absent -> compile(number, version));
    last = decoder;
    lastVersion = version;
    return decoder;
  }

  private PayloadDecoder compile(long number, byte @Nullable [] version) {
    Kind stage = Kind.UNKNOWN_SCHEMA_VERSION;
    try {
      TopicSchema writer = writer(version);
      stage = Kind.UNSUPPORTED_SCHEMA;
      schemas.check(options.schemas(), topic, writer, SourceSchema.withoutRescued(target, options));
      return options.schemas().rescuedColumn() == null
          ? PayloadDecoders.compile(writer, newest(writer), target)
          : PayloadDecoders.rescuing(writer, newest(writer), target);
    } catch (SluiceException failure) {
      if (failure.condition() != Condition.UNSUPPORTED_SCHEMA) {
        throw failure;
      }
      UnreadableVersionException known = new UnreadableVersionException(stage, failure);
      unreadable.put(number, known);
      throw known;
    }
  }

  /** The schema of messages that carry this version; none means the newest of the planning. */
  private TopicSchema writer(byte @Nullable [] version) {
    TopicSchema forced = SourceSchema.forcedSchema(options.payload());
    if (forced != null) {
      return forced;
    }
    RegisteredSchemas.Version newest = schemas.newest().of(topic);
    if (version != null || newest == null) {
      return schema(version);
    }
    return newest.version() == TopicSchema.NO_VERSION
        ? TopicSchema.none()
        : schema(bytes(newest.version()));
  }

  /**
   * The schema that gives defaults and other names to what the writer lacks: the newest of the
   * planning, so that all tasks of a batch agree on it.
   */
  private TopicSchema newest(TopicSchema writer) {
    RegisteredSchemas.Version newest = schemas.newest().of(topic);
    if (writer.version() == TopicSchema.NO_VERSION
        || (newest != null && newest.version() == writer.version())) {
      return writer;
    }
    try {
      TopicSchema schema = schema(newest == null ? null : bytes(newest.version()));
      return SchemaMapper.isMapped(schema) ? schema : writer;
    } catch (SluiceException failure) {
      if (failure.condition() != Condition.UNSUPPORTED_SCHEMA) {
        throw failure;
      }
      // It was deleted meanwhile, and the messages are those of the writer.
      return writer;
    }
  }

  private TopicSchema schema(byte @Nullable [] version) {
    return known.of(options.connection(), topic, schemas.era(), version);
  }

  private static byte[] bytes(long version) {
    return ByteBuffer.allocate(Long.BYTES).putLong(version).array();
  }
}
