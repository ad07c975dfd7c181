package io.sluice.delta;

import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_entries;
import static org.apache.spark.sql.functions.map_from_entries;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Values of a column as the column is once it has grown: fields that it lacked are null. */
final class Conformed {

  private Conformed() {}

  /**
   * A value in its column's grown type.
   *
   * @param from the type it has
   * @param to that type with more fields, or wider
   */
  static Column to(Column value, DataType from, DataType to) {
    if (from.catalogString().equals(to.catalogString())) {
      return value;
    }
    if (from instanceof StructType columns && to instanceof StructType grown) {
      Column[] fields =
          Arrays.stream(grown.fields())
              .map(field -> field(value, columns, field).as(field.name()))
              .toArray(Column[]::new);
      return when(value.isNotNull(), struct(fields));
    }
    if (from instanceof ArrayType array && to instanceof ArrayType grown) {
      return transform(value, each -> to(each, array.elementType(), grown.elementType()));
    }
    if (from instanceof MapType map && to instanceof MapType grown) {
      DataType entry = new StructType().add("key", map.keyType()).add("value", map.valueType());
      DataType grownEntry =
          new StructType().add("key", grown.keyType()).add("value", grown.valueType());
      return map_from_entries(transform(map_entries(value), each -> to(each, entry, grownEntry)));
    }
    return value.cast(to);
  }

  private static Column field(Column value, StructType columns, StructField wanted) {
    return Arrays.stream(columns.fields())
        .filter(field -> field.name().equalsIgnoreCase(wanted.name()))
        .findFirst()
        .map(field -> to(value.getField(field.name()), field.dataType(), wanted.dataType()))
        .orElseGet(() -> lit(null).cast(wanted.dataType()));
  }
}
