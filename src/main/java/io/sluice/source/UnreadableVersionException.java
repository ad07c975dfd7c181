package io.sluice.source;

import io.sluice.SluiceException;
import io.sluice.schema.UndecodablePayloadException.Kind;

/** Messages of one schema version cannot be read at all. */
final class UnreadableVersionException extends RuntimeException {

  private final Kind kind;
  private final SluiceException failure;

  /**
   * Creates the failure.
   *
   * @param kind whether the version is unknown or of no use
   * @param failure what is wrong with the version
   */
  UnreadableVersionException(Kind kind, SluiceException failure) {
    super(failure);
    this.kind = kind;
    this.failure = failure;
  }

  Kind kind() {
    return kind;
  }

  SluiceException failure() {
    return failure;
  }
}
