package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Some keys mean something for one type of table only.
 *
 * @param keys the keys
 * @param decider the key that says which type the table has
 * @param type the type for which {@code keys} mean something
 * @param reason why, in the words of the problem
 */
record ForScdType(List<Key<?>> keys, Key<ScdType> decider, ScdType type, String reason)
    implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    ScdType decided = bound.find(decider);
    boolean right = true;
    for (Key<?> key : keys) {
      YamlValue given = bound.given(key);
      if (given != null && decided != null && decided != type) {
        given.rejectKey(
            ProblemCode.CONFLICTING_KEYS,
            given.path(),
            "'%s' is only for '%s: %d': %s".formatted(key.name(), decider.name(), number(), reason),
            "remove it, or write '%s: %d'".formatted(decider.name(), number()));
        right = false;
      }
    }
    return right;
  }

  private int number() {
    return type.number();
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> mistaken = new TreeMap<>();
    mistaken.put("required", List.of(decider.name()));
    mistaken.put("properties", Map.of(decider.name(), Map.of("not", Map.of("const", number()))));
    mistaken.put(
        "anyOf", keys.stream().map(key -> Map.of("required", List.of(key.name()))).toList());
    return Map.of("not", mistaken);
  }

  @Override
  public String doc() {
    return "%s: only with `%s: %d`; %s."
        .formatted(
            keys.stream().map(key -> "`" + key.name() + "`").collect(Collectors.joining(", ")),
            decider.name(),
            number(),
            reason);
  }
}
