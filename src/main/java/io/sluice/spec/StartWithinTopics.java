package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Start positions are given for topics of the job only.
 *
 * @param start the start position
 * @param topics the topics, where they are given by name
 */
record StartWithinTopics(Key<StartPosition> start, Key<List<String>> topics) implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    List<String> named = bound.find(topics);
    YamlValue given = bound.given(start);
    if (named == null || given == null || !(bound.find(start) instanceof StartPosition.At at)) {
      return true;
    }
    Optional<String> stranger =
        at.positions().keySet().stream().filter(topic -> !named.contains(topic)).findFirst();
    stranger.ifPresent(topic -> reject(given, topic));
    return stranger.isEmpty();
  }

  private static void reject(YamlValue given, String topic) {
    given.rejectKey(
        ProblemCode.CONFLICTING_KEYS,
        given.path(),
        "the start position of " + topic + " is given, but the job does not read this topic",
        "add it to 'topics', or remove its position");
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of();
  }

  @Override
  public String doc() {
    return "`start.positions` names only topics that `topics` names, when they are named.";
  }
}
