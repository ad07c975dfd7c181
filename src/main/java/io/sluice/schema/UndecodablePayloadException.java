package io.sluice.schema;

/**
 * A payload that its schema does not describe, or that its columns do not hold. Names the field and
 * the reason, never a value.
 *
 * <p>It carries no cause, because parsers quote the input in their messages.
 */
public final class UndecodablePayloadException extends RuntimeException {

  /** Why a message gives no row; the names are stable. */
  public enum Kind {
    /** The bytes are not what the writer's schema says. */
    UNDECODABLE_PAYLOAD,
    /** A value is of a type that its column cannot hold, or is too large for it. */
    VALUE_DOES_NOT_FIT,
    /** The payload is nested too deeply to be read. */
    TOO_DEEP,
    /** The registry does not have the schema version that the message was written with. */
    UNKNOWN_SCHEMA_VERSION,
    /** The schema that the message was written with cannot be read or mapped. */
    UNSUPPORTED_SCHEMA
  }

  private final Kind kind;
  private final String path;
  private final String reason;

  UndecodablePayloadException(String reason) {
    this(Kind.UNDECODABLE_PAYLOAD, reason);
  }

  UndecodablePayloadException(Kind kind, String reason) {
    this(kind, "", reason);
  }

  private UndecodablePayloadException(Kind kind, String path, String reason) {
    super(path.isEmpty() ? reason : "Field `" + path + "`: " + reason);
    this.kind = kind;
    this.path = path;
    this.reason = reason;
  }

  /** Why the message gives no row. */
  public Kind kind() {
    return kind;
  }

  /** The field that cannot be decoded, dotted from the payload's root; empty for the root. */
  public String path() {
    return path;
  }

  UndecodablePayloadException within(String step) {
    return new UndecodablePayloadException(kind, path.isEmpty() ? step : step + "." + path, reason);
  }
}
