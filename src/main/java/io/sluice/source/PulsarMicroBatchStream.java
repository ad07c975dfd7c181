package io.sluice.source;

import io.sluice.FaultPoint;
import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.DataLossRules;
import io.sluice.pulsar.DriverCursors;
import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.PublishTimes;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.PulsarOptions.StartingOffsets;
import io.sluice.pulsar.PulsarSparkOffsets;
import io.sluice.pulsar.RangeReader;
import io.sluice.pulsar.TopicCatalog;
import io.sluice.pulsar.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import org.apache.spark.sql.connector.read.streaming.ReportsSourceMetrics;
import org.apache.spark.sql.connector.read.streaming.SupportsTriggerAvailableNow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;

/**
 * Spark's view of topics as a stream of micro-batches.
 *
 * <p>An offset is the next position to read in every partition. A batch ends where the broker says
 * the deliverable log ends, or earlier by the limits, always between two entries; so a batch that
 * Spark runs again after a crash reads the same messages. What is read is acknowledged on the
 * durable subscription only when Spark says that the batch is durable.
 */
final class PulsarMicroBatchStream
    implements MicroBatchStream, SupportsTriggerAvailableNow, ReportsSourceMetrics {

  private final PulsarOptions options;
  private final StructType payloadType;
  private final Cluster cluster;
  private final TopicCatalog catalog;
  private final DriverCursors cursors;
  private final LedgerMap ledgers;
  private final DataLossRules dataLoss;
  private final BatchAdmission admission;
  private final SplitPlanner splits;
  private final InitialOffset initialOffset;
  private final SchemaWatch schemas;
  private final SourceMetrics metrics;
  private final LongAccumulator losses;
  private Map<TopicPartition, Pos> tails = new TreeMap<>();
  private boolean availableNow;
  private @Nullable Map<TopicPartition, Pos> availableNowTarget;
  private @Nullable PulsarOffset lastOffset;
  private boolean startAcknowledged;
  private @Nullable PlannedBatch planned;
  private final PartitionHoldback newPartitions = new PartitionHoldback();
  private final ChunkHoldback holdback = new ChunkHoldback(System::nanoTime);
  private final List<CollectionAccumulator<ChunkHoldback.Report>> chunkReports =
      new CopyOnWriteArrayList<>();

  private record PlannedBatch(String start, String end, InputPartition[] partitions) {}

  PulsarMicroBatchStream(PulsarOptions options, StructType payloadType, String metadataFolder) {
    SparkSession spark = SparkSession.active();
    this.options = options;
    this.payloadType = payloadType;
    this.cluster = Cluster.open(options.connection());
    this.catalog =
        new TopicCatalog(cluster, options.topics(), options.discoveryInterval(), System::nanoTime);
    String subscription = subscription(options, metadataFolder);
    this.ledgers = new LedgerMap(cluster);
    this.cursors = DriverCursors.durable(cluster, ledgers, subscription, options);
    this.dataLoss = new DataLossRules(options, subscription, ledgers);
    this.admission = new BatchAdmission(ledgers, options.readCompacted());
    this.splits =
        new SplitPlanner(ledgers, options.splitting(), spark.sparkContext().defaultParallelism());
    this.schemas = new SchemaWatch(options, payloadType, SchemaWatch.Registry.of(cluster));
    this.losses = spark.sparkContext().longAccumulator("dataLossEvents");
    this.metrics = new SourceMetrics(ledgers, cursors, () -> dataLoss.events() + losses.sum());
    this.initialOffset = new InitialOffset(metadataFolder, spark.sessionState().newHadoopConf());
  }

  /** A name that stays the same for a checkpoint, so that a restart finds its subscription. */
  private static String subscription(PulsarOptions options, String metadataFolder) {
    String given = options.subscription();
    return given != null
        ? given
        : options.subscriptionPrefix()
            + "-"
            + UUID.nameUUIDFromBytes(metadataFolder.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public Offset initialOffset() {
    StartingOffsets start =
        options.start() == null ? new StartingOffsets.Latest() : options.start();
    return new PulsarOffset(
        initialOffset.orElseKeep(
            () ->
                new StartPlanner(
                        cursors,
                        ledgers,
                        new PublishTimes(cluster),
                        PartitionFilter.NONE,
                        options.readCompacted())
                    .positions(start, catalog.partitions())));
  }

  @Override
  public Offset deserializeOffset(String json) {
    return new PulsarOffset(PulsarSparkOffsets.orPositions(json));
  }

  @Override
  public Offset latestOffset() {
    throw new UnsupportedOperationException("Spark asks with a start and a limit");
  }

  @Override
  public Offset latestOffset(Offset startOffset, ReadLimit limit) {
    FaultPoint.hit("source.plan");
    long began = System.nanoTime();
    Positions start = PulsarOffset.positionsOf(startOffset);
    Map<TopicPartition, Pos> candidates = candidates(start);
    if (options.holdsNewPartitions()) {
      holdBack(start, candidates);
    }
    schemas.check(topicsBehind(start, candidates), catalog.topics());
    Map<TopicPartition, Pos> first = dataLoss.check(start, candidates, catalog::selects);
    if (!startAcknowledged) {
      // The last batch of the run before was never acknowledged, and is durable by now.
      cursors.acknowledge(Positions.of(first));
      startAcknowledged = true;
    }
    // An offset that goes back does so in a batch of its own, which reads nothing.
    candidates
        .keySet()
        .removeIf(
            partition ->
                first
                    .getOrDefault(partition, Pos.EARLIEST)
                    .isBefore(start.getOrEarliest(partition)));
    Map<TopicPartition, Pos> ends = new TreeMap<>(first);
    if (options.holdsNewPartitions()) {
      // Being part of an offset is what makes a partition one of the older ones.
      candidates.keySet().forEach(partition -> ends.putIfAbsent(partition, Pos.EARLIEST));
    }
    ends.putAll(admission.admit(first, candidates, limit, !availableNow));
    metrics.planned(start, tails, System.nanoTime() - began);
    return offset(ends);
  }

  /** The last offset again where nothing has moved: its text exists already. */
  private PulsarOffset offset(Map<TopicPartition, Pos> next) {
    PulsarOffset last = lastOffset;
    if (last == null || !last.positions().byPartition().equals(next)) {
      last = new PulsarOffset(Positions.of(next));
      lastOffset = last;
    }
    return last;
  }

  /** The topics that have something to read. */
  private static Set<String> topicsBehind(Positions start, Map<TopicPartition, Pos> ends) {
    Set<String> topics = new TreeSet<>();
    ends.forEach(
        (partition, end) -> {
          if (start.getOrEarliest(partition).isBefore(end)) {
            topics.add(partition.topic());
          }
        });
    return topics;
  }

  /** How far the log goes in every partition of the source. */
  private Map<TopicPartition, Pos> candidates(Positions start) {
    if (availableNowTarget != null) {
      return new TreeMap<>(availableNowTarget);
    }
    Set<TopicPartition> asked = new TreeSet<>(catalog.partitions());
    // What was read before counts as gone only when the broker says so of that very partition.
    start.byPartition().keySet().stream()
        .filter(partition -> !asked.contains(partition) && catalog.selects(partition))
        .forEach(asked::add);
    tails = cursors.tails(asked, start);
    Map<TopicPartition, Pos> candidates = new TreeMap<>(tails);
    if (availableNow) {
      availableNowTarget = Map.copyOf(candidates);
    }
    return candidates;
  }

  /** Takes out the new partitions whose turn has not come. */
  private void holdBack(Positions start, Map<TopicPartition, Pos> candidates) {
    Set<TopicPartition> held =
        newPartitions.held(
            start,
            candidates,
            older -> {
              Map<TopicPartition, Pos> now = cursors.tails(older, start);
              candidates.putAll(now);
              return now;
            });
    if (availableNow) {
      availableNowTarget = Map.copyOf(candidates);
    }
    candidates.keySet().removeAll(held);
  }

  @Override
  public ReadLimit getDefaultReadLimit() {
    Long minRows = options.limits().minRows();
    Long maxBytes = options.limits().maxBytes();
    Long maxRows = options.limits().maxRows();
    ReadLimit[] limits =
        Stream.of(
                minRows == null
                    ? null
                    : ReadLimit.minRows(minRows, options.limits().maxDelay().toMillis()),
                maxBytes == null ? null : ReadLimit.maxBytes(maxBytes),
                maxRows == null ? null : ReadLimit.maxRows(maxRows))
            .filter(Objects::nonNull)
            .toArray(ReadLimit[]::new);
    return switch (limits.length) {
      case 0 -> ReadLimit.allAvailable();
      case 1 -> limits[0];
      default -> ReadLimit.compositeLimit(limits);
    };
  }

  @Override
  public void prepareForTriggerAvailableNow() {
    availableNow = true;
  }

  @Override
  public @Nullable Offset reportLatestOffset() {
    return tails.isEmpty() ? null : offset(tails);
  }

  @Override
  public synchronized InputPartition[] planInputPartitions(Offset start, Offset end) {
    PlannedBatch last = planned;
    if (last == null || !last.start.equals(start.json()) || !last.end.equals(end.json())) {
      FaultPoint.hit("source.after-wal");
      last =
          new PlannedBatch(
              start.json(),
              end.json(),
              splits.plan(PulsarOffset.positionsOf(start), PulsarOffset.positionsOf(end)));
      // By the same lists of ledgers that the tasks' ranges were made of.
      dataLoss.checkRanges(PulsarOffset.positionsOf(start), PulsarOffset.positionsOf(end));
      planned = last;
    }
    return Arrays.copyOf(last.partitions, last.partitions.length);
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    CollectionAccumulator<ChunkHoldback.Report> chunks =
        SparkSession.active().sparkContext().collectionAccumulator();
    chunkReports.add(chunks);
    return new PulsarPartitionReaderFactory(
        options, schemas.snapshot(catalog.topics()), payloadType, chunks, losses);
  }

  @Override
  public void commit(Offset end) {
    FaultPoint.hit("source.before-ack");
    chunkReports.forEach(reports -> holdback.add(reports.value()));
    chunkReports.clear();
    cursors.acknowledge(holdback.limit(PulsarOffset.positionsOf(end)));
    ledgers.forgetBefore(cursors.acknowledged());
    FaultPoint.hit("source.after-ack");
  }

  @Override
  public Map<String, String> metrics(Optional<Offset> latestConsumed) {
    return metrics.by(latestConsumed.map(PulsarOffset::positionsOf).orElse(null));
  }

  @Override
  public void stop() {
    RangeReader.forget(options, tails.keySet());
    cursors.close();
    cluster.close();
  }

  @Override
  public String toString() {
    return options.toString();
  }
}
