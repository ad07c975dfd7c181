package io.sluice.spec;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a job says with keys of its own is not said again among the further options, where it would
 * contradict them or do nothing.
 *
 * @param options the further options
 */
record KeysOfTheirOwn(Key<Map<String, String>> options) implements Rule {

  private static final Map<String, String> KEYS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("startingOffsets", "source.start"),
              Map.entry("startingTime", "source.start"),
              Map.entry("topic", "source.topics"),
              Map.entry("topics", "source.topics"),
              Map.entry("topicsPattern", "source.topics_pattern"),
              Map.entry("subscription", "source.subscription"),
              Map.entry("predefinedSubscription", "source.subscription"),
              Map.entry("payload", "source.format"),
              Map.entry("mode", "source.on_bad_record"),
              Map.entry("stopOnSchemaChange", "target.schema_evolution"),
              Map.entry("acceptedSchemas", "target.schema_evolution"),
              Map.entry("rescuedDataColumn", "target.schema_evolution"),
              Map.entry("service.url", "pulsar.service_url"),
              Map.entry("admin.url", "pulsar.admin_url")));

  @Override
  public boolean check(Bound bound, YamlValue block) {
    Map<String, String> given = bound.find(options);
    YamlValue where = bound.given(options);
    if (given == null || where == null) {
      return true;
    }
    boolean right = true;
    for (String name : given.keySet()) {
      String key = keyOf(name);
      if (key != null) {
        where.rejectKey(
            ProblemCode.CONFLICTING_KEYS,
            where.pathOf(name),
            "a job says this with '" + key + "'",
            "remove it, and give '" + key + "'");
        right = false;
      }
    }
    return right;
  }

  private static @Nullable String keyOf(String option) {
    String lower = option.toLowerCase(Locale.ROOT);
    return KEYS.entrySet().stream()
        .filter(each -> each.getKey().toLowerCase(Locale.ROOT).equals(lower))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of();
  }

  @Override
  public String doc() {
    return "`options` has none of `"
        + String.join("`, `", KEYS.keySet())
        + "`: a job has keys of its own for them.";
  }
}
