package io.sluice.delta;

import io.sluice.spec.TableFeature;
import io.sluice.spec.TableReader;
import io.sluice.spec.TableReader.Extent;
import io.sluice.spec.TargetSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.VariantType;
import scala.jdk.javaapi.CollectionConverters;

/** Whether the engines that read a table know all of its features. */
final class ReaderFit {

  private ReaderFit() {}

  /**
   * What a new table gets for its readers' sake.
   *
   * <p>Deletion vectors spare a merge from rewriting files for a few rows. They are decided at the
   * table's creation and never after: Trino has shown deleted rows again once they were switched
   * off (trinodb/trino#30685).
   *
   * @param spec the table as the job describes it
   * @param merged whether its rows are changed
   */
  static Map<String, String> properties(TargetSpec spec, boolean merged) {
    boolean known =
        !spec.readers().isEmpty()
            && spec.readers().stream()
                .allMatch(
                    reader -> reader.reading(TableFeature.DELETION_VECTORS).extent() == Extent.YES);
    return merged && known && !TableFeature.DELETION_VECTORS.isDecidedBy(spec.properties())
        ? Map.of("delta.enableDeletionVectors", "true")
        : Map.of();
  }

  /** The features that a table has, by their names, of those that its readers must know. */
  static Set<String> features(Snapshot table) {
    Set<String> features = new TreeSet<>();
    CollectionConverters.asJava(table.protocol().implicitlyAndExplicitlySupportedFeatures())
        .forEach(
            feature -> {
              if (feature.isReaderWriterFeature()) {
                features.add(feature.name());
              }
            });
    return features;
  }

  /** The features that a table gets with columns. */
  static Set<String> features(StructType columns) {
    Set<String> features = new TreeSet<>();
    collect(columns, features);
    return features;
  }

  private static void collect(DataType type, Set<String> features) {
    if (type instanceof TimestampNTZType) {
      features.add(TableFeature.TIMESTAMP_NTZ.delta());
    } else if (type instanceof VariantType) {
      features.add(TableFeature.VARIANT.delta());
    } else if (type instanceof StructType struct) {
      for (StructField field : struct.fields()) {
        collect(field.dataType(), features);
      }
    } else if (type instanceof ArrayType array) {
      collect(array.elementType(), features);
    } else if (type instanceof MapType map) {
      collect(map.keyType(), features);
      collect(map.valueType(), features);
    }
  }

  /**
   * Why a table does not serve its readers; empty when it does. A feature that is not judged is
   * taken for one that Spark alone reads.
   *
   * @param readers the engines that read it
   * @param features the features that they must know
   */
  static Optional<String> objection(List<TableReader> readers, Set<String> features) {
    for (String feature : features) {
      List<String> without =
          TableFeature.named(feature)
              .map(known -> TableReader.without(known, readers))
              .orElseGet(
                  () ->
                      readers.stream()
                          .filter(reader -> reader != TableReader.SPARK)
                          .map(TableReader::word)
                          .toList());
      if (!without.isEmpty()) {
        return Optional.of(remedy(feature, String.join(", ", without)));
      }
    }
    return Optional.empty();
  }

  private static String remedy(String feature, String readers) {
    boolean isType =
        feature.equals(TableFeature.TIMESTAMP_NTZ.delta())
            || feature.equals(TableFeature.VARIANT.delta());
    return "it needs the Delta feature %s, which %s of target.readers cannot read. %s, or take %s out of target.readers"
        .formatted(
            feature,
            readers,
            isType
                ? "Cast its columns to another type in a transform step, and name another table if they are there already"
                : "Name another table, or drop the feature (ALTER TABLE ... DROP FEATURE %s)"
                    .formatted(feature),
            readers);
  }
}
