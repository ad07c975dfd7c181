package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Some keys mean something only when another key has a certain value.
 *
 * @param keys the keys
 * @param decider the key that decides
 * @param value the value with which {@code keys} mean something
 * @param word the value as the file has it, text or a number
 * @param isDefault whether the decider has this value where the file does not say it
 * @param reason why, in the words of the problem
 * @param <E> the type of the value
 */
record OnlyWith<E>(
    List<Key<?>> keys, Key<E> decider, E value, Object word, boolean isDefault, String reason)
    implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    E decided = bound.find(decider);
    boolean right = true;
    for (Key<?> key : keys) {
      YamlValue given = bound.given(key);
      if (given != null && decided != null && !decided.equals(value)) {
        given.rejectKey(
            ProblemCode.CONFLICTING_KEYS,
            given.path(),
            "'%s' is only for '%s: %s': %s".formatted(key.name(), decider.name(), word, reason),
            "remove it, or write '%s: %s'".formatted(decider.name(), word));
        right = false;
      }
    }
    return right;
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> decided = new TreeMap<>();
    decided.put("properties", Map.of(decider.name(), Map.of("const", word)));
    if (!isDefault) {
      decided.put("required", List.of(decider.name()));
    }
    Map<String, Object> mistaken = new TreeMap<>();
    mistaken.put("not", decided);
    mistaken.put(
        "anyOf", keys.stream().map(key -> Map.of("required", List.of(key.name()))).toList());
    return Map.of("not", mistaken);
  }

  @Override
  public String doc() {
    return "%s: only with `%s: %s`; %s."
        .formatted(
            keys.stream().map(key -> "`" + key.name() + "`").collect(Collectors.joining(", ")),
            decider.name(),
            word,
            reason);
  }
}
