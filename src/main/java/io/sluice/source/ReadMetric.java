package io.sluice.source;

import java.util.function.ToLongFunction;
import org.apache.spark.sql.connector.metric.CustomSumMetric;

/** One of the {@link ReadMetrics}. */
abstract class ReadMetric extends CustomSumMetric {

  private final String name;
  private final String description;
  private final ToLongFunction<ReadMetrics.Reading> value;

  ReadMetric(String name, String description, ToLongFunction<ReadMetrics.Reading> value) {
    this.name = name;
    this.description = description;
    this.value = value;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String description() {
    return description;
  }

  /** Its value in one task. */
  final long of(ReadMetrics.Reading reading) {
    return value.applyAsLong(reading);
  }
}
