package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.change.BadEventException.Kind;
import io.sluice.change.ChangeDecoder.Outcome;
import io.sluice.change.ChangeEvent.SkipReason;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Canal and Maxwell by what their projects document; no captures of them are at hand. */
class MysqlToolsTest {

  private static final ChangeOptions CANAL = ChangeOptions.of(ChangeFormat.CANAL);
  private static final ChangeOptions MAXWELL = ChangeOptions.of(ChangeFormat.MAXWELL);

  private static final String CANAL_TYPES =
      "{\"id\":\"bigint(20) unsigned\",\"n\":\"int(11)\",\"d\":\"decimal(10,2)\",\"t\":\"datetime(6)\",\"day\":\"date\",\"b\":\"blob\",\"s\":\"varchar(60)\",\"f\":\"double\",\"bits\":\"bit(8)\"}";

  @Test
  void canal_rowsOfAStatement_areEventsWithMysqlsTypes() {
    String message =
        """
        {"data":[{"id":"18446744073709551615","n":"-1","d":"12.30","t":"2026-02-28 13:14:15.5",\
        "day":"2026-02-28","b":"\\u0000\u00ff\\u0010","s":"h\u00e9","f":"1.5","bits":"165"},\
        {"id":"2","n":null,"d":null,"t":null,"day":null,"b":null,"s":null,"f":null,"bits":null}],\
        "database":"shop","es":1477053217000,"id":7,"isDdl":false,"mysqlType":%s,"old":null,\
        "pkNames":["id"],"sql":"","sqlType":{"id":-5},"table":"x","ts":1477053217999,"type":"INSERT"}"""
            .formatted(CANAL_TYPES);
    StructType columns = needed(CANAL, message);

    assertThat(columns.toDDL())
        .isEqualTo(
            "id DECIMAL(20,0),n INT,d DECIMAL(10,2),t TIMESTAMP_NTZ,day DATE,b BINARY,s STRING,f DOUBLE,bits DECIMAL(20,0)");
    List<Outcome> rows = decode(CANAL, columns, message);
    assertThat(rows).hasSize(2);
    assertThat(values(rows.get(0)))
        .containsExactly(
            new BigDecimal("18446744073709551615"),
            -1,
            new BigDecimal("12.30"),
            LocalDateTime.parse("2026-02-28T13:14:15.5"),
            LocalDate.of(2026, 2, 28),
            new byte[] {0, -1, 16},
            "h\u00e9",
            1.5,
            new BigDecimal("165"));
    assertThat(described(rows.get(1)))
        .isEqualTo("c 1 [id] [2, null, null, null, null, null, null, null, null]");
    var change = rows.get(0).change();
    assertThat(change == null ? null : change.source().micros()).isEqualTo(1_477_053_217_000_000L);
  }

  @Test
  void canal_updateOfTheKey_isTwoEvents() {
    String message =
        """
        {"data":[{"id":"2","s":"new"}],"old":[{"id":"1"}],"database":"shop","table":"x","isDdl":false,\
        "mysqlType":{"id":"int(11)","s":"text"},"pkNames":["id"],"type":"UPDATE","es":1}""";

    assertThat(decode(CANAL, StructType.fromDDL("id INT, s STRING"), message))
        .map(MysqlToolsTest::described)
        .containsExactly("d 0 [id] [1, null]", "u 1 [id] [2, new]");
  }

  @Test
  void canal_delete_isTheKey() {
    String message =
        """
        {"data":[{"id":"1","s":"x"}],"old":null,"database":"shop","table":"x","isDdl":false,\
        "mysqlType":{"id":"int(11)","s":"text"},"pkNames":["id"],"type":"DELETE","es":1}""";

    assertThat(decode(CANAL, StructType.fromDDL("id INT, s STRING"), message))
        .map(MysqlToolsTest::described)
        .containsExactly("d 0 [id] [1, null]");
  }

  @Test
  void canal_oneBadRow_makesTheMessageBad() {
    String message =
        """
        {"data":[{"id":"1"},{"id":"x"}],"table":"x","isDdl":false,"mysqlType":{"id":"int(11)"},\
        "pkNames":["id"],"type":"INSERT","es":1}""";

    List<Outcome> outcomes = decode(CANAL, StructType.fromDDL("id INT"), message);

    assertThat(outcomes).hasSize(1);
    assertThat(outcomes.get(0).error()).isNotNull();
  }

  @Test
  void canal_keysInAnotherCase_aChangeOfTheKeyIsToldAllTheSame() {
    String message =
        "{'data':[{'id':'2','s':'a'}],'old':[{'id':'1'}],'database':'d','table':'x','isDdl':false,"
            + "'pkNames':['id'],'es':1,'mysqlType':{'id':'int','s':'text'},'type':'UPDATE'}";

    assertThat(
            decode(
                    CANAL.withKeys(List.of("ID")),
                    StructType.fromDDL("id INT, s STRING"),
                    message.replace('\'', '"'))
                .stream()
                .map(MysqlToolsTest::described))
        .containsExactly("d 0 [id] [1, null]", "u 1 [id] [2, a]");
  }

  @Test
  void canal_definitionsAndTruncates_areToldApart() {
    StructType columns = StructType.fromDDL("id INT");

    assertThat(
            decode(
                    CANAL,
                    columns,
                    "{\"data\":null,\"isDdl\":true,\"type\":\"ALTER\",\"table\":\"x\",\"sql\":\"ALTER\"}")
                .get(0)
                .skipped())
        .isEqualTo(SkipReason.SCHEMA_CHANGE);
    assertThat(
            described(
                decode(
                        CANAL,
                        columns,
                        "{\"data\":null,\"isDdl\":true,\"type\":\"TRUNCATE\",\"table\":\"x\"}")
                    .get(0)))
        .isEqualTo("t 0 [] [null]");
  }

  @Test
  void maxwell_documentedInsert_isARow() {
    String message =
        """
        {"database":"test","table":"e","type":"insert","ts":1477053217,"xid":23396,"commit":true,\
        "position":"master.000006:800911","server_id":23042,"thread_id":108,\
        "primary_key":[1,"2016-10-21 05:33:37.523000"],"primary_key_columns":["id","c"],\
        "data":{"id":1,"m":4.2341,"c":"2016-10-21 05:33:37.523000","comment":"I am a creature of light."}}""";
    StructType columns = needed(MAXWELL, message);

    assertThat(columns.toDDL()).isEqualTo("id BIGINT,m DOUBLE,c STRING,comment STRING");
    Outcome row = decode(MAXWELL, columns, message).get(0);
    assertThat(described(row))
        .isEqualTo(
            "c 0 [id, c] [1, 4.2341, 2016-10-21 05:33:37.523000, I am a creature of light.]");
    var change = row.change();
    assertThat(change == null ? null : change.source().position())
        .isEqualTo("{\"position\":\"master.000006:800911\",\"xid\":23396}");
  }

  @Test
  void maxwell_declaredColumns_areExact() {
    StructType columns = StructType.fromDDL("id INT, d DECIMAL(30,10), t TIMESTAMP_NTZ, b BINARY");
    String message =
        """
        {"database":"test","table":"e","type":"update","ts":1,"data":{"id":1,\
        "d":12345678901234567890.1234567890,"t":"2016-10-21 05:33:37.523000","b":"AP8Q"},"old":{"d":1}}""";

    assertThat(values(decode(MAXWELL.withKeys(List.of("id")), columns, message).get(0)))
        .containsExactly(
            1,
            new BigDecimal("12345678901234567890.1234567890"),
            LocalDateTime.parse("2016-10-21T05:33:37.523"),
            new byte[] {0, -1, 16});
  }

  @Test
  void maxwell_updateOfTheKey_isTwoEvents() {
    String message =
        """
        {"database":"test","table":"e","type":"update","ts":1,"primary_key_columns":["id"],\
        "data":{"id":2,"s":"x"},"old":{"id":1}}""";

    assertThat(decode(MAXWELL, StructType.fromDDL("id INT, s STRING"), message))
        .map(MysqlToolsTest::described)
        .containsExactly("d 0 [id] [1, null]", "u 1 [id] [2, x]");
  }

  @Test
  void maxwell_bootstrap_isReadRowsBetweenMarks() {
    StructType columns = StructType.fromDDL("id INT");
    String row =
        "{\"database\":\"t\",\"table\":\"e\",\"type\":\"bootstrap-insert\",\"ts\":1,\"primary_key_columns\":[\"id\"],\"data\":{\"id\":1}}";

    assertThat(described(decode(MAXWELL, columns, row).get(0))).isEqualTo("r 0 [id] [1]");
    for (String type : List.of("bootstrap-start", "bootstrap-complete")) {
      assertThat(
              decode(MAXWELL, columns, "{\"type\":\"%s\",\"data\":{}}".formatted(type))
                  .get(0)
                  .skipped())
          .isEqualTo(SkipReason.BOOTSTRAP_MARK);
    }
    assertThat(decode(MAXWELL, columns, "{\"type\":\"table-alter\"}").get(0).skipped())
        .isEqualTo(SkipReason.SCHEMA_CHANGE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CANAL | {\"type\":\"UPSERT\",\"data\":[{}]} | UNKNOWN_OPERATION",
        "CANAL | {\"x\":1} | UNKNOWN_MESSAGE",
        "CANAL | {\"type\":\"INSERT\",\"data\":[]} | MISSING_ROW",
        "CANAL | {\"type\":\"INSERT\",\"data\":[1]} | MISSING_ROW",
        "CANAL | {\"type\":\"INSERT\",\"pkNames\":[\"id\"],\"data\":[{\"x\":\"1\"}]} | MISSING_KEY",
        "CANAL | {\"type\":\"INSERT\",\"mysqlType\":{\"id\":\"int\"},\"data\":[{\"id\":\"one\"}]} | DOES_NOT_FIT",
        "MAXWELL | {\"type\":\"upsert\",\"data\":{}} | UNKNOWN_OPERATION",
        "MAXWELL | {\"x\":1} | UNKNOWN_MESSAGE",
        "MAXWELL | {\"type\":\"insert\",\"data\":null} | MISSING_ROW"
      })
  void message_thatNobodyWrites_isRefusedByName(ChangeFormat format, String message, Kind kind) {
    BadEventException error =
        decode(ChangeOptions.of(format), StructType.fromDDL("id INT"), message).get(0).error();

    assertThat(error == null ? null : error.kind()).isEqualTo(kind);
  }

  private static StructType needed(ChangeOptions options, String message) {
    StructType needed = new StructType();
    for (Outcome outcome : decode(options, needed, message)) {
      var row = outcome.row();
      if (row != null) {
        needed = ColumnGrowth.union(needed, row.needed());
      }
    }
    return needed;
  }

  private static List<Outcome> decode(ChangeOptions options, StructType columns, String message) {
    return new ChangeDecoder(columns, options, Set.of())
        .decode(
            new RawMessage("t", WriterSchema.none(), null, DatabaseText.utf8(message), null, null));
  }

  private static Object[] values(Outcome outcome) {
    var row = outcome.row();
    if (row == null || outcome.error() != null) {
      throw new AssertionError(outcome);
    }
    return row.values();
  }

  private static String described(Outcome outcome) {
    var change = outcome.change();
    var row = outcome.row();
    if (change == null || row == null || outcome.error() != null) {
      throw new AssertionError(outcome);
    }
    return "%s %d %s %s"
        .formatted(change.op().letter(), change.index(), row.keys(), Arrays.toString(row.values()));
  }
}
