package io.sluice.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * How the columns that a schema version maps to differ from columns that exist, field by field and
 * by name; the order of fields and what may be null are no difference.
 *
 * @param changes every field that differs, in the order of the version, then those that it lacks
 */
public record SchemaDifference(List<Change> changes) {

  /** One field that differs. */
  public sealed interface Change {

    /** The field, dotted from the payload's root. */
    String path();

    /**
     * A field without a column.
     *
     * @param type its type
     */
    record Added(String path, DataType type) implements Change {
      @Override
      public String toString() {
        return "+ " + path + " " + type.simpleString();
      }
    }

    /**
     * A field of another type than its column.
     *
     * @param from the column's type
     * @param to the field's type
     * @param wider whether the field has values that the column lacks, and a wider column would
     *     hold those of both
     */
    record Retyped(String path, DataType from, DataType to, boolean wider) implements Change {
      @Override
      public String toString() {
        return "~ " + path + " " + from.simpleString() + " -> " + to.simpleString();
      }
    }

    /**
     * A column without a field.
     *
     * @param type the column's type
     */
    record Removed(String path, DataType type) implements Change {
      @Override
      public String toString() {
        return "- " + path + " " + type.simpleString();
      }
    }
  }

  /** Keeps a copy. */
  public SchemaDifference {
    changes = List.copyOf(changes);
  }

  /** How the payload columns of a version differ from those that exist. */
  public static SchemaDifference between(StructType columns, StructType version) {
    List<Change> changes = new ArrayList<>();
    compare(columns, version, "", changes);
    return new SchemaDifference(changes);
  }

  private static void compare(
      StructType columns, StructType version, String path, List<Change> changes) {
    for (StructField field : version.fields()) {
      String at = AvroDefinition.join(path, field.name());
      if (columns.getFieldIndex(field.name()).isEmpty()) {
        changes.add(new Change.Added(at, field.dataType()));
      } else {
        compare(columns.apply(field.name()).dataType(), field.dataType(), at, changes);
      }
    }
    for (StructField column : columns.fields()) {
      if (version.getFieldIndex(column.name()).isEmpty()) {
        changes.add(
            new Change.Removed(AvroDefinition.join(path, column.name()), column.dataType()));
      }
    }
  }

  private static void compare(DataType column, DataType field, String path, List<Change> changes) {
    if (column instanceof StructType from && field instanceof StructType to) {
      compare(from, to, path, changes);
    } else if (column instanceof ArrayType from && field instanceof ArrayType to) {
      compare(from.elementType(), to.elementType(), AvroDefinition.join(path, "element"), changes);
    } else if (column instanceof MapType from
        && field instanceof MapType to
        && from.keyType().equals(to.keyType())) {
      compare(from.valueType(), to.valueType(), AvroDefinition.join(path, "value"), changes);
    } else if (!column.equals(field)) {
      DataType both = TypeMerge.wider(column, field);
      changes.add(new Change.Retyped(path, column, field, both != null && !both.equals(column)));
    }
  }

  /** Whether a field has no column. */
  public boolean addsFields() {
    return changes.stream().anyMatch(Change.Added.class::isInstance);
  }

  /** Whether a value may have something that the columns do not hold. */
  boolean loses() {
    return changes.stream().anyMatch(change -> !(change instanceof Change.Removed));
  }

  /** Whether a field is of a wider type than its column. */
  public boolean widens() {
    return changes.stream()
        .anyMatch(change -> change instanceof Change.Retyped retyped && retyped.wider());
  }

  /** The first field of a type that no type holds the values of together with its column's. */
  public Optional<Change.Retyped> incompatible() {
    return changes.stream()
        .filter(Change.Retyped.class::isInstance)
        .map(Change.Retyped.class::cast)
        .filter(retyped -> TypeMerge.wider(retyped.from(), retyped.to()) == null)
        .findFirst();
  }

  /** The changes, as in {@code + note string, ~ id int -> bigint, - old string}. */
  @Override
  public String toString() {
    return changes.stream().map(Change::toString).collect(Collectors.joining(", "));
  }
}
