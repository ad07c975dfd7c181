package io.sluice.spec;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The types of single values that jobs are made of. */
final class Scalars {

  private static final String REFERENCE_PATTERN = "\\$\\{";

  private static final Pattern SIZE =
      Pattern.compile("(?<number>\\d+(\\.\\d+)?)\\s*(?<unit>[A-Za-z]*)");
  private static final Map<String, Long> UNITS =
      Map.of(
          "",
          1L,
          "b",
          1L,
          "kb",
          1_000L,
          "mb",
          1_000_000L,
          "gb",
          1_000_000_000L,
          "tb",
          1_000_000_000_000L,
          "kib",
          1L << 10,
          "mib",
          1L << 20,
          "gib",
          1L << 30,
          "tib",
          1L << 40);
  private static final Pattern DURATION =
      Pattern.compile("(?<number>\\d{1,15})\\s*(?<unit>ms|s|m|h|d)");

  private Scalars() {}

  /** Any text but an empty one. */
  static ScalarType<String> text() {
    return text("a text", null, null, text -> text);
  }

  /**
   * A text that has to pass a check, which may also put it into its normal form.
   *
   * @param describe the type in words, with its article
   * @param pattern what an editor checks; null for nothing
   * @param hint what to write
   * @param check the normal form, or an {@link IllegalArgumentException} as {@link
   *     ScalarType.Parser} says
   */
  static ScalarType<String> text(
      String describe,
      @Nullable String pattern,
      @Nullable String hint,
      UnaryOperator<String> check) {
    Map<String, Object> schema =
        pattern == null
            ? Map.of("type", "string", "minLength", 1)
            : orReference(Map.of("type", "string", "pattern", pattern));
    return new ScalarType<>(describe, true, hint, schema, text -> check.apply(requireSome(text)));
  }

  /** A text that is never shown. */
  static ScalarType<Secret> secret() {
    return new ScalarType<>(
        "a secret",
        true,
        "refer to it: ${env:PULSAR_TOKEN} or ${file:/run/secrets/pulsar-token}",
        Map.of("type", "string", "minLength", 1),
        text -> new Secret(requireSome(text)));
  }

  /** A single value of any kind, kept as its text. */
  static ScalarType<String> anything() {
    return new ScalarType<>(
        "a text, number or truth value",
        false,
        null,
        Map.of("type", List.of("string", "number", "boolean")),
        text -> text);
  }

  /** A truth value. */
  static ScalarType<Boolean> bool() {
    return new ScalarType<>(
        "true or false",
        false,
        "write true or false",
        orReference(Map.of("type", "boolean")),
        text ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException("is neither true nor false");
            });
  }

  /** A number of bytes, at least one. */
  static ScalarType<Long> size() {
    return new ScalarType<>(
        "a size",
        false,
        "write a number of bytes, or one with a unit: 64 MiB, 1 GB, 500kB",
        orReference(
            List.of(
                Map.of("type", "integer", "minimum", 1),
                Map.of(
                    "type",
                    "string",
                    "pattern",
                    "^[0-9]+(\\.[0-9]+)?\\s*(([kKmMgGtT][iI]?)?[bB])?$"))),
        Scalars::parseSize);
  }

  /** A whole number, at least one. */
  static ScalarType<Long> count() {
    return new ScalarType<>(
        "a number",
        false,
        "write a whole number from 1 on",
        orReference(Map.of("type", "integer", "minimum", 1)),
        text -> {
          if (!text.matches("\\d{1,18}") || Long.parseLong(text) < 1) {
            throw new IllegalArgumentException("is not a whole number from 1 on");
          }
          return Long.parseLong(text);
        });
  }

  /** A share, above 0 and at most 1. */
  static ScalarType<Double> ratio() {
    return new ScalarType<>(
        "a share",
        false,
        "write a number above 0 and at most 1: 0.01",
        orReference(Map.of("type", "number", "exclusiveMinimum", 0, "maximum", 1)),
        text -> {
          if (!text.matches("[01](\\.\\d{1,9})?|\\.\\d{1,9}")) {
            throw new IllegalArgumentException("is not a share");
          }
          double share = Double.parseDouble(text);
          if (share <= 0 || share > 1) {
            throw new IllegalArgumentException("is not above 0 and at most 1");
          }
          return share;
        });
  }

  /** A span of time, zero allowed. */
  static ScalarType<Duration> duration() {
    return new ScalarType<>(
        "a duration",
        false,
        "write a whole number and a unit: 500ms, 10s, 2m, 1h, 7d",
        orReference(Map.of("type", "string", "pattern", "^[0-9]+\\s*(ms|s|m|h|d)$")),
        Scalars::parseDuration);
  }

  /** One of some words. */
  static <T> ScalarType<T> choice(List<Word<T>> words) {
    List<String> names = words.stream().map(Word::text).toList();
    String all = String.join(", ", names);
    return new ScalarType<>(
        names.size() == 1 ? "the word " + all : "one of " + all,
        false,
        null,
        orReference(Map.of("enum", names)),
        text ->
            words.stream()
                .filter(word -> word.text().equals(text))
                .findFirst()
                .orElseThrow(() -> notOneOf(names, text))
                .value());
  }

  /** Options by their names, each passed on as it is. */
  static MapOf<String, String> options() {
    return new MapOf<>(text(), anything(), "a mapping of option names to values");
  }

  /**
   * Takes a text that matches as a whole.
   *
   * @param otherwise what is wrong with another text
   */
  static UnaryOperator<String> matching(String regex, String otherwise) {
    return text -> {
      if (!text.matches(regex)) {
        throw new IllegalArgumentException(otherwise);
      }
      return text;
    };
  }

  private static IllegalArgumentException notOneOf(List<String> names, String text) {
    String near = NearName.of(text, names).map(name -> "; did you mean " + name + "?").orElse("");
    return new IllegalArgumentException(
        (names.size() == 1 ? "is not " : "is not one of ") + String.join(", ", names) + near);
  }

  private static String requireSome(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("is empty");
    }
    return text;
  }

  private static long parseSize(String text) {
    Matcher size = SIZE.matcher(text);
    Long unit = size.matches() ? UNITS.get(size.group("unit").toLowerCase(Locale.ROOT)) : null;
    if (unit == null || text.length() > 30) {
      throw new IllegalArgumentException("is not a size");
    }
    BigDecimal bytes = new BigDecimal(size.group("number")).multiply(BigDecimal.valueOf(unit));
    if (bytes.compareTo(BigDecimal.ONE) < 0
        || bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("is not between one byte and 8 EiB");
    }
    return bytes.longValue();
  }

  private static Duration parseDuration(String text) {
    Matcher duration = DURATION.matcher(text);
    if (!duration.matches()) {
      throw new IllegalArgumentException("is not a duration");
    }
    long number = Long.parseLong(duration.group("number"));
    return switch (duration.group("unit")) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  /** The schema of a value, or of a text with a reference, whose value an editor cannot know. */
  static Map<String, Object> orReference(Map<String, Object> shape) {
    return orReference(List.of(shape));
  }

  private static Map<String, Object> orReference(List<Map<String, Object>> shapes) {
    List<Map<String, Object>> any = new ArrayList<>(shapes);
    any.add(Map.of("type", "string", "pattern", REFERENCE_PATTERN));
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("anyOf", any);
    return schema;
  }
}
