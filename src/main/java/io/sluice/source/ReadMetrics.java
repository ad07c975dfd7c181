package io.sluice.source;

import io.sluice.pulsar.ReadCounters;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;

/**
 * What tasks tell about their reading; Spark adds the tasks up and shows the sums at the scan in
 * the SQL page of its UI.
 *
 * <p>Spark makes the metrics by name in the driver and in its history server, hence a public class
 * with a public constructor for each.
 */
public final class ReadMetrics {

  private static final ReadMetric[] ALL = {
    new Entries(),
    new Messages(),
    new StoredBytes(),
    new PayloadBytes(),
    new WaitTime(),
    new UnpackTime(),
    new Duplicates(),
    new Gaps(),
    new Probes(),
    new Resubscriptions(),
    new ReusedReaders()
  };

  private ReadMetrics() {}

  /**
   * What a task has read.
   *
   * @param counters what its range reader counts
   * @param messages rows given to Spark
   * @param payloadBytes the size of their payloads, uncompressed
   * @param unpackNanos time spent on checksums, decryption and decompression
   */
  record Reading(ReadCounters counters, long messages, long payloadBytes, long unpackNanos) {}

  private record Value(String name, long value) implements CustomTaskMetric {}

  /** Every metric. */
  static CustomMetric[] all() {
    return ALL.clone();
  }

  /** The values of a task as they are now. */
  static CustomTaskMetric[] values(Reading reading) {
    CustomTaskMetric[] values = new CustomTaskMetric[ALL.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = new Value(ALL[i].name(), ALL[i].of(reading));
    }
    return values;
  }

  /** Entries. */
  public static final class Entries extends ReadMetric {
    /** For Spark. */
    public Entries() {
      super("pulsarEntries", "entries read", reading -> reading.counters().entries());
    }
  }

  /** Messages. */
  public static final class Messages extends ReadMetric {
    /** For Spark. */
    public Messages() {
      super("pulsarMessages", "messages read", Reading::messages);
    }
  }

  /** Stored bytes. */
  public static final class StoredBytes extends ReadMetric {
    /** For Spark. */
    public StoredBytes() {
      super(
          "pulsarStoredBytes",
          "bytes read, as stored (compressed)",
          reading -> reading.counters().storedBytes());
    }
  }

  /** Payload bytes. */
  public static final class PayloadBytes extends ReadMetric {
    /** For Spark. */
    public PayloadBytes() {
      super("pulsarPayloadBytes", "bytes of payloads, uncompressed", Reading::payloadBytes);
    }
  }

  /** Waiting time. */
  public static final class WaitTime extends ReadMetric {
    /** For Spark. */
    public WaitTime() {
      super(
          "pulsarWaitMs",
          "milliseconds waiting for the broker",
          reading -> TimeUnit.NANOSECONDS.toMillis(reading.counters().waitNanos()));
    }
  }

  /** Unpacking time. */
  public static final class UnpackTime extends ReadMetric {
    /** For Spark. */
    public UnpackTime() {
      super(
          "pulsarUnpackMs",
          "milliseconds for checksums, decryption and decompression",
          reading -> TimeUnit.NANOSECONDS.toMillis(reading.unpackNanos()));
    }
  }

  /** Duplicates. */
  public static final class Duplicates extends ReadMetric {
    /** For Spark. */
    public Duplicates() {
      super(
          "pulsarDuplicatesDropped",
          "entries that came again after a reconnect",
          reading -> reading.counters().duplicates());
    }
  }

  /** Gaps. */
  public static final class Gaps extends ReadMetric {
    /** For Spark. */
    public Gaps() {
      super(
          "pulsarGaps",
          "runs of entries that are never delivered (markers, aborted, filtered)",
          reading -> reading.counters().gaps());
    }
  }

  /** Probes. */
  public static final class Probes extends ReadMetric {
    /** For Spark. */
    public Probes() {
      super(
          "pulsarProbes",
          "times the broker was asked whether the rest is complete",
          reading -> reading.counters().probes());
    }
  }

  /** Resubscriptions. */
  public static final class Resubscriptions extends ReadMetric {
    /** For Spark. */
    public Resubscriptions() {
      super(
          "pulsarResubscriptions",
          "subscriptions opened anew because nothing came",
          reading -> reading.counters().reopened());
    }
  }

  /** Readers reused. */
  public static final class ReusedReaders extends ReadMetric {
    /** For Spark. */
    public ReusedReaders() {
      super(
          "pulsarReadersReused",
          "tasks that went on with the reader of the batch before",
          reading -> reading.counters().cached() ? 1 : 0);
    }
  }
}
