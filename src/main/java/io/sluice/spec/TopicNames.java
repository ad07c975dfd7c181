package io.sluice.spec;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The names of topics, brought into their full form {@code persistent://tenant/namespace/name}. */
final class TopicNames {

  private static final String PERSISTENT = "persistent://";
  private static final String DEFAULT_NAMESPACE = PERSISTENT + "public/default/";
  private static final Pattern FULL =
      Pattern.compile("persistent://[\\w=:.-]+/[\\w=:.-]+/(?<name>[^/\\s\\p{Cntrl}]+)");
  private static final Pattern FULL_PATTERN =
      Pattern.compile("persistent://[\\w=:.-]+/[\\w=:.-]+/(?<name>.+)");
  private static final String NO_TOPIC =
      "is not a topic name: name, tenant/namespace/name or persistent://tenant/namespace/name";

  private TopicNames() {}

  /**
   * The full name of a topic.
   *
   * @throws IllegalArgumentException as {@link ScalarType.Parser} says
   */
  static String full(String text) {
    String name = withScheme(text);
    if (!FULL.matcher(name).matches()) {
      throw new IllegalArgumentException(NO_TOPIC);
    }
    return name;
  }

  /**
   * The full form of a pattern of topics: its last part is a regular expression.
   *
   * @throws IllegalArgumentException as {@link ScalarType.Parser} says
   */
  static String fullPattern(String text) {
    String name = withScheme(text);
    Matcher full = FULL_PATTERN.matcher(name);
    if (!full.matches()) {
      throw new IllegalArgumentException(
          "is not a topic pattern: persistent://tenant/namespace/ and a regular expression");
    }
    try {
      Pattern.compile(full.group("name"));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "is not a regular expression: " + e.getDescription().toLowerCase(Locale.ROOT), e);
    }
    return name;
  }

  /** The part of a topic's or a pattern's full name before the name within the namespace. */
  static String namespacePrefix(String full) {
    return full.substring(0, full.indexOf('/', full.indexOf('/', PERSISTENT.length()) + 1) + 1);
  }

  private static String withScheme(String text) {
    if (text.startsWith("non-persistent://")) {
      throw new IllegalArgumentException(
          "is a non-persistent topic: Pulsar keeps none of its messages, so nothing could be read"
              + " again after a failure, and no batch would be exactly once");
    }
    if (text.startsWith(PERSISTENT)) {
      return text;
    }
    if (text.contains("://")) {
      throw new IllegalArgumentException(NO_TOPIC);
    }
    return text.contains("/") ? PERSISTENT + text : DEFAULT_NAMESPACE + text;
  }
}
