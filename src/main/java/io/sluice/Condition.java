package io.sluice;

/**
 * Every failure a user can meet, by a stable name.
 *
 * <p>The exit code is what {@code sluice} returns to the shell; schedulers may rely on it.
 */
public enum Condition {
  /** A defect of Sluice itself, or a failure nobody has named yet. */
  UNEXPECTED(1),
  /** The command line or the job file is wrong; nothing was started. */
  INVALID_JOB(2),
  /** No connection to the Pulsar broker or its admin endpoint. */
  BROKER_UNREACHABLE(10),
  /** The broker knows the caller not, or does not let it do what the job needs. */
  NOT_AUTHORIZED(11),
  /** A topic of the job does not exist. */
  TOPIC_NOT_FOUND(12),
  /** A topic's schema cannot be mapped, or the topics of one source disagree. */
  UNSUPPORTED_SCHEMA(13),
  /** Messages of the range that is due are gone from the topic. */
  DATA_LOSS(14),
  /** The broker did not deliver the rest of a range in time. */
  READ_TIMEOUT(15),
  /** A message cannot be decoded by its schema. */
  UNDECODABLE_MESSAGE(16),
  /** The checkpoint is not the one that this job and table belong to. */
  CHECKPOINT_MISMATCH(20),
  /** Another running instance has taken over this job's tables. */
  FENCED(21),
  /** The lake or the checkpoint cannot be written: disk full, no permission, store down. */
  STORAGE_FAILED(22),
  /** The table cannot take the rows: schema or settings do not fit. */
  TABLE_MISMATCH(23),
  /** A transform step of the job fails to analyse or to run. */
  TRANSFORM_FAILED(24);

  private final int exitCode;

  Condition(int exitCode) {
    this.exitCode = exitCode;
  }

  /** The process exit code for this failure, 1 to 125. */
  public int exitCode() {
    return exitCode;
  }
}
