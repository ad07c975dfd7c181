package io.sluice.spec;

/**
 * What becomes of an event that would insert a row and is not later than every delete that has been
 * forgotten: only such a delete could tell whether the row has gone since.
 */
public enum LateInserts {
  /** It goes to the quarantine table. */
  QUARANTINE,
  /** The row is inserted, whatever has been forgotten. */
  MERGE
}
