package io.sluice.spec;

import java.util.List;
import java.util.Map;

/**
 * Some keys mean nothing when another key has a certain value.
 *
 * @param keys the keys
 * @param decider the key that decides
 * @param value the value with which {@code keys} mean nothing
 * @param word the value as the file has it
 * @param <E> the type of the value
 */
record OnlyUnless<E>(List<Key<?>> keys, Key<E> decider, E value, String word) implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    boolean right = true;
    for (Key<?> key : keys) {
      YamlValue given = bound.given(key);
      if (given != null && value.equals(bound.find(decider))) {
        given.rejectKey(
            ProblemCode.CONFLICTING_KEYS,
            given.path(),
            "'%s' means nothing with '%s: %s'".formatted(key.name(), decider.name(), word),
            "remove it, or change '" + decider.name() + "'");
        right = false;
      }
    }
    return right;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of(
        "not",
        Map.of(
            "required", List.of(decider.name()),
            "properties", Map.of(decider.name(), Map.of("const", word)),
            "anyOf", keys.stream().map(key -> Map.of("required", List.of(key.name()))).toList()));
  }

  @Override
  public String doc() {
    return "%s: not with `%s: %s`."
        .formatted(
            String.join(", ", keys.stream().map(key -> "`" + key.name() + "`").toList()),
            decider.name(),
            word);
  }
}
