package io.sluice.spec;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A feature of Delta tables that who reads one has to know, beyond the first version's. */
public enum TableFeature {
  /** Rows are marked as deleted beside their file, rather than the file being rewritten. */
  DELETION_VECTORS("deletionVectors", "deletion vectors", "delta.enableDeletionVectors", "true"),
  /** Columns have other names in the files than in the table. */
  COLUMN_MAPPING("columnMapping", "column mapping", "delta.columnMapping.mode", "name", "id"),
  /** Files hold a column with narrower types than the table's. */
  TYPE_WIDENING("typeWidening", "widened types", "delta.enableTypeWidening", "true"),
  /** Checkpoints of the log are spread over files of their own. */
  V2_CHECKPOINT("v2Checkpoint", "v2 checkpoints", "delta.checkpointPolicy", "v2"),
  /** There is a column of the type TIMESTAMP_NTZ. */
  TIMESTAMP_NTZ("timestampNtz", "the type TIMESTAMP_NTZ", "", ""),
  /** There is a column of the type VARIANT. */
  VARIANT("variantType", "the type VARIANT", "", "");

  private static final String BY_NAME = "delta.feature.";

  private final String delta;
  private final String title;
  private final String property;
  private final List<String> values;

  TableFeature(String delta, String title, String property, String... values) {
    this.delta = delta;
    this.title = title;
    this.property = property;
    this.values = List.of(values);
  }

  /** The name in a table's protocol. */
  public String delta() {
    return delta;
  }

  /** The feature in words. */
  public String title() {
    return title;
  }

  /** The feature of a name in a table's protocol; empty for one that is not judged here. */
  public static Optional<TableFeature> named(String delta) {
    return Stream.of(values()).filter(feature -> feature.delta.equals(delta)).findFirst();
  }

  /** Whether a table's properties name the feature, on or off. */
  public boolean isDecidedBy(Map<String, String> properties) {
    return properties.keySet().stream()
        .anyMatch(key -> key.equals(property) || key.equals(BY_NAME + delta));
  }

  /** The feature that a property gives a table; empty for none. */
  static Optional<TableFeature> givenBy(String property, String value) {
    String word = value.strip().toLowerCase(Locale.ROOT);
    return Stream.of(values())
        .filter(
            feature ->
                property.equals(feature.property)
                    ? feature.values.contains(word)
                    : property.equals(BY_NAME + feature.delta))
        .findFirst();
  }
}
