package io.sluice.spec;

/**
 * A text that must not be seen: it prints as {@code ***} and cannot be serialized.
 *
 * @param value the secret itself, for the one call that needs it
 */
public record Secret(String value) {

  /** Three asterisks, whatever the value. */
  @Override
  public String toString() {
    return "***";
  }
}
