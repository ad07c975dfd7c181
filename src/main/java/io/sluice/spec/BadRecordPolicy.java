package io.sluice.spec;

/** What becomes of a message that cannot be decoded. */
public enum BadRecordPolicy {
  /** Its bytes and the reason go to the quarantine table, and the batch goes on. */
  QUARANTINE,
  /** The job stops, and nothing of the batch is written. */
  FAIL,
  /** It is counted and passed over. */
  DROP
}
