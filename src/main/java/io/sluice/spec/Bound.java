package io.sluice.spec;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The values of one block by their keys. */
final class Bound {

  private final Map<Key<?>, Object> read = new HashMap<>();
  private final Map<Key<?>, YamlValue> given = new HashMap<>();
  private final Set<Key<?>> meant = new HashSet<>();

  /** The value that was given or is the default; null when there is neither, or it is wrong. */
  @SuppressWarnings("unchecked")
  <T> @Nullable T find(Key<T> key) {
    return (T) read.get(key);
  }

  /** The value of a key that is required or has a default. */
  <T> T get(Key<T> key) {
    return Objects.requireNonNull(find(key));
  }

  /** Whether the file gives the key, or a misspelling of it. */
  boolean isGiven(Key<?> key) {
    return given.containsKey(key) || meant.contains(key);
  }

  /** The value of a key as the file has it; null when the file does not give it. */
  @Nullable YamlValue given(Key<?> key) {
    return given.get(key);
  }

  void putRead(Key<?> key, Object value) {
    read.put(key, value);
  }

  void putGiven(Key<?> key, YamlValue value) {
    given.put(key, value);
  }

  void putMeant(Key<?> key) {
    meant.add(key);
  }
}
