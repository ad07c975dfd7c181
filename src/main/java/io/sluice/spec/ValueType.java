package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a key takes: how it is read, how an editor checks it, and how the manual names it.
 *
 * @param <T> what it is read as
 */
interface ValueType<T> {

  /** The value; null when it is wrong, which is then reported. */
  @Nullable T read(YamlValue value);

  /** The type as a JSON Schema (draft-07) for editors. */
  Map<String, Object> schema();

  /** The type in words, as in "{@code a size} is needed". */
  String describe();

  /** The key that a dotted path begins with; empty when this type has no such key. */
  default Optional<Child> child(String path) {
    return Optional.empty();
  }

  /** The names of the keys that this type has, for a near name; empty when any or none. */
  default List<String> keyNames() {
    return List.of();
  }

  /**
   * The first step of a dotted path.
   *
   * @param key the key
   * @param type what the key takes
   * @param rest what is left of the path; empty at its end
   */
  record Child(String key, ValueType<?> type, String rest) {}
}
