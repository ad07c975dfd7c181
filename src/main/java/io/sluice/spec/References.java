package io.sluice.spec;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces <code>${env:NAME}</code>, <code>${env:NAME:-default}</code> and <code>${file:/path}
 * </code> in the text of a scalar.
 *
 * <p>It works on scalars of the parsed file, so a value can never become keys or lists. {@code \$}
 * before a brace stands for the dollar sign itself. What a reference resolves to is not searched
 * for further references.
 */
final class References {

  private static final Pattern VARIABLE =
      Pattern.compile("env:(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>.*))?", Pattern.DOTALL);
  private static final Pattern ONLY_REFERENCES =
      Pattern.compile("(\\$\\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]*)})+");

  private final Environment environment;

  References(Environment environment) {
    this.environment = environment;
  }

  /** A reference that cannot be replaced. */
  static final class BadReferenceException extends Exception {

    private final ProblemCode code;
    private final String reference;
    private final String hint;

    BadReferenceException(ProblemCode code, String reference, String message, String hint) {
      super(message);
      this.code = code;
      this.reference = reference;
      this.hint = hint;
    }

    ProblemCode code() {
      return code;
    }

    /** The reference as the file has it. */
    String reference() {
      return reference;
    }

    String hint() {
      return hint;
    }
  }

  /** Whether the text refers to something outside of the file. */
  static boolean isIn(String raw) {
    int at = raw.indexOf("${");
    while (at > 0 && raw.charAt(at - 1) == '\\') {
      at = raw.indexOf("${", at + 2);
    }
    return at >= 0;
  }

  /**
   * Whether the text is nothing but references without a default, so that it gives nothing away.
   */
  static boolean isAllOf(String raw) {
    return ONLY_REFERENCES.matcher(raw).matches();
  }

  /**
   * The text with every reference replaced.
   *
   * @throws BadReferenceException for the first reference that cannot be replaced
   */
  String resolve(String raw) throws BadReferenceException {
    StringBuilder text = new StringBuilder();
    int done = 0;
    for (int at = raw.indexOf("${"); at >= 0; at = raw.indexOf("${", done)) {
      if (at > done && raw.charAt(at - 1) == '\\') {
        text.append(raw, done, at - 1).append("${");
        done = at + 2;
        continue;
      }
      int end = raw.indexOf('}', at);
      if (end < 0) {
        throw malformed(raw.substring(at), "is not closed");
      }
      String reference = raw.substring(at, end + 1);
      text.append(raw, done, at).append(valueOf(reference));
      done = end + 1;
    }
    return text.append(raw, done, raw.length()).toString();
  }

  private String valueOf(String reference) throws BadReferenceException {
    String body = reference.substring(2, reference.length() - 1);
    if (body.startsWith("file:") && body.length() > "file:".length()) {
      return file(reference, body.substring("file:".length()));
    }
    Matcher variable = VARIABLE.matcher(body);
    if (!variable.matches()) {
      throw malformed(reference, "is not a reference that Sluice knows");
    }
    return variable(reference, variable.group("name"), variable.group("default"));
  }

  private String variable(String reference, String name, @Nullable String otherwise)
      throws BadReferenceException {
    String value = environment.variable(name);
    if (otherwise != null && (value == null || value.isEmpty())) {
      return otherwise;
    }
    if (value == null) {
      throw new BadReferenceException(
          ProblemCode.UNRESOLVED_REFERENCE,
          reference,
          "the environment variable " + name + " is not set",
          "set it, or give a default: ${env:" + name + ":-default}");
    }
    return value;
  }

  private String file(String reference, String path) throws BadReferenceException {
    try {
      return environment.file(Path.of(path)).stripTrailing();
    } catch (IOException | InvalidPathException e) {
      throw new BadReferenceException(
          ProblemCode.UNRESOLVED_REFERENCE,
          reference,
          "the file " + path + " cannot be read: " + Unreadable.reason(e),
          "the path counts from the directory in which sluice was started, unless it is absolute");
    }
  }

  private static BadReferenceException malformed(String reference, String what) {
    return new BadReferenceException(
        ProblemCode.MALFORMED_REFERENCE,
        reference,
        "'" + reference + "' " + what,
        "write ${env:NAME}, ${env:NAME:-default} or ${file:/path}; write \\${ for a literal ${");
  }
}
