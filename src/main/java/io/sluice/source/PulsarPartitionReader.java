package io.sluice.source;

import io.sluice.FaultPoint;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RangeReader;
import io.sluice.pulsar.RawEntry;
import io.sluice.pulsar.ReadRange;
import java.io.InterruptedIOException;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;

/** The rows of one range, in the order of the log. */
final class PulsarPartitionReader implements PartitionReader<InternalRow> {

  private final PulsarOptions options;
  private final ReadRange range;
  private final @Nullable CollectionAccumulator<ChunkHoldback.Report> chunks;
  private final PulsarRow row;
  private final LongAccumulator losses;
  private @Nullable RangeReader reader;
  private @Nullable RawEntry entry;
  private boolean untouched;
  private long messages;
  private long payloadBytes;
  private long unpackNanos;

  PulsarPartitionReader(
      PulsarOptions options,
      SchemaSnapshot schemas,
      ReadRange range,
      StructType payloadType,
      @Nullable CollectionAccumulator<ChunkHoldback.Report> chunks,
      LongAccumulator losses) {
    this.chunks = chunks;
    this.options = options;
    this.range = range;
    this.row = new PulsarRow(options, schemas, range.partition(), payloadType);
    this.losses = losses;
  }

  @Override
  public boolean next() throws InterruptedIOException {
    RawEntry current = entry;
    while (current == null || !advance(current)) {
      current = reader().next();
      entry = current;
      if (current == null) {
        return false;
      }
      FaultPoint.hit("source.read");
      untouched = true;
    }
    messages++;
    payloadBytes += current.payloadLength();
    row.at(current);
    return true;
  }

  /** Moves to the entry's next message of the range; false when there is none. */
  private boolean advance(RawEntry current) {
    while (step(current)) {
      if (range.includes(current.ledger(), current.entry(), current.batchIndex())) {
        return true;
      }
    }
    return false;
  }

  /** The first step into an entry is the one that unpacks it, so that one is timed. */
  private boolean step(RawEntry current) {
    if (!untouched) {
      return current.advance();
    }
    untouched = false;
    long begun = System.nanoTime();
    boolean there = current.advance();
    unpackNanos += System.nanoTime() - begun;
    return there;
  }

  private RangeReader reader() throws InterruptedIOException {
    RangeReader open = reader;
    if (open == null) {
      try {
        TaskContext task = TaskContext.get();
        open =
            RangeReader.open(
                options, range, chunks != null, task != null && task.attemptNumber() > 0);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Stopped while opening " + range);
      }
      reader = open;
    }
    return open;
  }

  @Override
  public InternalRow get() {
    return row;
  }

  @Override
  public CustomTaskMetric[] currentMetricsValues() {
    RangeReader open = reader;
    return open == null
        ? new CustomTaskMetric[0]
        : ReadMetrics.values(
            new ReadMetrics.Reading(open.counters(), messages, payloadBytes, unpackNanos));
  }

  @Override
  public void close() {
    RangeReader open = reader;
    if (open == null) {
      return;
    }
    losses.add(open.dataLossEvents());
    if (chunks != null) {
      chunks.add(
          new ChunkHoldback.Report(
              range.partition(), open.oldestOpenChunk(), open.counters().cached()));
    }
    open.close();
  }
}
