package io.sluice.spec;

import java.util.List;
import java.util.Map;

/**
 * A key means something only where another one is given.
 *
 * @param key the key
 * @param needed the key that has to be there
 * @param reason why, in the words of the problem
 */
record NeedsKey(Key<?> key, Key<?> needed, String reason) implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    YamlValue given = bound.given(key);
    if (given == null || bound.isGiven(needed)) {
      return true;
    }
    given.rejectKey(
        ProblemCode.CONFLICTING_KEYS,
        given.path(),
        "'%s' is only for '%s': %s".formatted(key.name(), needed.name(), reason),
        "remove it, or give '%s'".formatted(needed.name()));
    return false;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of(
        "not",
        Map.of(
            "required", List.of(key.name()),
            "not", Map.of("required", List.of(needed.name()))));
  }

  @Override
  public String doc() {
    return "`%s`: only with `%s`; %s.".formatted(key.name(), needed.name(), reason);
  }
}
