package io.sluice.spec;

import org.jspecify.annotations.Nullable;

/**
 * One key of a job: the parser, the JSON Schema and the reference page all follow from it.
 *
 * @param name the key, in snake_case
 * @param type what it takes
 * @param required whether a job has to give it
 * @param defaultText the YAML that stands for it when it is not given; null for none
 * @param doc what it means, in sentences for the manual
 * @param <T> what its value is read as
 */
record Key<T>(
    String name, ValueType<T> type, boolean required, @Nullable String defaultText, String doc) {

  /** A key that has to be given. */
  static <T> Key<T> required(String name, ValueType<T> type, String doc) {
    return new Key<>(name, type, true, null, doc);
  }

  /** A key without which something is simply absent. */
  static <T> Key<T> optional(String name, ValueType<T> type, String doc) {
    return new Key<>(name, type, false, null, doc);
  }

  /** A key that has a value in any case. */
  static <T> Key<T> withDefault(String name, ValueType<T> type, String defaultText, String doc) {
    return new Key<>(name, type, false, defaultText, doc);
  }
}
