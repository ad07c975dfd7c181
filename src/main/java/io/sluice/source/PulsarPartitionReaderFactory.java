package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Opens readers on executors.
 *
 * @param options the source's options; they reach executors as part of the task, never as text
 * @param payloadType the payload's columns
 * @param density where tasks report how many messages their entries held, null if nobody asks
 */
record PulsarPartitionReaderFactory(
    PulsarOptions options, StructType payloadType, @Nullable EntryDensity density)
    implements PartitionReaderFactory {

  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    return new PulsarPartitionReader(
        options, ((PulsarInputPartition) partition).range(), payloadType, density);
  }
}
