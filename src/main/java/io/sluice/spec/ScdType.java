package io.sluice.spec;

/** What a table of changes shows of a key. */
public enum ScdType {
  /** One row: the newest state. */
  ONE(1),
  /** One row per version, with the span in which it held. */
  TWO(2);

  private final int number;

  ScdType(int number) {
    this.number = number;
  }

  /** The type as a job file has it. */
  public int number() {
    return number;
  }
}
