package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.types.StructType;

/**
 * One read of a source, as a stream or as a batch.
 *
 * @param options the source's options
 * @param readSchema every column of a row
 * @param filter which topic partitions a batch read may leave out
 */
record PulsarScan(PulsarOptions options, StructType readSchema, PartitionFilter filter)
    implements Scan {

  @Override
  public String description() {
    return filter.conditions().isEmpty() ? options.toString() : options + " " + filter.conditions();
  }

  @Override
  public String toString() {
    return description();
  }

  /** Rows only; saying so keeps Spark from planning the partitions to find out. */
  @Override
  public ColumnarSupportMode columnarSupportMode() {
    return ColumnarSupportMode.UNSUPPORTED;
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return ReadMetrics.all();
  }

  @Override
  public Batch toBatch() {
    return new PulsarBatch(options, payloadType(), filter);
  }

  @Override
  public MicroBatchStream toMicroBatchStream(String checkpointLocation) {
    return new PulsarMicroBatchStream(options, payloadType(), checkpointLocation);
  }

  private StructType payloadType() {
    return SourceSchema.payloadOf(readSchema, options);
  }
}
