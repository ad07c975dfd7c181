package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What holds between the keys of one block. */
interface Rule {

  /** Whether the rule holds; a breach is reported. */
  boolean check(Bound bound, YamlValue block);

  /** The rule as a JSON Schema (draft-07); empty when editors cannot check it. */
  Map<String, Object> schema();

  /** The rule as a sentence for the manual. */
  String doc();

  /** One of the keys, and only one, is given. */
  static Rule exactlyOne(Key<?>... keys) {
    return new ExactlyOne(List.of(keys));
  }

  /** Not both keys are given. */
  static Rule notBoth(Key<?> first, Key<?> second) {
    return new NotBoth(first, second);
  }

  /**
   * One of the keys, and only one, is given.
   *
   * @param keys the keys
   */
  record ExactlyOne(List<Key<?>> keys) implements Rule {

    @Override
    public boolean check(Bound bound, YamlValue block) {
      List<Key<?>> given = keys.stream().filter(bound::isGiven).toList();
      if (given.isEmpty()) {
        block.rejectKey(
            ProblemCode.MISSING_KEY, block.path(), "one of " + names() + " is needed", null);
        return false;
      }
      if (given.size() > 1) {
        YamlValue last = bound.given(given.get(given.size() - 1));
        (last == null ? block : last)
            .rejectKey(
                ProblemCode.CONFLICTING_KEYS,
                last == null ? block.path() : last.path(),
                "only one of " + names() + " may be given",
                "remove all but one");
        return false;
      }
      return true;
    }

    @Override
    public Map<String, Object> schema() {
      return Map.of(
          "oneOf", keys.stream().map(key -> Map.of("required", List.of(key.name()))).toList());
    }

    @Override
    public String doc() {
      return "Exactly one of "
          + keys.stream().map(key -> "`" + key.name() + "`").collect(Collectors.joining(", "))
          + " is given.";
    }

    private String names() {
      return keys.stream().map(key -> "'" + key.name() + "'").collect(Collectors.joining(", "));
    }
  }

  /**
   * Not both keys are given.
   *
   * @param first one key
   * @param second the key that is reported
   */
  record NotBoth(Key<?> first, Key<?> second) implements Rule {

    @Override
    public boolean check(Bound bound, YamlValue block) {
      YamlValue given = bound.given(second);
      if (given == null || !bound.isGiven(first)) {
        return true;
      }
      given.rejectKey(
          ProblemCode.CONFLICTING_KEYS,
          given.path(),
          "'" + first.name() + "' and '" + second.name() + "' exclude each other",
          "remove one of them");
      return false;
    }

    @Override
    public Map<String, Object> schema() {
      return Map.of("not", Map.of("required", List.of(first.name(), second.name())));
    }

    @Override
    public String doc() {
      return "`" + first.name() + "` and `" + second.name() + "` exclude each other.";
    }
  }

  /**
   * A key is given exactly when another key has a certain value.
   *
   * @param key the key that comes and goes
   * @param decider the key that decides
   * @param value the value with which {@code key} is needed
   * @param word the value as the file has it
   * @param otherWords the other values that {@code decider} takes
   * @param <E> the type of the value
   */
  record ExactlyWhen<E>(
      Key<?> key,
      Key<E> decider,
      E value,
      String word,
      List<String> otherWords,
      Set<E> optionalWith)
      implements Rule {

    @Override
    public boolean check(Bound bound, YamlValue block) {
      E decided = bound.find(decider);
      if (decided == null
          || optionalWith.contains(decided)
          || bound.isGiven(key) == decided.equals(value)) {
        return true;
      }
      YamlValue given = bound.given(key);
      if (given != null) {
        given.rejectKey(
            ProblemCode.CONFLICTING_KEYS,
            given.path(),
            "'" + key.name() + "' is only for '" + decider.name() + ": " + word + "'",
            "remove it, or add '" + decider.name() + ": " + word + "'");
      } else {
        YamlValue cause = bound.given(decider);
        (cause == null ? block : cause)
            .rejectKey(
                ProblemCode.MISSING_KEY,
                block.pathOf(key.name()),
                "'" + decider.name() + ": " + word + "' needs '" + key.name() + "'",
                null);
      }
      return false;
    }

    @Override
    public Map<String, Object> schema() {
      return Map.of(
          "if",
          Map.of(
              "properties", Map.of(decider.name(), Map.of("const", word)),
              "required", List.of(decider.name())),
          "then",
          Map.of("required", List.of(key.name())),
          "else",
          Map.of(
              "not",
              Map.of(
                  "required", List.of(key.name()),
                  "properties", Map.of(decider.name(), Map.of("enum", otherWords)))));
    }

    @Override
    public String doc() {
      return "`%s` is required for `%s: %s`, and not allowed for %s."
          .formatted(
              key.name(),
              decider.name(),
              word,
              String.join(", ", otherWords.stream().map(other -> "`" + other + "`").toList()));
    }
  }
}
