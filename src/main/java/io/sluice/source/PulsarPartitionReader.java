package io.sluice.source;

import io.sluice.FaultPoint;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RangeReader;
import io.sluice.pulsar.RawEntry;
import io.sluice.pulsar.ReadRange;
import java.io.InterruptedIOException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The rows of one range, in the order of the log. */
final class PulsarPartitionReader implements PartitionReader<InternalRow> {

  private final PulsarOptions options;
  private final ReadRange range;
  private final PulsarRow row;
  private @Nullable RangeReader reader;
  private @Nullable RawEntry entry;

  PulsarPartitionReader(PulsarOptions options, ReadRange range, StructType payloadType) {
    this.options = options;
    this.range = range;
    this.row = new PulsarRow(options, range.partition(), payloadType);
  }

  @Override
  public boolean next() throws InterruptedIOException {
    RawEntry current = entry;
    while (current == null || !current.advance()) {
      current = reader().next();
      entry = current;
      if (current == null) {
        return false;
      }
      FaultPoint.hit("source.read");
    }
    row.at(current);
    return true;
  }

  private RangeReader reader() throws InterruptedIOException {
    RangeReader open = reader;
    if (open == null) {
      try {
        open = RangeReader.open(options, range);
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
  public void close() {
    if (reader != null) {
      reader.close();
    }
  }
}
