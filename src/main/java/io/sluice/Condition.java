package io.sluice;

/**
 * Every failure a user can meet, by a stable name.
 *
 * <p>The exit code is what {@code sluice} returns to the shell; schedulers may rely on it.
 */
public enum Condition {
  UNEXPECTED(1, Passes.MAY, "A defect of Sluice itself, or a failure nobody has named yet."),
  INVALID_JOB(2, Passes.NEVER, "The command line or the job file is wrong; nothing was started."),
  BROKER_UNREACHABLE(10, Passes.MAY, "No connection to the Pulsar broker or its admin endpoint."),
  NOT_AUTHORIZED(
      11,
      Passes.NEVER,
      "The broker knows the caller not, or does not let it do what the job needs."),
  TOPIC_NOT_FOUND(12, Passes.NEVER, "A topic of the job does not exist."),
  UNSUPPORTED_SCHEMA(
      13, Passes.NEVER, "A topic's schema cannot be mapped, or the topics of one source disagree."),
  DATA_LOSS(14, Passes.NEVER, "Messages of the range that is due are gone from the topic."),
  READ_TIMEOUT(15, Passes.MAY, "The broker did not deliver the rest of a range in time."),
  UNDECODABLE_MESSAGE(16, Passes.NEVER, "A message cannot be decoded by its schema."),
  CORRUPT_ENTRY(
      17, Passes.NEVER, "A stored entry cannot be unpacked: bad checksum, no key to decrypt it."),
  SCHEMA_CHANGED(
      18,
      Passes.NEVER,
      "A topic has a schema version that the columns of the query do not hold; nothing of it was"
          + " read."),
  TOO_MANY_BAD_RECORDS(
      19, Passes.NEVER, "A batch has more undecodable messages than the job allows."),
  CHECKPOINT_MISMATCH(
      20, Passes.NEVER, "The checkpoint is not the one that this job and table belong to."),
  FENCED(21, Passes.NEVER, "Another running instance has taken over this job's tables."),
  STORAGE_FAILED(
      22,
      Passes.MAY,
      "The lake or the checkpoint cannot be written: disk full, no permission, store down."),
  TABLE_MISMATCH(
      23, Passes.NEVER, "The table cannot take the rows: schema or settings do not fit."),
  TRANSFORM_FAILED(24, Passes.NEVER, "A transform step of the job fails to analyse or to run."),
  UNORDERED_EVENTS(
      25,
      Passes.NEVER,
      "Change events of one key lie in several partitions, and nothing says which is later."),
  KEY_NOT_FOUND(
      26, Passes.NEVER, "Nothing is known of the key that was asked for: no row, no message."),
  UNSAFE_STORAGE(
      27,
      Passes.NEVER,
      "The store of the lake, or a setting, would let one writer overwrite what another has"
          + " committed; nothing was started."),
  NOT_REGISTERED(
      28,
      Passes.NEVER,
      "A query engine cannot read a table, refuses it, or knows another by its name."),
  ENGINE_UNREACHABLE(29, Passes.MAY, "No connection to a query engine or a metastore.");

  private final int exitCode;
  private final Passes passes;
  private final String meaning;

  /** Whether a failure may be gone the next time, though nobody has done anything about it. */
  private enum Passes {
    MAY,
    NEVER
  }

  Condition(int exitCode, Passes passes, String meaning) {
    this.exitCode = exitCode;
    this.passes = passes;
    this.meaning = meaning;
  }

  /** The process exit code for this failure, 1 to 125. */
  public int exitCode() {
    return exitCode;
  }

  /**
   * Whether the same command may succeed a little later without anybody's doing. Who retries any
   * other failure only puts off the moment when somebody hears of it.
   */
  public boolean mayPass() {
    return passes == Passes.MAY;
  }

  /** One sentence for the user's manual. */
  public String meaning() {
    return meaning;
  }
}
