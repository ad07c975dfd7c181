package io.sluice.interop;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;

/**
 * Writes a row as one text, the same in each engine's SQL: so that what engines read can be
 * compared without knowing how each of them hands out its types.
 */
enum Dialect {
  /** Spark. */
  SPARK("string", "hex", "unix_micros(%s)", "unix_micros(CAST(%s AS TIMESTAMP))") {
    @Override
    String list(String list, String element) {
      return "array_join(transform(%s, e -> %s), ',')".formatted(list, element);
    }

    @Override
    String entries(String map, String key, String value) {
      return "array_join(transform(array_sort(map_keys(%s)), e -> concat(%s, '=', %s)), ',')"
          .formatted(map, key, value.replace(VALUE, map + "[e]"));
    }

    @Override
    String quoted(String name) {
      return "`" + name.replace("`", "``") + "`";
    }
  },
  /** Trino, whose timestamps with a zone have milliseconds in Delta tables. */
  TRINO(
      "varchar",
      "to_hex",
      "CAST(round(to_unixtime(%s) * 1000000) AS BIGINT)",
      "CAST(round(to_unixtime(with_timezone(%s, 'UTC')) * 1000000) AS BIGINT)") {
    @Override
    String list(String list, String element) {
      return "array_join(transform(%s, e -> %s), ',')".formatted(list, element);
    }

    @Override
    String entries(String map, String key, String value) {
      return "array_join(transform(array_sort(map_keys(%s)), e -> concat(%s, '=', %s)), ',')"
          .formatted(map, key, value.replace(VALUE, map + "[e]"));
    }

    @Override
    String quoted(String name) {
      return "\"" + name.replace("\"", "\"\"") + "\"";
    }
  },
  /** DuckDB. */
  DUCKDB("varchar", "hex", "epoch_us(%s)", "epoch_us(%s)") {
    @Override
    String list(String list, String element) {
      return "array_to_string(list_transform(%s, lambda e: %s), ',')".formatted(list, element);
    }

    @Override
    String entries(String map, String key, String value) {
      return "array_to_string(list_transform(list_sort(map_keys(%s)), lambda e: concat(%s, '=', %s)), ',')"
          .formatted(map, key, value.replace(VALUE, map + "[e]"));
    }

    @Override
    String quoted(String name) {
      return "\"" + name.replace("\"", "\"\"") + "\"";
    }
  };

  /** Stands for the value of a map's entry until the map is known. */
  private static final String VALUE = "$value";

  private final String text;
  private final String hex;
  private final String instant;
  private final String local;

  Dialect(String text, String hex, String instant, String local) {
    this.text = text;
    this.hex = hex;
    this.instant = instant;
    this.local = local;
  }

  abstract String list(String list, String element);

  abstract String entries(String map, String key, String value);

  abstract String quoted(String name);

  /** The expression of a whole row as text, columns in their order. */
  String row(StructType columns) {
    return "concat("
        + Arrays.stream(columns.fields())
            .map(field -> value(quoted(field.name()), field.dataType()))
            .collect(Collectors.joining(", '|', "))
        + ")";
  }

  private String value(String expression, DataType type) {
    if (type instanceof StructType struct) {
      StringBuilder fields = new StringBuilder("concat('{'");
      for (StructField field : struct.fields()) {
        fields
            .append(", ")
            .append(value(expression + "." + quoted(field.name()), field.dataType()));
        fields.append(", ';'");
      }
      return orNull(fields.append(", '}')").toString(), expression);
    }
    return orNull(scalar(expression, type), expression);
  }

  private String scalar(String expression, DataType type) {
    if (type instanceof ArrayType array) {
      return list(expression, value("e", array.elementType()));
    }
    if (type instanceof MapType map) {
      return entries(expression, scalar("e", map.keyType()), value(VALUE, map.valueType()));
    }
    if (type instanceof BinaryType) {
      return hex + "(" + expression + ")";
    }
    if (type instanceof TimestampType) {
      return asText(instant.formatted(expression));
    }
    if (type instanceof TimestampNTZType) {
      return asText(local.formatted(expression));
    }
    if (type instanceof DoubleType || type instanceof FloatType) {
      return asText("CAST(%s AS DECIMAL(38, 6))".formatted(expression));
    }
    if (type instanceof DecimalType decimal) {
      return asText("CAST(%s AS DECIMAL(38, %d))".formatted(expression, decimal.scale()));
    }
    return asText(expression);
  }

  private String asText(String expression) {
    return "CAST(%s AS %s)".formatted(expression, text);
  }

  private static String orNull(String written, String expression) {
    return "CASE WHEN %s IS NULL THEN 'null' ELSE %s END".formatted(expression, written);
  }
}
