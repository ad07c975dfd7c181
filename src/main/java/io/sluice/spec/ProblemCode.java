package io.sluice.spec;

/** Every kind of problem that a job file can have, by a code that stays the same for ever. */
public enum ProblemCode {
  /** The file cannot be read. */
  UNREADABLE_FILE("SLUICE-C001", "The file is missing, not readable, or not UTF-8 text."),
  /** The text is not YAML. */
  NOT_YAML("SLUICE-C002", "The text is not one YAML 1.2 document."),
  /** A limit that protects the parser is exceeded. */
  TOO_LARGE(
      "SLUICE-C003",
      "The file is larger, deeper nested or fuller of aliases than a job may be; the limits keep a"
          + " hostile file from exhausting the memory."),
  /** A key stands twice in one mapping. */
  DUPLICATE_KEY("SLUICE-C004", "A key is given twice; which of the two counts would be a guess."),
  /** A key that does not exist. */
  UNKNOWN_KEY("SLUICE-C005", "A key does not exist at this place."),
  /** A key that has to be there is not. */
  MISSING_KEY("SLUICE-C006", "A key that a job cannot do without is not given."),
  /** The value has another shape than the key takes. */
  WRONG_TYPE(
      "SLUICE-C007",
      "The value has the wrong shape: a list where text is needed, nothing where something is"
          + " needed, a number where text is needed."),
  /** The value has the right shape, but is not allowed. */
  INVALID_VALUE("SLUICE-C008", "The value is not one that the key takes."),
  /** Keys that do not go together. */
  CONFLICTING_KEYS("SLUICE-C009", "Keys exclude each other, or one needs another."),
  /** A reference that is not well formed. */
  MALFORMED_REFERENCE(
      "SLUICE-C010",
      "A ${...} is neither ${env:NAME}, ${env:NAME:-default} nor ${file:/path}; a ${ that is meant"
          + " literally is written \\${."),
  /** A reference that leads nowhere. */
  UNRESOLVED_REFERENCE(
      "SLUICE-C011", "A referenced environment variable is not set, or a file cannot be read."),
  /** A {@code --set} that cannot be applied. */
  INVALID_OVERRIDE("SLUICE-C012", "A --set does not name a key of a job, or has no value."),
  /** A secret that stands in the file. */
  LITERAL_SECRET(
      "SLUICE-C013",
      "A secret stands in the job file, where everybody who can read the file can read it. This is"
          + " a warning; the job runs.");

  private final String code;
  private final String doc;

  ProblemCode(String code, String doc) {
    this.code = code;
    this.doc = doc;
  }

  /** The code as it is printed, such as {@code SLUICE-C005}. */
  public String code() {
    return code;
  }

  /** One sentence for the reference page. */
  public String doc() {
    return doc;
  }

  /** Whether the job runs all the same. */
  public boolean isWarning() {
    return this == LITERAL_SECRET;
  }
}
