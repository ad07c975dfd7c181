package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Types are widened only for readers that are known to read such tables.
 *
 * @param evolution how the table evolves
 * @param readers who reads it
 */
record WidenNeedsReaders(Key<SchemaEvolution> evolution, Key<List<TableReader>> readers)
    implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    List<TableReader> named = bound.find(readers);
    YamlValue given = bound.given(evolution);
    if (given == null
        || named == null
        || bound.find(evolution) != SchemaEvolution.WIDEN
        || named.stream().allMatch(TableReader::readsWidenedTypes)) {
      return true;
    }
    given.rejectKey(
        ProblemCode.CONFLICTING_KEYS,
        given.path(),
        "'%s: widen' makes a table that %s cannot read"
            .formatted(evolution.name(), String.join(", ", unfit(named))),
        "write add_columns, or take the reader out of '" + readers.name() + "'");
    return false;
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
                    Map.of("contains", Map.of("enum", unfit(List.of(TableReader.values()))))))));
  }

  private static List<String> unfit(List<TableReader> readers) {
    return readers.stream()
        .filter(reader -> !reader.readsWidenedTypes())
        .map(TableReader::word)
        .toList();
  }

  @Override
  public String doc() {
    return "`%s: widen` only with `%s` that read widened types: not with %s."
        .formatted(
            evolution.name(),
            readers.name(),
            String.join(", ", unfit(List.of(TableReader.values()))));
  }
}
