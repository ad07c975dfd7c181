package io.sluice.spec;

import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A table's name refers to groups that the pattern of the topics has.
 *
 * @param source what the job reads
 * @param target the table
 */
record GroupsOfPattern(Key<SourceSpec> source, Key<TargetSpec> target) implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    SourceSpec topics = bound.find(source);
    TargetSpec table = bound.find(target);
    if (topics == null || table == null) {
      return true;
    }
    int inTable = TablePerTopic.highestGroup(table.table());
    int asked = Math.max(inTable, TablePerTopic.highestGroup(table.quarantine()));
    int groups = topics.topics() instanceof TopicSelection.Matching matching ? groups(matching) : 0;
    if (asked <= groups && (asked == 0 || inTable > 0)) {
      return true;
    }
    YamlValue given = Objects.requireNonNullElse(bound.given(target), block);
    if (asked > groups) {
      given.rejectKey(
          ProblemCode.CONFLICTING_KEYS,
          given.path(),
          "the table's name has $%d in it, and 'source.topics_pattern' has %s"
              .formatted(asked, groups == 0 ? "no group" : "groups up to " + groups),
          "put the part of the topic's name that you mean in parentheses:"
              + " topics_pattern: persistent://shop/cdc/(.*)");
    } else {
      given.rejectKey(
          ProblemCode.CONFLICTING_KEYS,
          given.path(),
          "'quarantine' has $%d in it, and 'table' has no group".formatted(asked),
          "name one quarantine, or a table for each topic");
    }
    return false;
  }

  private static int groups(TopicSelection.Matching matching) {
    String prefix = TopicNames.namespacePrefix(matching.pattern());
    return Pattern.compile(matching.pattern().substring(prefix.length())).matcher("").groupCount();
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of();
  }

  @Override
  public String doc() {
    return "`$1` to `$9` in `target.table` are the groups of `source.topics_pattern`, in"
        + " parentheses: each topic then has a table and a checkpoint of its own, topics that appear"
        + " later included, and the failure of one leaves the others running. `target.quarantine`"
        + " may have them too.";
  }
}
