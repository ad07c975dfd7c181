package io.sluice.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.jspecify.annotations.Nullable;

/** Types that hold the values of two types: what several versions of a schema have in common. */
public final class TypeMerge {

  /** Each holds the values of those before it that are whole numbers. */
  private static final List<DataType> WHOLE =
      List.of(DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);

  private static final List<DataType> FRACTIONS =
      List.of(DataTypes.FloatType, DataTypes.DoubleType);

  private TypeMerge() {}

  /**
   * The fields of the older columns in their order, then those that the newer ones add. A field
   * that both have is of the wider type; where neither type is wider, of the newer one. Every field
   * is nullable.
   */
  public static StructType columns(StructType older, StructType newer) {
    return merge(older.asNullable(), newer.asNullable());
  }

  private static StructType merge(StructType older, StructType newer) {
    Map<String, StructField> fields = new LinkedHashMap<>();
    for (StructField field : older.fields()) {
      fields.put(field.name(), field);
    }
    for (StructField field : newer.fields()) {
      fields.merge(
          field.name(),
          field,
          (before, now) ->
              new StructField(
                  now.name(), merge(before.dataType(), now.dataType()), true, now.metadata()));
    }
    return new StructType(fields.values().toArray(StructField[]::new));
  }

  private static DataType merge(DataType older, DataType newer) {
    if (older instanceof StructType before && newer instanceof StructType now) {
      return merge(before, now);
    }
    if (older instanceof ArrayType before && newer instanceof ArrayType now) {
      return new ArrayType(merge(before.elementType(), now.elementType()), true);
    }
    if (older instanceof MapType before
        && newer instanceof MapType now
        && before.keyType().equals(now.keyType())) {
      return new MapType(now.keyType(), merge(before.valueType(), now.valueType()), true);
    }
    DataType wider = wider(older, newer);
    return wider == null ? newer : wider;
  }

  /** The one type that holds every value of both exactly, or null if there is none. */
  static @Nullable DataType wider(DataType one, DataType other) {
    if (one.equals(other)) {
      return one;
    }
    if (WHOLE.contains(one) && WHOLE.contains(other)) {
      return WHOLE.get(Math.max(WHOLE.indexOf(one), WHOLE.indexOf(other)));
    }
    if (one instanceof DecimalType left && other instanceof DecimalType right) {
      int scale = Math.max(left.scale(), right.scale());
      int digits =
          Math.max(left.precision() - left.scale(), right.precision() - right.scale()) + scale;
      return digits > DecimalType.MAX_PRECISION()
          ? null
          : DataTypes.createDecimalType(digits, scale);
    }
    if ((FRACTIONS.contains(one) && FRACTIONS.contains(other))
        || isDoubleEnough(one, other)
        || isDoubleEnough(other, one)) {
      return DataTypes.DoubleType;
    }
    return isDay(one, other) || isDay(other, one) ? DataTypes.TimestampNTZType : null;
  }

  private static boolean isDoubleEnough(DataType whole, DataType fraction) {
    return WHOLE.contains(whole)
        && !whole.equals(DataTypes.LongType)
        && FRACTIONS.contains(fraction);
  }

  private static boolean isDay(DataType day, DataType moment) {
    return day instanceof DateType && moment instanceof TimestampNTZType;
  }
}
