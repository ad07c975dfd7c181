package io.sluice.delta;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What columns become when rows of other columns are to fit into them: by name, whatever the case,
 * down into structs, arrays and maps. Columns are added and never taken away.
 */
public final class ColumnMerge {

  private static final List<DataType> INTEGERS =
      List.of(DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);

  /** The digits that a decimal needs before its point to hold each of {@link #INTEGERS}. */
  private static final List<Integer> DIGITS = List.of(3, 5, 10, 20);

  private ColumnMerge() {}

  /**
   * The columns that hold both.
   *
   * @param columns what there is; its types stay unless they are widened
   * @param rows what comes; a column of a type that does not fit is left as it is in {@code
   *     columns}
   * @param widen whether a type may grow where Delta can change it in place
   */
  public static StructType of(StructType columns, StructType rows, boolean widen) {
    Map<String, StructField> merged = new LinkedHashMap<>();
    for (StructField column : columns.fields()) {
      merged.put(key(column), column);
    }
    for (StructField field : rows.fields()) {
      merged.merge(key(field), field, (column, other) -> with(column, other, widen));
    }
    return new StructType(merged.values().toArray(StructField[]::new));
  }

  private static StructField with(StructField column, StructField field, boolean widen) {
    return new StructField(
        column.name(),
        type(column.dataType(), field.dataType(), widen),
        column.nullable(),
        column.metadata());
  }

  private static DataType type(DataType column, DataType field, boolean widen) {
    if (column instanceof StructType columns && field instanceof StructType fields) {
      return of(columns, fields, widen);
    }
    if (column instanceof ArrayType array && field instanceof ArrayType other) {
      return new ArrayType(
          type(array.elementType(), other.elementType(), widen), array.containsNull());
    }
    if (column instanceof MapType map && field instanceof MapType other) {
      return new MapType(
          type(map.keyType(), other.keyType(), widen),
          type(map.valueType(), other.valueType(), widen),
          map.valueContainsNull());
    }
    return widen && widens(column, field) ? field : column;
  }

  /**
   * Whether Delta can change a column's type in place: <a
   * href="https://docs.delta.io/delta-type-widening/">the changes it lists</a>, but for a date to a
   * timestamp without time zone, which needs one more table feature.
   */
  static boolean widens(DataType from, DataType to) {
    int integer = INTEGERS.indexOf(from);
    if (to instanceof DecimalType decimal) {
      int before = decimal.precision() - decimal.scale();
      return integer >= 0
          ? before >= DIGITS.get(integer)
          : from instanceof DecimalType narrow
              && !narrow.equals(decimal)
              && decimal.scale() >= narrow.scale()
              && before >= narrow.precision() - narrow.scale();
    }
    if (to.equals(DataTypes.DoubleType)) {
      return from.equals(DataTypes.FloatType)
          || (integer >= 0 && integer < INTEGERS.indexOf(DataTypes.LongType));
    }
    return integer >= 0 && INTEGERS.indexOf(to) > integer;
  }

  /**
   * What changes between two sets of columns, one line per column or nested field: {@code + name
   * TYPE} for a new one, {@code ~ name OLD -> NEW} for another type, {@code - name TYPE} for one
   * that is gone.
   */
  public static List<String> changes(StructType before, StructType after) {
    List<String> changes = new ArrayList<>();
    collect("", before, after, changes);
    return changes;
  }

  private static void collect(
      String path, StructType before, StructType after, List<String> changes) {
    for (StructField field : after.fields()) {
      find(before, field)
          .ifPresentOrElse(
              old -> compare(path + field.name(), old.dataType(), field.dataType(), changes),
              () -> changes.add("+ %s%s %s".formatted(path, field.name(), field.dataType().sql())));
    }
    for (StructField field : before.fields()) {
      if (find(after, field).isEmpty()) {
        changes.add("- %s%s %s".formatted(path, field.name(), field.dataType().sql()));
      }
    }
  }

  private static void compare(String path, DataType before, DataType after, List<String> changes) {
    if (before instanceof StructType from && after instanceof StructType to) {
      collect(path + ".", from, to, changes);
    } else if (before instanceof ArrayType from && after instanceof ArrayType to) {
      compare(path + ".element", from.elementType(), to.elementType(), changes);
    } else if (before instanceof MapType from && after instanceof MapType to) {
      compare(path + ".key", from.keyType(), to.keyType(), changes);
      compare(path + ".value", from.valueType(), to.valueType(), changes);
    } else if (!before.sql().equalsIgnoreCase(after.sql())) {
      changes.add("~ %s %s -> %s".formatted(path, before.sql(), after.sql()));
    }
  }

  private static Optional<StructField> find(StructType columns, StructField wanted) {
    for (StructField column : columns.fields()) {
      if (key(column).equals(key(wanted))) {
        return Optional.of(column);
      }
    }
    return Optional.empty();
  }

  private static String key(StructField field) {
    return field.name().toLowerCase(Locale.ROOT);
  }
}
