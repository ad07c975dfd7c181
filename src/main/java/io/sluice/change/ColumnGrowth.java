package io.sluice.change;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * What columns become when events need more: columns are added and types grow, and what a column
 * holds it holds exactly afterwards. Names are compared as tables compare them, without their case.
 */
public final class ColumnGrowth {

  private static final List<DataType> INTEGERS =
      List.of(DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);

  /** The digits of each of {@link #INTEGERS}, as Delta counts them when it widens one. */
  private static final List<Integer> DIGITS = List.of(3, 5, 10, 20);

  private ColumnGrowth() {}

  /**
   * The columns that hold what they held and what is needed. A column that cannot grow so far stays
   * as it is.
   */
  public static StructType grown(StructType columns, StructType needed) {
    Map<String, StructField> merged = byName(columns);
    for (StructField field : needed.fields()) {
      merged.merge(
          key(field.name()),
          field,
          (column, need) -> {
            DataType type = grown(column.dataType(), need.dataType());
            return type == null ? column : with(column, type);
          });
    }
    return new StructType(merged.values().toArray(StructField[]::new));
  }

  /**
   * What two events need. A column that exists nowhere yet may be of any type: if one has a whole
   * number and the other a fraction, a double; if they have nothing in common, text.
   */
  static StructType union(StructType one, StructType other) {
    Map<String, StructField> merged = byName(one);
    for (StructField field : other.fields()) {
      merged.merge(key(field.name()), field, (a, b) -> with(a, common(a.dataType(), b.dataType())));
    }
    return new StructType(merged.values().toArray(StructField[]::new));
  }

  private static DataType common(DataType one, DataType other) {
    DataType grown = grown(one, other);
    if (grown == null) {
      grown = grown(other, one);
    }
    if (grown != null) {
      return grown;
    }
    boolean numbers =
        (INTEGERS.contains(one) && other instanceof DoubleType)
            || (INTEGERS.contains(other) && one instanceof DoubleType);
    return numbers ? DataTypes.DoubleType : DataTypes.StringType;
  }

  /** The type that holds both exactly, null if Delta cannot change the column to one. */
  static @Nullable DataType grown(DataType column, DataType need) {
    if (column.catalogString().equals(need.catalogString())) {
      return column;
    }
    if (column instanceof StructType fields && need instanceof StructType others) {
      return grown(fields, others);
    }
    if (column instanceof ArrayType array && need instanceof ArrayType other) {
      DataType element = grown(array.elementType(), other.elementType());
      return element == null ? null : new ArrayType(element, array.containsNull());
    }
    if (column instanceof MapType map && need instanceof MapType other) {
      DataType value = grown(map.valueType(), other.valueType());
      return value == null ? null : new MapType(map.keyType(), value, map.valueContainsNull());
    }
    if (column instanceof StringType) {
      boolean parts =
          need instanceof StructType || need instanceof ArrayType || need instanceof MapType;
      return parts || need.equals(DataTypes.BinaryType) ? null : column;
    }
    return number(column, need);
  }

  private static @Nullable DataType number(DataType column, DataType need) {
    int integer = INTEGERS.indexOf(column);
    int other = INTEGERS.indexOf(need);
    if (integer >= 0 && other >= 0) {
      return INTEGERS.get(Math.max(integer, other));
    }
    if (column instanceof DecimalType || need instanceof DecimalType) {
      return decimal(column, need);
    }
    boolean small = integer >= 0 && integer < INTEGERS.size() - 1;
    boolean smallNeed = other >= 0 && other < INTEGERS.size() - 1;
    if (column instanceof DoubleType) {
      return need instanceof FloatType || smallNeed ? column : null;
    }
    return need instanceof DoubleType && (small || column instanceof FloatType) ? need : null;
  }

  private static @Nullable DataType decimal(DataType column, DataType need) {
    int scale = Math.max(scale(column), scale(need));
    int before = Math.max(digits(column), digits(need));
    return scale < 0
            || digits(column) < 0
            || digits(need) < 0
            || before + scale > DecimalType.MAX_PRECISION()
        ? null
        : DataTypes.createDecimalType(before + scale, scale);
  }

  private static int scale(DataType type) {
    return type instanceof DecimalType decimal ? decimal.scale() : 0;
  }

  /** The digits before the point, negative if the type is no exact number. */
  private static int digits(DataType type) {
    if (type instanceof DecimalType decimal) {
      return decimal.precision() - decimal.scale();
    }
    int integer = INTEGERS.indexOf(type);
    return integer < 0 ? -1 : DIGITS.get(integer);
  }

  private static StructField with(StructField column, DataType type) {
    return new StructField(column.name(), type, column.nullable(), column.metadata());
  }

  private static Map<String, StructField> byName(StructType columns) {
    Map<String, StructField> fields = new LinkedHashMap<>();
    for (StructField column : columns.fields()) {
      fields.put(key(column.name()), column);
    }
    return fields;
  }

  /** A name as it is compared. */
  static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
