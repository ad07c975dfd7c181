package io.sluice.delta;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Whether a table can take rows as they are: the same columns by name, whatever their order, with
 * the same types, whatever their nullability.
 */
final class TableFit {

  private TableFit() {}

  /** What does not fit, one sentence per column with what to do; empty when all fits. */
  static List<String> misfits(StructType table, StructType rows) {
    Map<String, StructField> columns = new TreeMap<>();
    for (StructField column : table.fields()) {
      columns.put(key(column), column);
    }
    List<String> misfits = new ArrayList<>();
    Set<String> given = new HashSet<>();
    for (StructField field : rows.fields()) {
      given.add(key(field));
      StructField column = columns.get(key(field));
      if (column == null) {
        misfits.add(
            "column `%s` %s is not in the table: add it with ALTER TABLE, or leave it out in a transform"
                .formatted(field.name(), type(field.dataType())));
      } else if (!type(column.dataType()).equalsIgnoreCase(type(field.dataType()))) {
        misfits.add(
            "column `%s` is %s in the table and %s in the rows: cast it in a transform"
                .formatted(field.name(), type(column.dataType()), type(field.dataType())));
      }
    }
    for (StructField column : table.fields()) {
      if (!given.contains(key(column)) && !computed(column)) {
        misfits.add(
            "column `%s` %s of the table is not in the rows: select it, or NULL AS `%s`, in a transform"
                .formatted(column.name(), type(column.dataType()), column.name()));
      }
    }
    return misfits;
  }

  private static String key(StructField field) {
    return field.name().toLowerCase(Locale.ROOT);
  }

  private static String type(DataType type) {
    return type.catalogString();
  }

  /** Whether the table fills the column by itself. */
  private static boolean computed(StructField column) {
    return Stream.of("delta.generationExpression", "delta.identity.start", "CURRENT_DEFAULT")
        .anyMatch(column.metadata()::contains);
  }
}
