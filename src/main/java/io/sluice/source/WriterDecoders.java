package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.PayloadDecoder;
import io.sluice.schema.PayloadDecoders;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The decoders of one topic, one per schema version that its messages were written with. */
final class WriterDecoders {

  private final PulsarOptions options;
  private final String topic;
  private final StructType target;
  private final Map<Long, PayloadDecoder> byVersion = new HashMap<>();
  private byte @Nullable [] lastVersion;
  private @Nullable PayloadDecoder last;

  WriterDecoders(PulsarOptions options, String topic, StructType target) {
    this.options = options;
    this.topic = topic;
    this.target = target;
  }

  /** The decoder for messages of a version, which the registry is asked for once per task. */
  PayloadDecoder of(byte @Nullable [] version) {
    PayloadDecoder decoder = last;
    if (decoder != null && Arrays.equals(version, lastVersion)) {
      return decoder;
    }
    decoder =
        byVersion.computeIfAbsent(
            version == null ? TopicSchema.NO_VERSION : SchemaCatalog.number(version),
            number -> PayloadDecoders.compile(writer(version), target));
    last = decoder;
    lastVersion = version;
    return decoder;
  }

  private TopicSchema writer(byte @Nullable [] version) {
    TopicSchema forced = SourceSchema.forcedSchema(options.payload());
    return forced != null
        ? forced
        : SchemaCatalog.writtenWith(options.connection(), topic, version);
  }
}
