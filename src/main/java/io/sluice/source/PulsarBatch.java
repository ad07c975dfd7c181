package io.sluice.source;

import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.DriverCursors;
import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.PublishTimes;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.PulsarOptions.StartingOffsets;
import io.sluice.pulsar.TopicCatalog;
import io.sluice.pulsar.TopicPartition;
import java.util.Map;
import java.util.NavigableSet;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;

/** A read of what is stored now, or of a part of it, that leaves no trace on the broker. */
final class PulsarBatch implements Batch {

  private final PulsarOptions options;
  private final StructType payloadType;
  private final PartitionFilter filter;
  private final LongAccumulator losses;
  private InputPartition @Nullable [] planned;

  /**
   * Creates a read.
   *
   * @param filter which partitions to leave out
   */
  PulsarBatch(PulsarOptions options, StructType payloadType, PartitionFilter filter) {
    this.options = options;
    this.payloadType = payloadType;
    this.filter = filter;
    this.losses = SparkSession.active().sparkContext().longAccumulator("dataLossEvents");
  }

  /** The ranges, planned once: Spark asks more than once, and the tail moves meanwhile. */
  @Override
  public synchronized InputPartition[] planInputPartitions() {
    InputPartition[] partitions = planned;
    if (partitions == null) {
      partitions = plan();
      planned = partitions;
    }
    return partitions;
  }

  private InputPartition[] plan() {
    try (Cluster cluster = Cluster.open(options.connection())) {
      return plan(cluster, new LedgerMap(cluster));
    }
  }

  private InputPartition[] plan(Cluster cluster, LedgerMap ledgers) {
    try (DriverCursors cursors =
        DriverCursors.transientOnes(cluster, ledgers, options.readCompacted())) {
      NavigableSet<TopicPartition> partitions =
          new TopicCatalog(cluster, options.topics(), options.discoveryInterval(), System::nanoTime)
              .partitions();
      StartingOffsets start =
          options.start() == null ? new StartingOffsets.Earliest() : options.start();
      StartPlanner planner =
          new StartPlanner(
              cursors, ledgers, new PublishTimes(cluster), filter, options.readCompacted());
      Positions first = planner.positions(start, partitions);
      Map<TopicPartition, Pos> ends = planner.ends(options.end(), partitions);
      ends.keySet().retainAll(first.byPartition().keySet());
      ends.replaceAll((partition, end) -> Pos.max(end, first.getOrEarliest(partition)));
      return new SplitPlanner(
              ledgers,
              options.splitting(),
              SparkSession.active().sparkContext().defaultParallelism())
          .plan(first, Positions.of(ends));
    }
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new PulsarPartitionReaderFactory(
        options, SchemaSnapshot.unchecked(), payloadType, /* chunks= */ null, losses);
  }
}
