package io.sluice.delta;

import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What an event writes, or leaves as it is, as one: a column, or where a null writes nothing a
 * field within a column of structs.
 *
 * @param number its place among the parts of all columns, from 0
 * @param column the column
 * @param path the names of the fields that lead to it; empty for the column as a whole
 * @param type of its values
 */
record ColumnPart(int number, StructField column, List<String> path, DataType type) {

  /**
   * The parts of columns.
   *
   * @param byField of which columns the fields are parts
   */
  static List<ColumnPart> of(List<StructField> columns, Predicate<StructField> byField) {
    List<ColumnPart> parts = new ArrayList<>();
    for (StructField column : columns) {
      add(column, List.of(), column.dataType(), byField.test(column), parts);
    }
    return List.copyOf(parts);
  }

  private static void add(
      StructField column,
      List<String> path,
      DataType type,
      boolean byField,
      List<ColumnPart> parts) {
    if (byField && type instanceof StructType struct && struct.length() > 0) {
      for (StructField field : struct.fields()) {
        add(column, below(path, field.name()), field.dataType(), true, parts);
      }
    } else {
      parts.add(new ColumnPart(parts.size(), column, path, type));
    }
  }

  /**
   * Its name: that of the column, or those of column and fields, quoted, with dots between. A
   * column whose own name has a quote is quoted, too, so that no two parts have the same name.
   */
  String name() {
    if (path.isEmpty() && !column.name().contains("`")) {
      return column.name();
    }
    return Stream.concat(Stream.of(column.name()), path.stream())
        .map(ChangeColumns::quoted)
        .collect(Collectors.joining("."));
  }

  /** The part of a value of the column. */
  Column in(Column whole) {
    Column part = whole;
    for (String field : path) {
      part = part.getField(field);
    }
    return part;
  }

  /**
   * A value of the column by its parts. A struct that has nothing but nulls is null: nothing tells
   * whether its fields or the struct were left as they were.
   *
   * @param parts those of the column
   * @param type the column's
   * @param value of each part
   */
  static Column whole(List<ColumnPart> parts, DataType type, Function<ColumnPart, Column> value) {
    return made(parts, List.of(), type, value).value();
  }

  /**
   * A value that is put together.
   *
   * @param isThere whether it is not null, told by its parts alone: a test of the value itself
   *     would double what Spark has to evaluate with each level of structs
   */
  private record Made(Column value, Column isThere) {
    static Made of(Column value) {
      return new Made(value, value.isNotNull());
    }
  }

  private static Made made(
      List<ColumnPart> parts,
      List<String> path,
      DataType type,
      Function<ColumnPart, Column> value) {
    Optional<ColumnPart> part = parts.stream().filter(each -> same(each.path, path)).findFirst();
    if (part.isPresent()) {
      return Made.of(value.apply(part.get()));
    }
    Column any = lit(false);
    List<Column> fields = new ArrayList<>();
    for (StructField field : ((StructType) type).fields()) {
      Made made = made(parts, below(path, field.name()), field.dataType(), value);
      any = any.or(made.isThere());
      fields.add(made.value().as(field.name()));
    }
    return new Made(when(any, struct(fields.toArray(Column[]::new))), any);
  }

  private static List<String> below(List<String> path, String field) {
    return Stream.concat(path.stream(), Stream.of(field)).toList();
  }

  /** Whether two paths lead to the same field; Spark's names have no case. */
  private static boolean same(List<String> path, List<String> other) {
    if (path.size() != other.size()) {
      return false;
    }
    for (int i = 0; i < path.size(); i++) {
      if (!path.get(i).equalsIgnoreCase(other.get(i))) {
        return false;
      }
    }
    return true;
  }
}
