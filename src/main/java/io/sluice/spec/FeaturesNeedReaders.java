package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A table gets features only that all of its readers are known to read.
 *
 * @param evolution how the table evolves
 * @param properties what else a new table gets
 * @param readers who reads it
 */
record FeaturesNeedReaders(
    Key<SchemaEvolution> evolution,
    Key<Map<String, String>> properties,
    Key<List<TableReader>> readers)
    implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    List<TableReader> named = bound.find(readers);
    if (named == null) {
      return true;
    }
    boolean widens = widens(bound, named);
    return gives(bound, named) && widens;
  }

  private boolean widens(Bound bound, List<TableReader> named) {
    YamlValue given = bound.given(evolution);
    List<String> unfit = TableReader.without(TableFeature.TYPE_WIDENING, named);
    if (given == null || bound.find(evolution) != SchemaEvolution.WIDEN || unfit.isEmpty()) {
      return true;
    }
    reject(
        given,
        given.path(),
        "'%s: widen'".formatted(evolution.name()),
        TableFeature.TYPE_WIDENING,
        unfit,
        "write add_columns");
    return false;
  }

  private boolean gives(Bound bound, List<TableReader> named) {
    YamlValue given = bound.given(properties);
    Map<String, String> wanted = bound.find(properties);
    boolean right = true;
    if (given != null && wanted != null) {
      for (Map.Entry<String, String> property : wanted.entrySet()) {
        TableFeature feature =
            TableFeature.givenBy(property.getKey(), property.getValue()).orElse(null);
        if (feature != null && !TableReader.without(feature, named).isEmpty()) {
          reject(
              given,
              given.pathOf(property.getKey()),
              "'%s: %s'".formatted(property.getKey(), property.getValue()),
              feature,
              TableReader.without(feature, named),
              "remove the property");
          right = false;
        }
      }
    }
    return right;
  }

  private void reject(
      YamlValue given,
      String path,
      String what,
      TableFeature feature,
      List<String> unfit,
      String remedy) {
    given.rejectKey(
        ProblemCode.CONFLICTING_KEYS,
        path,
        "%s makes a table with the feature %s, which %s cannot read"
            .formatted(what, feature.delta(), String.join(", ", unfit)),
        "%s, or take the reader out of '%s'".formatted(remedy, readers.name()));
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of(
        "not",
        Map.of(
            "required",
            List.of(evolution.name(), readers.name()),
            "properties",
            new TreeMap<>(
                Map.of(
                    evolution.name(),
                    Map.of("const", "widen"),
                    readers.name(),
                    Map.of("contains", Map.of("enum", unfitFor(TableFeature.TYPE_WIDENING)))))));
  }

  private static List<String> unfitFor(TableFeature feature) {
    return TableReader.without(feature, List.of(TableReader.values()));
  }

  @Override
  public String doc() {
    return "`%s: widen` only with `%s` that read widened types: not with %s. Likewise `%s`: [what engines read](readers.md)."
        .formatted(
            evolution.name(),
            readers.name(),
            String.join(", ", unfitFor(TableFeature.TYPE_WIDENING)),
            properties.name());
  }
}
