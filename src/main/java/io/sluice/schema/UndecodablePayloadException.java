package io.sluice.schema;

/**
 * A payload that its schema does not describe. Names the field and the reason, never a value.
 *
 * <p>It carries no cause, because parsers quote the input in their messages.
 */
public final class UndecodablePayloadException extends RuntimeException {

  private final String path;
  private final String reason;

  UndecodablePayloadException(String reason) {
    this("", reason);
  }

  private UndecodablePayloadException(String path, String reason) {
    super(path.isEmpty() ? reason : "Field `" + path + "`: " + reason);
    this.path = path;
    this.reason = reason;
  }

  /** The field that cannot be decoded, dotted from the payload's root; empty for the root. */
  public String path() {
    return path;
  }

  UndecodablePayloadException within(String step) {
    return new UndecodablePayloadException(path.isEmpty() ? step : step + "." + path, reason);
  }
}
