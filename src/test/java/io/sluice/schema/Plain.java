package io.sluice.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Catalyst's values in a form that prints, and so compares, by content and class. */
final class Plain {

  private Plain() {}

  /** The row as text, with a map's entries in the order of their keys. */
  static String text(@Nullable Object row, StructType type) {
    return String.valueOf(of(row, type));
  }

  private static @Nullable Object of(@Nullable Object value, DataType type) {
    if (value instanceof InternalRow row && type instanceof StructType struct) {
      var fields = new ArrayList<@Nullable Object>();
      for (int i = 0; i < struct.length(); i++) {
        fields.add(at(row, i, struct.fields()[i].dataType()));
      }
      return "row" + fields;
    }
    if (value instanceof ArrayData array && type instanceof ArrayType arrayType) {
      return items(array, arrayType.elementType());
    }
    if (value instanceof MapData map && type instanceof MapType mapType) {
      List<@Nullable Object> keys = items(map.keyArray(), mapType.keyType());
      List<@Nullable Object> values = items(map.valueArray(), mapType.valueType());
      var entries = new TreeMap<String, @Nullable Object>();
      for (int i = 0; i < keys.size(); i++) {
        assertUnique(entries.put(String.valueOf(keys.get(i)), String.valueOf(values.get(i))));
      }
      return entries;
    }
    if (value instanceof byte[] bytes) {
      return Arrays.toString(bytes);
    }
    return value == null ? null : value + ":" + value.getClass().getSimpleName();
  }

  private static void assertUnique(@Nullable Object previous) {
    if (previous != null) {
      throw new AssertionError("A map has the same key twice");
    }
  }

  private static List<@Nullable Object> items(ArrayData array, DataType type) {
    var items = new ArrayList<@Nullable Object>();
    for (int i = 0; i < array.numElements(); i++) {
      items.add(at(array, i, type));
    }
    return items;
  }

  private static @Nullable Object at(SpecializedGetters from, int ordinal, DataType type) {
    boolean none = type instanceof NullType || from.isNullAt(ordinal);
    return none ? null : of(from.get(ordinal, type), type);
  }
}
