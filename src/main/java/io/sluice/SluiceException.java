package io.sluice;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A failure with a name, whose message says what happened, where, and what to do next.
 *
 * <p>It crosses from executors to the driver, so it holds nothing but strings and its cause.
 */
public final class SluiceException extends RuntimeException {

  private final Condition condition;

  /**
   * Creates the failure.
   *
   * @param condition its stable name
   * @param message what cannot be done, the value seen, and the next step; never a secret
   */
  public SluiceException(Condition condition, String message) {
    this(condition, message, null);
  }

  /**
   * Creates the failure with its cause.
   *
   * @param condition its stable name
   * @param message what cannot be done, the value seen, and the next step; never a secret
   * @param cause what led to it
   */
  public SluiceException(Condition condition, String message, @Nullable Throwable cause) {
    super("[" + condition + "] " + message, cause);
    this.condition = condition;
  }

  /** The stable name of this failure. */
  public Condition condition() {
    return condition;
  }

  /**
   * Looks for a named failure in a failure and its causes.
   *
   * @return the outermost one that has a name of its own, else an unnamed one, else empty
   */
  public static Optional<SluiceException> in(Throwable failure) {
    Optional<SluiceException> unnamed = Optional.empty();
    int depth = 0;
    for (@Nullable Throwable t = failure; t != null && depth < 100; t = t.getCause(), depth++) {
      if (t instanceof SluiceException known) {
        if (known.condition != Condition.UNEXPECTED) {
          return Optional.of(known);
        }
        unnamed = unnamed.or(() -> Optional.of(known));
      }
    }
    return unnamed;
  }
}
