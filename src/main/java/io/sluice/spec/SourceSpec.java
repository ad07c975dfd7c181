package io.sluice.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a job reads.
 *
 * @param topics the topics
 * @param start where reading begins on a job's very first run; later runs go on where they stopped
 * @param subscription the durable subscription that keeps unread messages alive; null for the name
 *     that derives from the job
 * @param maxBytesPerBatch the most bytes one batch takes, as stored in Pulsar; null for no limit
 * @param maxRowsPerBatch the most messages one batch takes; null for no limit
 * @param format how payloads become columns
 * @param schema the columns of JSON payloads as a Spark DDL string; present exactly when the format
 *     is {@link PayloadFormat#JSON}
 * @param debezium the settings of a Debezium connector
 * @param badRecords how messages that cannot be decoded are treated
 * @param options further options of Spark's {@code pulsar} source, passed on as they are
 */
public record SourceSpec(
    TopicSelection topics,
    StartPosition start,
    @Nullable String subscription,
    @Nullable Long maxBytesPerBatch,
    @Nullable Long maxRowsPerBatch,
    PayloadFormat format,
    @Nullable String schema,
    DebeziumSpec debezium,
    BadRecords badRecords,
    Map<String, String> options) {

  /** Keeps its own copy of the options, in their order. */
  public SourceSpec {
    options = Ordered.copyOf(options);
  }

  /** The values without those of the options, which may be secrets. */
  @Override
  public String toString() {
    return "SourceSpec[topics=%s, start=%s, subscription=%s, limits=%s/%s, format=%s, options=%s]"
        .formatted(
            topics,
            start,
            subscription,
            maxBytesPerBatch,
            maxRowsPerBatch,
            format,
            options.keySet());
  }
}
