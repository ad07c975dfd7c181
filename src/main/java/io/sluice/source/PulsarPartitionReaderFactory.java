package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;

/**
 * Opens readers on executors.
 *
 * @param options the source's options; they reach executors as part of the task, never as text
 * @param schemas what the driver knows of the topics' schemas
 * @param payloadType the payload's columns
 * @param chunks where the tasks of a stream, whose readers go on in the next batch, tell of
 *     messages that are not complete yet; null for a read that happens once
 * @param losses counts the gaps that readers record instead of failing
 */
record PulsarPartitionReaderFactory(
    PulsarOptions options,
    SchemaSnapshot schemas,
    StructType payloadType,
    @Nullable CollectionAccumulator<ChunkHoldback.Report> chunks,
    LongAccumulator losses)
    implements PartitionReaderFactory {

  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    return new PulsarPartitionReader(
        options, schemas, ((PulsarInputPartition) partition).range(), payloadType, chunks, losses);
  }
}
