package io.sluice.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A single value, read from its text.
 *
 * @param describe the type in words, with its article
 * @param strict whether YAML has to see a text here, rather than a number or a truth value
 * @param hint what to write; null when the message of {@code parser} says it all
 * @param schema the type as a JSON Schema, references included
 * @param parser turns the text into the value
 * @param <T> what it is read as
 */
record ScalarType<T>(
    String describe,
    boolean strict,
    @Nullable String hint,
    Map<String, Object> schema,
    Parser<T> parser)
    implements ValueType<T> {

  /**
   * Turns the text of a scalar into a value.
   *
   * @param <T> the value's type
   */
  interface Parser<T> {

    /**
     * The value of a text, its references replaced.
     *
     * @throws IllegalArgumentException when the text is not allowed; the message goes on after the
     *     text seen, as in "is not a size", and does not repeat it, since it may be a secret
     */
    T parse(String text);
  }

  @Override
  public @Nullable T read(YamlValue value) {
    if (strict && value.isNotText()) {
      value.reject(
          ProblemCode.WRONG_TYPE,
          describe + " is needed, but " + value.shown() + " is " + value.shape(),
          "put it in quotes to make it text");
      return null;
    }
    String text = value.scalar(describe);
    if (text == null) {
      return null;
    }
    try {
      return parser.parse(text);
    } catch (IllegalArgumentException e) {
      value.reject(ProblemCode.INVALID_VALUE, value.shown() + " " + e.getMessage(), hint);
      return null;
    }
  }

  /** The value of a key of a mapping; null when it is not allowed, which is then reported. */
  @Nullable T readKey(String name, YamlValue entry) {
    try {
      return parser.parse(name);
    } catch (IllegalArgumentException e) {
      entry.rejectKey(
          ProblemCode.INVALID_VALUE, entry.path(), "'" + name + "' " + e.getMessage(), hint);
      return null;
    }
  }
}
