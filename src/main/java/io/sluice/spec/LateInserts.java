package io.sluice.spec;

/**
 * What becomes of an event that would insert a row, or a part of one, and is not later than every
 * delete that has been forgotten: only such a delete could tell whether that has gone since.
 */
public enum LateInserts {
  /** It is a bad record. */
  QUARANTINE,
  /** It is merged, whatever has been forgotten. */
  MERGE
}
