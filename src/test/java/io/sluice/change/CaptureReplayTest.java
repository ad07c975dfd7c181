package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.ChangeEvent.SkipReason;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that a connector has captured of a real database, replayed, is what the database holds
 * at the end, value by value, but for what the capture itself does not say.
 */
class CaptureReplayTest {

  private static final BigDecimal UNSIGNED = BigDecimal.valueOf(2).pow(64);
  private static final BigDecimal SCALE_CHANGE = BigDecimal.valueOf(100);
  private static final MathContext DOUBLE_DIGITS = new MathContext(15);

  /** More keys than this are counted, not named. */
  private static final int NAMED = 8;

  /** A value that differs, or a row if the column is empty. */
  record Difference(String place, String nature, String key) {}

  /**
   * The captures and how they differ from the database. TRUNCATE is not sent by default ({@code
   * carts}); null becomes the column's default ({@code locale}); plain JSON does not say that a
   * decimal's scale has changed; an unsigned bigint wraps in mode long; MySQL's times beyond a day
   * are null in mode isostring; Debezium 1.9.7 sends no tsvector and takes money for a double, and
   * its snapshots mistake the calendar; with Avro it takes a new snapshot after each restart.
   */
  private static Stream<Arguments> captures() {
    String truncated = "carts too many: [2] [3] [4] [5] [6]\n";
    String defaults = truncated + "customers.locale is en: 18 rows\n";
    String mysqlDefaults = truncated + "customers.locale is en: 17 rows\n";
    String rescaled = defaults + "order_items.unit_price of another scale: 97 rows\n";
    String mysqlRescaled = mysqlDefaults + "order_items.unit_price of another scale: 95 rows\n";
    String unsigned = "types_all.c_ubigint wrapped: [1] [3]\n";
    String money = "types_all.c_money rounded: [2] [3]\n";
    String tsvector = "types_all.c_tsvector lost: [1] [2] [3]\n";
    String again =
        "audit_log too many: 12 rows\n" + truncated + "customers too many: [16] [17] [18]\n";
    return Stream.of(
        Arguments.of("pg-rec", ""),
        Arguments.of("my-rec", "types_all.c_time lost: [2] [3]\ntypes_all.c_time6 lost: [2] [3]\n"),
        Arguments.of("pg-schema", ""),
        Arguments.of("my-schema", unsigned),
        Arguments.of("pg-json", rescaled),
        Arguments.of("my-json", mysqlRescaled + unsigned),
        Arguments.of("pg-flat", oldRow("2026-03-01T00:00:00Z") + rescaled),
        Arguments.of("my-flat", oldRow("2026-03-01T00:00") + mysqlRescaled + unsigned),
        Arguments.of("pg-json30", "Site Settings.größe lost: [Theme]\n" + rescaled + tsvector),
        Arguments.of("my-json30", mysqlRescaled + unsigned),
        Arguments.of("pg-nar", truncated + money + tsvector),
        Arguments.of("my-nar", truncated + unsigned),
        Arguments.of("pg-nar-env", defaults + money + tsvector),
        Arguments.of("my-nar-env", mysqlDefaults + unsigned),
        Arguments.of(
            "pg-nar-avro",
            again
                + "customers.locale is en: 18 rows\n"
                + "order_items too many: [5, 1] [5, 2]\n"
                + "types_all.c_date wrong (4713-01-01, not -4712-01-01): [5]\n"
                + money
                + "types_all.c_ts wrong (-0043-03-13T12:00, not -0043-03-15T12:00): [5]\n"
                + "types_all.c_ts wrong (0000-12-30T00:00, not 0001-01-01T00:00): [2]\n"
                + "types_all.c_tstz wrong (-0043-03-13T12:00:00Z, not -0043-03-15T12:00:00Z): [5]\n"
                + tsvector),
        Arguments.of(
            "my-nar-avro",
            again
                + "customers.locale is en: 17 rows\n"
                + "order_items too many: [5, 1]\n"
                + unsigned));
  }

  /** Flattened rows without a key do not say which row has changed. */
  private static String oldRow(String at) {
    return "audit_log too many: {action=same row, actor=dup, amount=1, at=%s}+\n".formatted(at);
  }

  @ParameterizedTest
  @MethodSource("captures")
  void replay_everyCapture_isTheDatabase(String name, String expected) {
    Capture capture = Capture.of(name);
    StringBuilder found = new StringBuilder();
    for (JsonNode definition : capture.definitions()) {
      String table = definition.path("table").textValue();
      ReplayedTable replayed =
          ReplayedTable.of(capture.table(table), ChangeOptions.of(ChangeFormat.DEBEZIUM));
      assertThat(replayed.errors()).as(table).isEmpty();
      found.append(summary(differences(capture, definition, replayed.rows())));
    }
    assertThat(found.toString()).isEqualTo(expected);
  }

  /** The user's types for what Debezium writes in its recommended configuration. */
  @Test
  void replay_declaredColumns_restoresTypesOfPlainJson() {
    Capture capture = Capture.of("pg-rec");
    StructType declared =
        StructType.fromDDL(
            "id INT, c_smallint SMALLINT, c_int INT, c_real FLOAT, c_double DOUBLE,"
                + " c_numeric_10_2 DECIMAL(10,2), c_numeric_38_10 DECIMAL(38,10),"
                + " c_numeric_5_0 DECIMAL(5,0), c_money DECIMAL(19,2), c_bytea BINARY, c_date DATE,"
                + " c_ts TIMESTAMP_NTZ, c_ts3 TIMESTAMP_NTZ, c_ts0 TIMESTAMP_NTZ,"
                + " c_tstz TIMESTAMP, c_int_arr ARRAY<INT>, c_text_arr ARRAY<STRING>,"
                + " c_num_arr ARRAY<DECIMAL(10,2)>, c_bool_arr ARRAY<BOOLEAN>,"
                + " c_ts_arr ARRAY<TIMESTAMP>,"
                + " c_point STRUCT<x: DOUBLE, y: DOUBLE, wkb: BINARY, srid: INT>");
    ChangeOptions options =
        ChangeOptions.of(ChangeFormat.DEBEZIUM).withDeclared(declared).withTextDecimals();
    JsonNode definition =
        capture.definitions().stream()
            .filter(each -> each.path("table").textValue().equals("types_all"))
            .findFirst()
            .orElseThrow();

    ReplayedTable replayed = ReplayedTable.of(capture.table("types_all"), options);

    assertThat(replayed.errors()).isEmpty();
    assertThat(differences(capture, definition, replayed.rows())).isEmpty();
    for (String name : declared.fieldNames()) {
      assertThat(replayed.columns().apply(name).dataType())
          .as(name)
          .isEqualTo(declared.apply(name).dataType());
    }
  }

  @Test
  void replay_topicsWithoutTables_areSkippedWithTheirReason() {
    assertThat(skipped("pg-rec"))
        .isEqualTo(Map.of(SkipReason.HEARTBEAT, 20L, SkipReason.TRANSACTION, 220L));
    assertThat(skipped("my-rec"))
        .isEqualTo(
            Map.of(
                SkipReason.HEARTBEAT, 7L,
                SkipReason.TRANSACTION, 227L,
                SkipReason.SCHEMA_CHANGE, 30L));
    assertThat(skipped("pg-nar")).isEqualTo(Map.of(SkipReason.CONNECTOR_STATE, 11L));
    assertThat(skipped("my-nar-env"))
        .isEqualTo(Map.of(SkipReason.CONNECTOR_STATE, 13L, SkipReason.SCHEMA_CHANGE, 62L));
  }

  @Test
  void replay_deletes_areFollowedByTombstones() {
    List<ChangeDecoder.Outcome> outcomes =
        ReplayedTable.of(
                Capture.of("my-rec").table("customers"), ChangeOptions.of(ChangeFormat.DEBEZIUM))
            .outcomes();

    assertThat(outcomes).filteredOn(each -> each.skipped() == SkipReason.TOMBSTONE).hasSize(11);
    List<List<String>> keys = new ArrayList<>();
    for (ChangeDecoder.Outcome outcome : outcomes) {
      var change = outcome.change();
      if (change != null && change.op() == ChangeEvent.Op.DELETE) {
        keys.add(change.keys());
      }
    }
    assertThat(keys).hasSize(11).containsOnly(List.of("customer_id"));
  }

  private static Map<SkipReason, Long> skipped(String name) {
    var decoder =
        new ChangeDecoder(
            new StructType(), ChangeOptions.of(ChangeFormat.DEBEZIUM), java.util.Set.of());
    return Capture.of(name).others().stream()
        .flatMap(message -> decoder.decode(message).stream())
        .collect(Collectors.groupingBy(ChangeDecoder.Outcome::skipped, Collectors.counting()));
  }

  private static String summary(List<Difference> differences) {
    Map<String, List<String>> keys =
        differences.stream()
            .collect(
                Collectors.groupingBy(
                    each -> each.place + " " + each.nature,
                    TreeMap::new,
                    Collectors.mapping(Difference::key, Collectors.toList())));
    StringBuilder summary = new StringBuilder();
    keys.forEach(
        (what, rows) ->
            summary
                .append(what)
                .append(": ")
                .append(rows.size() > NAMED ? rows.size() + " rows" : String.join(" ", rows))
                .append('\n'));
    return summary.toString();
  }

  /** How rows, with values as the decoder or Spark gives them, differ from the database's. */
  static List<Difference> differences(
      Capture capture, JsonNode definition, List<Map<String, @Nullable Object>> rows) {
    String table = definition.path("table").textValue();
    List<String> keys = new ArrayList<>();
    definition.path("primaryKey").forEach(key -> keys.add(key.textValue()));
    Map<String, DatabaseText> types = new TreeMap<>();
    for (JsonNode column : definition.path("columns")) {
      types.put(
          column.path("name").textValue(),
          new DatabaseText(column.path("type").textValue(), capture.isPostgres()));
    }
    Map<String, Map<String, @Nullable Object>> expected = new TreeMap<>();
    for (Map<String, @Nullable String> row : capture.oracle(table)) {
      Map<String, @Nullable Object> typed = new TreeMap<>();
      types.forEach((column, type) -> typed.put(column, type.expected(row.get(column))));
      put(expected, keys, typed);
    }
    Map<String, Map<String, @Nullable Object>> actual = new TreeMap<>();
    for (Map<String, @Nullable Object> row : rows) {
      Map<String, @Nullable Object> typed = new TreeMap<>();
      types.forEach((column, type) -> typed.put(column, type.actual(value(row, column))));
      put(actual, keys, typed);
    }
    List<Difference> differences = new ArrayList<>();
    Stream.concat(expected.keySet().stream(), actual.keySet().stream())
        .distinct()
        .sorted()
        .forEach(
            key -> {
              Map<String, @Nullable Object> wanted = expected.get(key);
              Map<String, @Nullable Object> found = actual.get(key);
              if (wanted == null || found == null) {
                differences.add(
                    new Difference(table, wanted == null ? "too many" : "missing", key));
                return;
              }
              for (String column : types.keySet()) {
                if (!Objects.equals(wanted.get(column), found.get(column))) {
                  differences.add(
                      new Difference(
                          table + "." + column,
                          nature(wanted.get(column), found.get(column)),
                          key));
                }
              }
            });
    return differences;
  }

  /** A value by its column; the sanitizing of Pulsar's connectors renames columns. */
  private static @Nullable Object value(Map<String, @Nullable Object> row, String column) {
    if (row.containsKey(column)) {
      return row.get(column);
    }
    return row.entrySet().stream()
        .filter(each -> each.getValue() != null && each.getKey().contains("_"))
        .filter(
            each -> each.getKey().replaceAll("_+", "_").equals(column.replaceAll("[^a-z]+", "_")))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private static String nature(@Nullable Object wanted, @Nullable Object found) {
    if (found == null) {
      return "lost";
    }
    if (wanted == null) {
      return "is " + found;
    }
    if (wanted instanceof BigDecimal number && found instanceof BigDecimal other) {
      if (number.compareTo(other.multiply(SCALE_CHANGE)) == 0) {
        return "of another scale";
      }
      if (number.compareTo(other.add(UNSIGNED)) == 0) {
        return "wrapped";
      }
      if (number.round(DOUBLE_DIGITS).compareTo(other.round(DOUBLE_DIGITS)) == 0) {
        return "rounded";
      }
    }
    return "wrong (%s, not %s)".formatted(found, wanted);
  }

  private static void put(
      Map<String, Map<String, @Nullable Object>> rows,
      List<String> keys,
      Map<String, @Nullable Object> row) {
    StringBuilder key =
        new StringBuilder(
            keys.isEmpty()
                ? row.toString()
                : keys.stream().map(each -> String.valueOf(row.get(each))).toList().toString());
    while (rows.containsKey(key.toString())) {
      key.append('+');
    }
    rows.put(key.toString(), row);
  }
}
