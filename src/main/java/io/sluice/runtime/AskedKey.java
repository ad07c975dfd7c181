package io.sluice.runtime;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.get_json_object;
import static org.apache.spark.sql.functions.lit;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A key that somebody asks for, read as what the key columns are.
 *
 * @param values by key column, the value as text
 * @param typed by key column, the value
 * @param types by key column, its type
 */
record AskedKey(
    Map<String, String> values, Map<String, Object> typed, Map<String, DataType> types) {

  /**
   * Reads a key.
   *
   * @param texts a value, where there is one key column; or {@code column=value} for each
   * @throws SluiceException INVALID_JOB if a column is none of the key, is missing, or cannot have
   *     its value
   */
  static AskedKey of(SparkSession spark, List<StructField> keys, List<String> texts) {
    Map<String, String> values = new LinkedHashMap<>();
    Map<String, Object> typed = new LinkedHashMap<>();
    Map<String, DataType> types = new LinkedHashMap<>();
    Map<String, String> given = named(keys, texts);
    for (StructField key : keys) {
      String text = given.get(key.name());
      if (text == null) {
        throw invalid(
            "The key of the table is (%s), and no value is given for `%s`. Give one for each: %s"
                .formatted(names(keys), key.name(), example(keys)));
      }
      Row row = spark.range(1).select(lit(text).try_cast(key.dataType()).as("v")).head();
      if (row.isNullAt(0)) {
        throw invalid(
            "The key column `%s` is %s, and '%s' is not one."
                .formatted(key.name(), key.dataType().sql(), text));
      }
      values.put(key.name(), text);
      typed.put(key.name(), row.get(0));
      types.put(key.name(), key.dataType());
    }
    return new AskedKey(values, typed, types);
  }

  private static Map<String, String> named(List<StructField> keys, List<String> texts) {
    Map<String, String> given = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      String name = equals < 0 ? "" : text.substring(0, equals).strip();
      StructField key =
          keys.stream().filter(each -> each.name().equalsIgnoreCase(name)).findFirst().orElse(null);
      if (key != null) {
        if (given.put(key.name(), text.substring(equals + 1)) != null) {
          throw invalid("--key gives the column `%s` twice.".formatted(key.name()));
        }
      } else if (keys.size() == 1 && texts.size() == 1) {
        given.put(keys.get(0).name(), text);
      } else {
        throw invalid(
            "The key of the table is (%s), and '--key %s' names none of it. Write %s"
                .formatted(names(keys), text, example(keys)));
      }
    }
    return given;
  }

  private static String names(List<StructField> keys) {
    return String.join(", ", keys.stream().map(StructField::name).toList());
  }

  private static String example(List<StructField> keys) {
    return String.join(" ", keys.stream().map(key -> "--key " + key.name() + "=VALUE").toList());
  }

  private static SluiceException invalid(String message) {
    return new SluiceException(Condition.INVALID_JOB, message);
  }

  /** Whether a row is of the key. */
  Column isKey() {
    Column all = lit(true);
    for (Map.Entry<String, Object> each : typed.entrySet()) {
      all =
          all.and(col("`" + each.getKey().replace("`", "``") + "`").equalTo(lit(each.getValue())));
    }
    return all;
  }

  /** Whether a row that is written as JSON is of the key. */
  Column isKeyOf(Column row) {
    StructType columns = new StructType();
    for (Map.Entry<String, DataType> each : types.entrySet()) {
      columns = columns.add(each.getKey(), each.getValue());
    }
    Column key = from_json(row.cast("string"), columns);
    Column all = lit(true);
    for (Map.Entry<String, Object> each : typed.entrySet()) {
      all = all.and(key.getField(each.getKey()).equalTo(lit(each.getValue())));
    }
    return coalesce(all, lit(false));
  }

  /**
   * Whether a message's own key names it: as text, or as JSON, the way Debezium writes it, with and
   * without a schema.
   */
  Column isNamedBy(Column messageKey) {
    Column text = messageKey.cast("string");
    List<Column> parts = new ArrayList<>();
    values.forEach(
        (name, value) -> {
          String path = "['" + name.replace("'", "\\'") + "']";
          parts.add(
              coalesce(get_json_object(text, "$" + path), get_json_object(text, "$.payload" + path))
                  .equalTo(value));
        });
    Column json = parts.stream().reduce(Column::and).orElseThrow();
    String only = values.size() == 1 ? values.values().iterator().next() : null;
    return coalesce(only == null ? json : text.equalTo(only).or(json), lit(false));
  }
}
