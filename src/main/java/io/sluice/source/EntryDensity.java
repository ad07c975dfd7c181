package io.sluice.source;

import java.io.Serializable;
import java.util.function.DoubleSupplier;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * How many messages an entry holds on average, learned from what tasks read.
 *
 * <p>Only an estimate for row limits: retried tasks count twice, in both figures alike.
 */
final class EntryDensity implements Serializable {

  private final LongAccumulator entries;
  private final LongAccumulator messages;

  EntryDensity(SparkContext context) {
    this(context.longAccumulator(), context.longAccumulator());
  }

  EntryDensity(LongAccumulator entries, LongAccumulator messages) {
    this.entries = entries;
    this.messages = messages;
  }

  /** Reports what a task has read. */
  void add(long readEntries, long readMessages) {
    entries.add(readEntries);
    messages.add(readMessages);
  }

  /**
   * Messages per entry, at least 1.
   *
   * @param sample looks at a few entries; asked while no task has reported yet
   */
  double messagesPerEntry(DoubleSupplier sample) {
    long seen = entries.value();
    return Math.max(1, seen > 0 ? (double) messages.value() / seen : sample.getAsDouble());
  }
}
