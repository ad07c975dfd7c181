package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.testing.TopicStreams;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.jspecify.annotations.Nullable;

/**
 * A stream driven by the test in Spark's place, one step at a time: what the source says and does
 * is seen without the time a query takes.
 *
 * <p>The values of the first payload column are what was read.
 */
final class PlayedStream implements AutoCloseable {

  private final TopicStreams streams;
  private final @Nullable String topic;
  private final String checkpoint;
  private final List<String> values = new ArrayList<>();
  private PulsarMicroBatchStream stream;
  private Offset at;

  /** Starts a stream from the beginning of the topic, unless the options say otherwise. */
  PlayedStream(
      TopicStreams streams, @Nullable String topic, String checkpoint, Map<String, String> more) {
    this.streams = streams;
    this.topic = topic;
    this.checkpoint = checkpoint;
    this.stream = open(more);
    this.at = stream.initialOffset();
  }

  private PulsarMicroBatchStream open(Map<String, String> more) {
    Map<String, String> given = streams.options(topic, more);
    given.putIfAbsent("startingOffsets", "earliest");
    given.putIfAbsent("partitionDiscoveryIntervalMs", "1");
    PulsarOptions options = PulsarOptions.parse(given);
    PulsarScan scan = new PulsarScan(options, SourceSchema.infer(options), PartitionFilter.NONE);
    return (PulsarMicroBatchStream)
        scan.toMicroBatchStream(streams.lake().path(checkpoint + "/sources/0"));
  }

  /** Ends the stream and starts it again where it was, as a restart of the query does. */
  PlayedStream restart(Map<String, String> more) {
    stream.stop();
    stream = open(more);
    at = stream.deserializeOffset(at.json());
    return this;
  }

  /** The source itself. */
  PulsarMicroBatchStream source() {
    return stream;
  }

  /** Where the stream stands. */
  String position() {
    return at.json();
  }

  /** The end that the next batch would have. */
  Offset plan() {
    return stream.latestOffset(at, stream.getDefaultReadLimit());
  }

  /** Runs batches until there is nothing new; every one is committed. */
  PlayedStream readAll() throws IOException {
    for (Offset end = plan(); !end.json().equals(at.json()); end = plan()) {
      read(stream.planInputPartitions(at, end));
      at = end;
      stream.commit(end);
    }
    return this;
  }

  /** Reads planned ranges as tasks do. */
  void read(InputPartition... partitions) throws IOException {
    for (InputPartition partition : partitions) {
      try (PartitionReader<InternalRow> reader =
          stream.createReaderFactory().createReader(partition)) {
        while (reader.next()) {
          InternalRow row = reader.get();
          values.add(row.isNullAt(0) ? "null" : row.getUTF8String(0).toString());
        }
      }
    }
  }

  /** Everything read so far, in order. */
  List<String> values() {
    return values;
  }

  /** A figure of the source's progress. */
  long metric(String name) {
    return Long.parseLong(stream.metrics(Optional.empty()).getOrDefault(name, "-1"));
  }

  @Override
  public void close() {
    stream.stop();
  }
}
