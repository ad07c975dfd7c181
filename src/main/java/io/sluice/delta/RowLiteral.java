package io.sluice.delta;

import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;

/** A struct that was read, as a literal. */
final class RowLiteral {

  private RowLiteral() {}

  /** The literal of a struct whose fields are values or structs of values. */
  static Column of(Row row) {
    StructField[] fields = row.schema().fields();
    Column[] values = new Column[fields.length];
    for (int i = 0; i < fields.length; i++) {
      Column value = row.get(i) instanceof Row nested ? of(nested) : lit(row.get(i));
      values[i] = value.cast(fields[i].dataType()).as(fields[i].name());
    }
    return struct(values);
  }
}
