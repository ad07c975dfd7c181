package io.sluice.explain;

/** What became of a message. */
public enum Outcome {
  APPLIED("the table took it"),
  SUPERSEDED("a later event of the same batch took its place before the table saw it"),
  LATE("the table had a later event of the key already"),
  REPEATED("the same event came before"),
  NOT_READ("the table has not read so far yet"),
  BEFORE_START("the table begins behind it"),
  QUARANTINED("it is in the quarantine table"),
  DROPPED("the job drops what it cannot use"),
  SKIPPED("it is no change of a row"),
  LEFT_OUT("no row of the key came out of the job's steps"),
  UNKNOWN("nothing that is still there tells");

  private final String meaning;

  Outcome(String meaning) {
    this.meaning = meaning;
  }

  /** One clause for whoever asks. */
  public String meaning() {
    return meaning;
  }
}
