package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.types.StructType;

/**
 * Opens readers on executors.
 *
 * @param options the source's options; they reach executors as part of the task, never as text
 * @param payloadType the payload's columns
 * @param streaming whether another batch follows, which goes on with the same readers
 */
record PulsarPartitionReaderFactory(
    PulsarOptions options, StructType payloadType, boolean streaming)
    implements PartitionReaderFactory {

  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    return new PulsarPartitionReader(
        options, ((PulsarInputPartition) partition).range(), payloadType, streaming);
  }
}
