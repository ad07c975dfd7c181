package io.sluice.source;

import io.sluice.pulsar.ReadRange;
import java.util.List;
import org.apache.spark.sql.connector.read.InputPartition;

/**
 * What one task reads.
 *
 * @param range the part of one topic partition
 * @param executors where to run it if possible, in Spark's form; empty for anywhere
 */
record PulsarInputPartition(ReadRange range, List<String> executors) implements InputPartition {

  @Override
  public String[] preferredLocations() {
    return executors.toArray(String[]::new);
  }
}
