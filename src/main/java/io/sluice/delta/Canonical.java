package io.sluice.delta;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.map_entries;
import static org.apache.spark.sql.functions.md5;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.unhex;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Values in a form in which equal content is equal, whatever its type: Spark compares no maps, and
 * their entries have no order.
 */
final class Canonical {

  /** What keeps the text of a value the same in every session, down to the microsecond. */
  private static final Map<String, String> JSON =
      Map.of(
          "ignoreNullFields", "true",
          "timeZone", "UTC",
          "dateFormat", "yyyy-MM-dd",
          "timestampFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'",
          "timestampNTZFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS");

  private Canonical() {}

  /** The value with every map in it as the sorted list of its entries. */
  static Column of(Column value, DataType type) {
    if (!hasMap(type)) {
      return value;
    }
    if (type instanceof MapType map) {
      DataType entry = new StructType().add("key", map.keyType()).add("value", map.valueType());
      return array_sort(transform(map_entries(value), each -> of(each, entry)));
    }
    if (type instanceof ArrayType array) {
      return transform(value, each -> of(each, array.elementType()));
    }
    Column[] fields =
        Arrays.stream(((StructType) type).fields())
            .map(field -> of(value.getField(field.name()), field.dataType()).as(field.name()))
            .toArray(Column[]::new);
    return when(value.isNotNull(), struct(fields));
  }

  /**
   * 16 bytes that tell contents apart: the MD5 of the content as JSON without nulls, so that a
   * column which comes later changes no digest of before.
   */
  static Column digest(Column content) {
    return unhex(md5(to_json(content, JSON)));
  }

  /** A row as JSON without nulls, to the microsecond. */
  static Column json(Column row) {
    return to_json(row, JSON);
  }

  /** A value as text that only equal content has: a JSON object of one field, null for null. */
  static Column text(Column value, DataType type) {
    return when(value.isNotNull(), to_json(struct(of(value, type).as("v")), JSON));
  }

  private static boolean hasMap(DataType type) {
    if (type instanceof StructType columns) {
      return Arrays.stream(columns.fields()).map(StructField::dataType).anyMatch(Canonical::hasMap);
    }
    return type instanceof MapType
        || (type instanceof ArrayType array && hasMap(array.elementType()));
  }
}
