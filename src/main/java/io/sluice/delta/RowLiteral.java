package io.sluice.delta;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** A struct that was read, as a literal. */
final class RowLiteral {

  private RowLiteral() {}

  /** The literal of a struct whose fields are values, structs or arrays of values. */
  static Column of(Row row) {
    StructField[] fields = row.schema().fields();
    Column[] values = new Column[fields.length];
    for (int i = 0; i < fields.length; i++) {
      values[i] = value(row.get(i)).cast(fields[i].dataType()).as(fields[i].name());
    }
    return struct(values);
  }

  private static Column value(@Nullable Object value) {
    if (value instanceof Seq<?> elements) {
      return array(
          CollectionConverters.asJava(elements).stream()
              .map(RowLiteral::value)
              .toArray(Column[]::new));
    }
    return value instanceof Row nested ? of(nested) : lit(value);
  }
}
