package io.sluice.change;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Date;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Rows of a table and of its replay as text of one form, to be compared. */
final class RowTexts {

  /** A failure that prints whole documents helps nobody. */
  private static final int LONGEST = 100;

  private RowTexts() {}

  /** A line for each row, of the values of these columns. */
  static List<String> of(List<Row> rows, StructType columns) {
    return ofValues(rows(rows), columns);
  }

  /** A line for each row of a replay, of its own columns. */
  static List<String> of(ReplayedTable table) {
    return ofValues(table.rows(), table.columns());
  }

  private static List<String> ofValues(
      List<Map<String, @Nullable Object>> rows, StructType columns) {
    return rows.stream()
        .map(
            (Map<String, @Nullable Object> row) ->
                text(Arrays.stream(columns.fieldNames()).map(row::get).toList()))
        .toList();
  }

  /** Rows with the values of Java's own types. */
  static List<Map<String, @Nullable Object>> rows(List<Row> rows) {
    return rows.stream().map(RowTexts::row).toList();
  }

  private static Map<String, @Nullable Object> row(Row row) {
    Map<String, @Nullable Object> values = new HashMap<>();
    for (int i = 0; i < row.length(); i++) {
      Object value = row.get(i);
      if (value instanceof Timestamp timestamp) {
        value = timestamp.toInstant();
      } else if (value instanceof Date date) {
        value = date.toLocalDate();
      } else if (value instanceof scala.collection.Seq<?>) {
        value = row.getList(i);
      }
      values.put(row.schema().apply(i).name(), value);
    }
    return values;
  }

  private static String text(List<@Nullable Object> values) {
    StringBuilder text = new StringBuilder();
    for (Object value : values) {
      text.append(text(value)).append('|');
    }
    return text.toString();
  }

  private static String text(@Nullable Object value) {
    if (value instanceof byte[] bytes) {
      return text(HexFormat.of().formatHex(bytes));
    }
    if (value instanceof Row row) {
      return IntStream.range(0, row.length())
          .mapToObj(i -> text(row.get(i)))
          .collect(Collectors.joining(",", "[", "]"));
    }
    String text = String.valueOf(value);
    return text.length() <= LONGEST
        ? text
        : text.substring(0, LONGEST) + "... " + UUID.nameUUIDFromBytes(text.getBytes(UTF_8));
  }
}
