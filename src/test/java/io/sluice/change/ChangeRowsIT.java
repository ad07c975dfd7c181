package io.sluice.change;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChangeRowsIT {

  private static final ChangeOptions DEBEZIUM = ChangeOptions.of(ChangeFormat.DEBEZIUM);

  @Test
  void decoded_capturedTable_hasTheDatabasesValuesInTypedColumns() {
    List<RawMessage> messages = Capture.of("pg-schema").table("types_all");
    Dataset<Row> raw = RawRows.of(messages);

    StructType columns =
        ChangeRows.survey(
                ChangeRows.decoded(raw, new StructType(), DEBEZIUM, WriterSchemas.none()),
                new StructType())
            .needed();
    Dataset<Row> decoded = ChangeRows.decoded(raw, columns, DEBEZIUM, WriterSchemas.none());

    assertThat(ChangeRows.survey(decoded, columns).needed()).isEqualTo(columns);
    assertThat(decoded.where(col(ChangeRows.NEEDED).isNotNull()).count()).isZero();
    Dataset<Row> changes = ChangeRows.changes(decoded);
    assertThat(changes.count()).isEqualTo(messages.size());
    List<String> texts =
        changes
            .where("id in (2, 5)")
            .selectExpr(
                "to_json(struct(id, _op, c_bigint, c_double, c_numeric_38_10, c_bytea,"
                    + " cast(c_date as string) as d, cast(c_ts as string) as ts,"
                    + " unix_micros(c_tstz) as tz, c_ts3, c_num_arr, c_point, c_time,"
                    + " unix_micros(_source.ts) as at, _source.table, _keys)) as text")
            .orderBy("__entryId", "id")
            .as(org.apache.spark.sql.Encoders.STRING())
            .collectAsList();
    assertThat(texts)
        .first()
        .asString()
        .contains(
            "\"id\":2,\"_op\":\"r\",\"c_bigint\":-9223372036854775808,"
                + "\"c_double\":-1.7976931348623157E308,"
                + "\"c_numeric_38_10\":-9999999999999999999999999999.9999999999,\"c_bytea\":\"\"")
        .contains("\"d\":\"0001-01-01\",\"ts\":\"0001-01-01 00:00:00\",\"tz\":-2717650562000000")
        .contains("\"c_ts3\":\"1969-12-31T23:59:59.999\"", "\"c_num_arr\":[]")
        .contains("\"c_point\":{\"x\":0.0,\"y\":0.0,", "\"c_time\":\"00:00:00\"")
        .contains("\"table\":\"types_all\",\"_keys\":[\"id\"]");
    assertThat(texts)
        .last()
        .asString()
        .contains("\"id\":5,\"_op\":\"c\"", "\"c_double\":\"-Infinity\"")
        .contains(
            "\"d\":\"-4712-01-01\",\"ts\":\"-0043-03-15 12:00:00\",\"tz\":-63517780800000000");
  }

  @Test
  void decoded_everyMessageOfEveryForm_isTheSameAsWithoutSpark() {
    for (String name : List.of("pg-rec", "my-nar", "pg-nar-avro", "my-nar-env", "my-flat")) {
      Capture capture = Capture.of(name);
      List<RawMessage> messages = capture.table("customers");
      StructType columns = ReplayedTable.of(messages, DEBEZIUM).columns();
      var decoder = new ChangeDecoder(columns, DEBEZIUM, java.util.Set.of());
      List<String> expected = new ArrayList<>();
      for (RawMessage message : messages) {
        for (ChangeDecoder.Outcome outcome : decoder.decode(message)) {
          var change = outcome.change();
          var row = outcome.row();
          if (change != null && row != null) {
            expected.add(
                change.op().letter() + row.unwritten() + text(Arrays.asList(row.values())));
          }
        }
      }

      Dataset<Row> decoded =
          ChangeRows.decoded(RawRows.of(messages), columns, DEBEZIUM, RawRows.registry(messages));

      List<String> found = new ArrayList<>();
      for (Row row : ChangeRows.changes(decoded).orderBy("__entryId").collectAsList()) {
        List<@Nullable Object> values = new ArrayList<>();
        for (String column : columns.fieldNames()) {
          values.add(row.getAs(column));
        }
        found.add(
            row.getAs(ChangeRows.OP)
                + row.getList(row.fieldIndex(ChangeRows.UNWRITTEN)).toString()
                + text(values));
      }
      assertThat(found).as(name).isEqualTo(expected).isNotEmpty();
    }
  }

  @Test
  void changes_ofAKeyThatPulsarIoTells_haveOnePlaceInTheLog() {
    List<RawMessage> messages = Capture.of("pg-nar").table("documents");
    StructType columns = ReplayedTable.of(messages, DEBEZIUM).columns();

    Dataset<Row> changes =
        ChangeRows.changes(
            ChangeRows.decoded(
                RawRows.of(messages), columns, DEBEZIUM, RawRows.registry(messages)));

    assertThat(changes.where("_op = 'r' AND _change IS NOT NULL").count()).isZero();
    assertThat(
            changes
                .groupBy("_change")
                .agg(expr("collect_set(concat(_op, ' ', right(doc_id, 1)))").as("keys"))
                .where("_change IS NOT NULL AND size(keys) > 1")
                .selectExpr("array_join(array_sort(keys), ', ')")
                .collectAsList())
        .containsExactly(RowFactory.create("c 6, d 5"));
  }

  @Test
  void changes_ofConnectorsThatTellTheOtherKeyOrLackNothing_haveNoPlace() {
    String event = "{\"op\":\"d\",\"before\":{\"id\":1},\"source\":{%s}}";
    Dataset<Row> postgres = RawRows.of(List.of(message(null, event.formatted("\"lsn\":7"))));
    Dataset<Row> mysql =
        RawRows.of(List.of(message(null, event.formatted("\"file\":\"log\",\"pos\":7"))));
    Dataset<Row> withHeaders =
        postgres.withColumn("__messageProperties", expr("map('__debezium.context.taskId', '0')"));

    assertThat(place(postgres)).isEqualTo("{\"lsn\":7}");
    assertThat(place(withHeaders)).isNull();
    assertThat(place(mysql)).isNull();
  }

  private static @Nullable String place(Dataset<Row> raw) {
    StructType columns = StructType.fromDDL("id INT");
    return ChangeRows.changes(ChangeRows.decoded(raw, columns, DEBEZIUM, WriterSchemas.none()))
        .select(ChangeRows.CHANGE)
        .head()
        .getString(0);
  }

  @Test
  void decoded_badAndSkippedMessages_areRowsWithTheReason() {
    Dataset<Row> raw =
        RawRows.of(
            List.of(
                message(
                    "{\"id\":1}",
                    "{\"op\":\"c\",\"after\":{\"id\":1,\"a b\":\"ü\"},\"source\":{}}"),
                message("{\"id\":1}", null),
                message(null, "{\"ts_ms\":1}"),
                message("{\"id\":2}", "{\"op\":\"c\",\"after\":{\"id\":2,"),
                message("{\"id\":3}", "{\"op\":\"c\",\"after\":{\"id\":\"x\"},\"source\":{}}")));
    StructType columns = StructType.fromDDL("id BIGINT, `a b` STRING");

    Dataset<Row> decoded = ChangeRows.decoded(raw, columns, DEBEZIUM, WriterSchemas.none());

    assertThat(ChangeRows.changes(decoded).select("id", "a b", "_op").collectAsList())
        .containsExactly(RowFactory.create(1L, "ü", "c"));
    assertThat(
            decoded
                .where(ChangeRows.SKIPPED + " IS NOT NULL")
                .select(ChangeRows.SKIPPED)
                .as(Encoders.STRING())
                .collectAsList())
        .containsExactlyInAnyOrder("HEARTBEAT", "TOMBSTONE");
    assertThat(
            ChangeRows.bad(decoded)
                .orderBy("__entryId")
                .selectExpr("__error.class", "__error.field", "length(__payload)", "id", "_op")
                .collectAsList())
        .containsExactly(
            RowFactory.create("MALFORMED", "", 26, null, null),
            RowFactory.create("DOES_NOT_FIT", "id", 41, null, null));
  }

  @Test
  void decoded_newColumnsAndWiderTypes_areToldAndThenTaken() {
    Dataset<Row> raw =
        RawRows.of(
            List.of(
                message("{\"id\":1}", "{\"op\":\"c\",\"after\":{\"id\":1,\"n\":1},\"source\":{}}"),
                message(
                    "{\"id\":2}",
                    "{\"op\":\"c\",\"after\":{\"id\":2,\"n\":5000000000,\"new\":1.5},\"source\":{}}")));
    StructType columns = StructType.fromDDL("id BIGINT, N INT");

    Dataset<Row> first = ChangeRows.decoded(raw, columns, DEBEZIUM, WriterSchemas.none());
    StructType needed = ChangeRows.survey(first, columns).needed();
    Dataset<Row> second = ChangeRows.decoded(raw, needed, DEBEZIUM, WriterSchemas.none());

    assertThat(needed.toDDL()).isEqualTo("id BIGINT,N BIGINT,new DOUBLE");
    assertThat(ChangeRows.changes(first).count()).isEqualTo(1);
    assertThat(ChangeRows.changes(second).select("id", "N", "new").orderBy("id").collectAsList())
        .containsExactly(
            RowFactory.create(1L, 1L, null), RowFactory.create(2L, 5_000_000_000L, 1.5));
    assertThat(ChangeRows.survey(second, needed).needed()).isEqualTo(needed);
  }

  @Test
  void decoded_rowsOfAPermissiveSource_keepTheirErrorAndPayload() {
    Dataset<Row> raw =
        RawRows.of(
                List.of(
                    message(null, "{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{}}"),
                    message(null, "x")))
            .withColumn("__payload", col("value"))
            .withColumn(
                "__error",
                expr(
                    "if(__entryId = 0, named_struct('class', 'A', 'field', 'f', 'message', 'm'), null)"));

    Dataset<Row> decoded =
        ChangeRows.decoded(raw, StructType.fromDDL("id BIGINT"), DEBEZIUM, WriterSchemas.none());

    assertThat(decoded.columns())
        .containsExactly(
            "id",
            "__key",
            "__topic",
            "__messageProperties",
            "__schemaVersion",
            "__publishTime",
            "__entryId",
            "_op",
            "_unwritten",
            "_keys",
            "_source",
            "_index",
            "_other_key",
            "__skipped",
            "__needed",
            "__error",
            "__payload");
    assertThat(ChangeRows.changes(decoded).count()).isZero();
    assertThat(
            ChangeRows.bad(decoded)
                .orderBy("__entryId")
                .selectExpr("__error.class", "cast(__payload as string)")
                .collectAsList())
        .containsExactly(
            RowFactory.create("A", "{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{}}"),
            RowFactory.create("MALFORMED", "x"));
  }

  @Test
  void decoded_manyColumns_callsTheDecoderOncePerMessage() {
    StructType columns = StructType.fromDDL("a INT, b INT, c INT");

    String plan =
        ChangeRows.changes(
                ChangeRows.decoded(
                    RawRows.of(List.of(message(null, "{}"))).repartition(1),
                    columns,
                    DEBEZIUM,
                    WriterSchemas.none()))
            .queryExecution()
            .optimizedPlan()
            .toString();

    assertThat(plan.split("UDF\\(", -1)).hasSize(2);
  }

  private static RawMessage message(@Nullable String key, @Nullable String value) {
    return new RawMessage(
        "t",
        WriterSchema.none(),
        key == null ? null : DatabaseText.utf8(key),
        value == null ? null : DatabaseText.utf8(value),
        null,
        null);
  }

  /** Values as text, whatever form Spark gives them back in. */
  private static String text(List<@Nullable Object> values) {
    StringBuilder text = new StringBuilder();
    for (Object value : values) {
      if (value instanceof byte[] bytes) {
        text.append(java.util.HexFormat.of().formatHex(bytes));
      } else if (value instanceof java.sql.Timestamp timestamp) {
        text.append(timestamp.toInstant());
      } else if (value instanceof scala.collection.Seq<?> seq) {
        text.append(scala.jdk.javaapi.CollectionConverters.asJava(seq));
      } else if (value instanceof BigDecimal number) {
        text.append(number.toPlainString());
      } else {
        text.append(value);
      }
      text.append('|');
    }
    return text.toString();
  }
}
