package io.sluice.source;

import io.sluice.pulsar.ReadRange;
import org.apache.spark.sql.connector.read.InputPartition;

/**
 * What one task reads.
 *
 * @param range the part of one topic partition
 */
record PulsarInputPartition(ReadRange range) implements InputPartition {}
