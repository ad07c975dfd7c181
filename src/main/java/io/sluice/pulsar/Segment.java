package io.sluice.pulsar;

import java.io.Serializable;

/**
 * A run of consecutive entry ids in one ledger.
 *
 * @param ledger the ledger
 * @param from the first entry id
 * @param to the entry id behind the last
 * @param bytesPerEntry the ledger's mean stored size of an entry, in bytes; 0 if unknown
 */
public record Segment(long ledger, long from, long to, double bytesPerEntry)
    implements Serializable {

  /** How many entry ids the run has. */
  public long entries() {
    return to - from;
  }

  /** The estimated stored size, in bytes. */
  public double bytes() {
    return entries() * bytesPerEntry;
  }
}
