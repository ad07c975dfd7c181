package io.sluice.spec;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * What the format of the messages and the way they are merged have to do with each other: rows that
 * are not changes of a database do not name their keys, and changes are not rescued.
 *
 * @param source what the job reads
 * @param target the table
 */
record RulesOfChanges(Key<SourceSpec> source, Key<TargetSpec> target) implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    SourceSpec reads = bound.find(source);
    TargetSpec table = bound.find(target);
    if (reads == null || table == null) {
      return true;
    }
    YamlValue given = Objects.requireNonNullElse(bound.given(target), block);
    boolean changes = reads.format().isChanges();
    AutoCdcSpec merge = table.autoCdc();
    if (!changes && merge != null && merge.keys().isEmpty()) {
      given.rejectKey(
          ProblemCode.MISSING_KEY,
          given.pathOf("auto_cdc.keys"),
          "'auto_cdc' needs 'keys': only the changes of a database name their keys themselves",
          "add keys: [id], or say what the messages are: source.format: debezium");
      return false;
    }
    if (changes && table.evolution() == SchemaEvolution.RESCUE) {
      given.rejectKey(
          ProblemCode.CONFLICTING_KEYS,
          given.pathOf("schema_evolution"),
          "changes of a database's rows are not rescued: there is no 'schema_evolution: rescue'"
              + " with 'source.format: "
              + reads.format().name().toLowerCase(Locale.ROOT)
              + "'",
          "write add_columns or widen");
      return false;
    }
    return true;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of();
  }

  @Override
  public String doc() {
    return "`target.auto_cdc.keys` is needed unless `source.format` is `debezium`, `canal` or"
        + " `maxwell`; with these, `target.schema_evolution` is not `rescue`.";
  }
}
