package io.sluice.change;

/**
 * Why an event cannot become a row. It never leaves this package: the event goes to the quarantine
 * with the reason, which tells names and types and no value.
 */
final class BadEventException extends RuntimeException {

  /** The reason by a stable name. */
  enum Kind {
    /** The bytes are not what the format says. */
    MALFORMED,
    /** No message of the format looks like this. */
    UNKNOWN_MESSAGE,
    /** A change of a kind that nobody has described. */
    UNKNOWN_OPERATION,
    /** The row is not there. */
    MISSING_ROW,
    /** A deleted row cannot be named. */
    MISSING_KEY,
    /** A value is not what its type says. */
    BAD_VALUE,
    /** A value is beyond what Spark can hold. */
    OUT_OF_RANGE,
    /** A value is none of its column's type. */
    DOES_NOT_FIT,
    /** A number of unknown unit or scale. */
    UNKNOWN_UNIT,
    /** Two fields are one column, or a field has a name that is Sluice's own. */
    COLUMN_NAME
  }

  private final Kind kind;
  private final String field;

  BadEventException(Kind kind, String message) {
    this(kind, "", message);
  }

  private BadEventException(Kind kind, String field, String message) {
    super(message, null, false, false);
    this.kind = kind;
    this.field = field;
  }

  Kind kind() {
    return kind;
  }

  /** The field's path, empty for the whole event. */
  String field() {
    return field;
  }

  /** The reason as {@link Throwable#getMessage()}, which is never null here. */
  String reason() {
    return String.valueOf(getMessage());
  }

  /** The same reason, one level further out. */
  BadEventException within(String outer) {
    return new BadEventException(kind, field.isEmpty() ? outer : outer + "." + field, reason());
  }
}
