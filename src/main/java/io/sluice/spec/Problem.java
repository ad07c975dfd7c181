package io.sluice.spec;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a job file.
 *
 * @param code the kind of problem
 * @param mark where it is
 * @param path the key it is about, such as {@code source.topics[0]}; empty for the whole file
 * @param message what is wrong, with the value seen unless it may be a secret
 * @param hint what to do about it; null when the message says so already
 * @param excerpt the line of the file and a line of carets below it, secrets masked; null when
 *     there is nothing to show
 */
public record Problem(
    ProblemCode code,
    SourceMark mark,
    String path,
    String message,
    @Nullable String hint,
    @Nullable String excerpt) {

  /** The problem as it is printed: position, code, path and message, then excerpt and hint. */
  public String render() {
    StringBuilder text = new StringBuilder();
    text.append(mark).append(": ").append(code.code());
    if (!path.isEmpty()) {
      text.append(' ').append(path);
    }
    text.append(": ").append(code.isWarning() ? "warning: " : "").append(message).append('\n');
    if (excerpt != null) {
      text.append(excerpt);
    }
    if (hint != null) {
      text.append("  hint: ").append(hint).append('\n');
    }
    return text.toString();
  }
}
