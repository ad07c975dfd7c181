package io.sluice.pulsar;

/** What one reader of a range has done so far; written and read by its own thread. */
public final class ReadCounters {

  private long entries;
  private long storedBytes;
  private long waitNanos;
  private long duplicates;
  private long gaps;
  private long probes;
  private long reopened;
  private boolean cached;

  void entry(int size) {
    entries++;
    storedBytes += size;
  }

  void waited(long nanos) {
    waitNanos += nanos;
  }

  void duplicate() {
    duplicates++;
  }

  void gap() {
    gaps++;
  }

  void probe() {
    probes++;
  }

  void reopen() {
    reopened++;
  }

  void fromCache() {
    cached = true;
  }

  /** Entries of the range that were read. */
  public long entries() {
    return entries;
  }

  /** Their stored size in bytes, compressed. */
  public long storedBytes() {
    return storedBytes;
  }

  /** The time spent waiting for the broker, in nanoseconds. */
  public long waitNanos() {
    return waitNanos;
  }

  /** Entries that came again after a reconnect and were dropped. */
  public long duplicates() {
    return duplicates;
  }

  /** Places where entry ids were left out: markers, aborted or filtered messages. */
  public long gaps() {
    return gaps;
  }

  /** How often the broker was asked whether the rest is complete. */
  public long probes() {
    return probes;
  }

  /** How often the subscription was opened again because nothing came. */
  public long reopened() {
    return reopened;
  }

  /** Whether the reader of the batch before went on. */
  public boolean cached() {
    return cached;
  }
}
