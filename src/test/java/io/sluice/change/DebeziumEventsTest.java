package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.change.BadEventException.Kind;
import io.sluice.change.ChangeDecoder.Outcome;
import io.sluice.change.ChangeEvent.SkipReason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Debezium's messages one by one. */
class DebeziumEventsTest {

  private static final StructType COLUMNS =
      StructType.fromDDL("id BIGINT, name STRING, data BINARY");
  private static final ChangeOptions DEBEZIUM = ChangeOptions.of(ChangeFormat.DEBEZIUM);
  private static final String PLACEHOLDER = ChangeOptions.DEFAULT_PLACEHOLDER;

  @ParameterizedTest
  @CsvSource({"r", "c", "u"})
  void upsert_eachLetter_isTheRowAfter(String letter) {
    Outcome outcome =
        decode(
            "{\"id\":1}",
            "{\"before\":{\"id\":1,\"name\":\"old\"},\"after\":{\"id\":1,\"name\":\"new\"},\"op\":\"%s\",\"source\":{}}"
                .formatted(letter));

    assertThat(described(outcome)).isEqualTo(letter + " [id] [1, new, null] []");
  }

  @Test
  void delete_withKey_isTheKeyAndNothingOfTheRowBefore() {
    Outcome outcome =
        decode(
            "{\"id\":1}",
            "{\"before\":{\"id\":1,\"name\":\"\"},\"after\":null,\"op\":\"d\",\"source\":{}}");

    assertThat(described(outcome)).isEqualTo("d [id] [1, null, null] []");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "null",
      value = {"default", "null"})
  void delete_withoutKey_isTheRowBefore(@Nullable String key) {
    Outcome outcome =
        decode(
            key,
            "{\"before\":{\"id\":1,\"name\":\"x\"},\"after\":null,\"op\":\"d\",\"source\":{}}");

    assertThat(described(outcome)).isEqualTo("d [] [1, x, null] []");
  }

  @Test
  void delete_withKeysOfTheJob_takesThemFromKeyAndRow() {
    String event =
        "{\"before\":{\"id\":1,\"name\":\"x\"},\"after\":null,\"op\":\"d\",\"source\":{}}";

    assertThat(described(decode(DEBEZIUM.withKeys(List.of("id", "name")), "{\"id\":1}", event)))
        .isEqualTo("d [id, name] [1, x, null] []");
    assertThat(error(decode(DEBEZIUM.withKeys(List.of("nope")), "{\"id\":1}", event)).kind())
        .isEqualTo(Kind.MISSING_KEY);
  }

  @Test
  void update_withoutKey_takesTheOldRowAway() {
    List<Outcome> outcomes =
        decodeAll(
            DEBEZIUM,
            "default",
            "{\"before\":{\"id\":1,\"name\":\"a\"},\"after\":{\"id\":1,\"name\":\"b\"},\"op\":\"u\",\"source\":{}}");

    assertThat(outcomes.stream().map(DebeziumEventsTest::described))
        .containsExactly("d [] [1, a, null] []", "u [] [1, b, null] []");
  }

  @Test
  void flattenedRow_losesWhatTheFlatteningAddedAndNothingElse() {
    StructType columns = StructType.fromDDL("id BIGINT, __v BIGINT");
    String event =
        "{\"id\":1,\"__v\":7,\"__deleted\":\"%s\",\"__op\":\"%s\",\"__table\":\"t\",\"__source_ts_us\":5,\"__lsn\":9,\"__transaction_id\":\"3\"}";

    assertThat(described(decode(columns, "{\"id\":1}", event.formatted("false", "c"))))
        .isEqualTo("c [id] [1, 7] []");
    assertThat(described(decode(columns, "{\"id\":1}", event.formatted("true", "d"))))
        .isEqualTo("d [id] [1, null] []");
    var change = decode(columns, null, event.formatted("false", "r")).change();
    assertThat(change == null ? null : change.source())
        .isEqualTo(new SourceFacts(5L, null, null, "t", null, "{\"lsn\":9}", "3", null, null));
  }

  @Test
  void truncate_hasNoRow() {
    assertThat(
            described(
                decode(
                    "default",
                    "{\"before\":null,\"after\":null,\"op\":\"t\",\"source\":{\"table\":\"x\"}}")))
        .isEqualTo("t [] [null, null, null] []");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"ts_ms\":1} | HEARTBEAT",
        "{\"status\":\"BEGIN\",\"id\":\"3377:96401776\",\"event_count\":null} | TRANSACTION",
        "{\"source\":{},\"ddl\":\"ALTER TABLE x\",\"databaseName\":\"y\",\"tableChanges\":[]} | SCHEMA_CHANGE",
        "{\"op\":\"m\",\"source\":{},\"message\":{}} | LOGICAL_MESSAGE"
      })
  void message_withoutRow_isSkipped(String value, SkipReason reason) {
    assertThat(decode("{\"x\":1}", value).skipped()).isEqualTo(reason);
  }

  @Test
  void nullValue_isATombstone() {
    assertThat(decode("{\"id\":1}", null).skipped()).isEqualTo(SkipReason.TOMBSTONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"op\":\"x\",\"after\":{},\"source\":{}} | UNKNOWN_OPERATION",
        "{\"op\":\"c\",\"after\":null,\"source\":{}} | MISSING_ROW",
        "{\"op\":\"d\",\"after\":null,\"before\":null,\"source\":{}} | MISSING_KEY",
        "{\"id\":1,\"name\":\"a row\"} | UNKNOWN_MESSAGE",
        "[1] | UNKNOWN_MESSAGE",
        "{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{}} x | MALFORMED",
        "{\"op\":\"c\",\"after\":{\"id\":1,\"id\":2},\"source\":{}} | MALFORMED",
        "{\"op\":\"c\",\"after\":{\"id\":1,\"ID\":2},\"source\":{}} | COLUMN_NAME",
        "{\"op\":\"c\",\"after\":{\"_op\":1},\"source\":{}} | COLUMN_NAME",
        "{\"id\":1,\"__deleted\":\"perhaps\"} | BAD_VALUE",
        "{\"id\":1,\"__deleted\":\"false\",\"__op\":\"d\"} | UNKNOWN_OPERATION"
      })
  void message_thatNobodyWrites_isRefusedByName(String value, Kind kind) {
    if (kind == Kind.MISSING_KEY) {
      assertThat(error(decode(DEBEZIUM.withKeys(List.of("id")), null, value)).kind())
          .isEqualTo(kind);
      return;
    }
    assertThat(error(decode(null, value)).kind()).isEqualTo(kind);
  }

  @Test
  void key_thatIsCutOff_isRefused() {
    BadEventException error =
        error(decode("{\"id\":", "{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{}}"));

    assertThat(error.kind()).isEqualTo(Kind.MALFORMED);
    assertThat(error.field()).isEqualTo("key");
  }

  @Test
  void names_ofAnotherCase_areTheTablesColumn() {
    assertThat(
            described(
                decode(
                    "{\"ID\":1}",
                    "{\"op\":\"c\",\"after\":{\"ID\":1,\"Name\":\"x\"},\"source\":{}}")))
        .isEqualTo("c [id] [1, x, null] []");
  }

  @Test
  void placeholder_inEachForm_isNotWritten() {
    String base64 = Base64.getEncoder().encodeToString(DatabaseText.utf8(PLACEHOLDER));

    assertThat(
            described(
                decode(
                    "{\"id\":1}",
                    "{\"op\":\"u\",\"after\":{\"id\":1,\"name\":\"%s\",\"data\":\"%s\"},\"source\":{}}"
                        .formatted(PLACEHOLDER, base64))))
        .isEqualTo("u [id] [1, null, null] [name, data]");
    assertThat(
            described(
                decode(
                    DEBEZIUM.withPlaceholder("?"),
                    "{\"id\":1}",
                    "{\"op\":\"u\",\"after\":{\"id\":1,\"name\":\"?\",\"data\":\"Pw==\"},\"source\":{}}")))
        .isEqualTo("u [id] [1, null, null] [name, data]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"string\"} | \"P\" | true",
        "{\"type\":\"string\"} | \"B\" | false",
        "{\"type\":\"bytes\"} | \"B\" | true",
        "{\"type\":\"bytes\"} | \"P\" | false",
        "{\"type\":\"string\",\"name\":\"io.debezium.data.Json\"} | \"{\\\"P\\\":\\\"P\\\"}\" | true",
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}} | [\"P\"] | true",
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}} | [\"P\",\"P\"] | false",
        "{\"type\":\"array\",\"items\":{\"type\":\"bytes\"}} | [\"B\"] | true",
        "{\"type\":\"map\",\"keys\":{\"type\":\"string\"},\"values\":{\"type\":\"string\"}} | {\"P\":\"P\"} | true",
        "{\"type\":\"int32\"} | 1 | false"
      })
  void placeholder_ofATypedColumn_isKnownByItsType(String type, String value, boolean expected) {
    String base64 = Base64.getEncoder().encodeToString(DatabaseText.utf8(PLACEHOLDER));
    String json = value.replace("\"B\"", "\"" + base64 + "\"").replace("P", PLACEHOLDER);

    assertThat(
            new Placeholder(PLACEHOLDER)
                .is(JsonTree.read(json), ConnectSchemas.of(JsonTree.read(type))))
        .isEqualTo(expected);
  }

  @Test
  void placeholder_inArraysOfNumbersAndUuids_isKnown() {
    var placeholder = new Placeholder(PLACEHOLDER);
    String numbers = Arrays.toString(DatabaseText.utf8(PLACEHOLDER));
    String uuid = java.util.UUID.nameUUIDFromBytes(DatabaseText.utf8(PLACEHOLDER)).toString();

    assertThat(placeholder.is(JsonTree.read(numbers), null)).isTrue();
    assertThat(placeholder.is(JsonTree.read("[\"" + uuid + "\"]"), null)).isTrue();
    assertThat(placeholder.is(JsonTree.read("[1,2]"), null)).isFalse();
  }

  @Test
  void embeddedSchema_inAnyOrderOfFields_isUsed() {
    String schema =
        "{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\",\"field\":\"after\",\"fields\":[{\"type\":\"int64\",\"field\":\"id\"}]}]}";
    String payload = "{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{}}";
    for (String value :
        List.of(
            "{\"schema\":%s,\"payload\":%s}".formatted(schema, payload),
            "{\"payload\":%2$s,\"schema\":%1$s}".formatted(schema, payload),
            "{ \"schema\" : %s , \"payload\" : %s }".formatted(schema, payload),
            "{\"schema\":null,\"payload\":%2$s}".formatted(schema, payload))) {
      assertThat(described(decode(null, value))).as(value).isEqualTo("c [] [1, null, null] []");
    }
  }

  @Test
  void embeddedSchema_ofOtherFieldsThanTheRow_isRefused() {
    String schema =
        "{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\",\"field\":\"after\",\"fields\":[{\"type\":\"int64\",\"field\":\"id\"},{\"type\":\"string\",\"field\":\"name\"}]}]}";

    assertThat(
            error(
                    decode(
                        null,
                        "{\"schema\":%s,\"payload\":{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{}}}"
                            .formatted(schema)))
                .kind())
        .isEqualTo(Kind.MISSING_ROW);
    assertThat(
            error(
                    decode(
                        null,
                        "{\"schema\":%s,\"payload\":{\"op\":\"c\",\"after\":{\"id\":1,\"nome\":\"x\"},\"source\":{}}}"
                            .formatted(schema)))
                .kind())
        .isEqualTo(Kind.MALFORMED);
  }

  @Test
  void embeddedSchema_seenBefore_isParsedOnce() {
    List<RawMessage> messages = Capture.of("my-schema").table("orders");
    var reader = new DocumentReader();

    long types =
        messages.stream()
            .map(RawMessage::value)
            .filter(value -> value != null)
            .map(
                value ->
                    System.identityHashCode(reader.read(WriterSchema.Part.text(), value).type()))
            .distinct()
            .count();

    assertThat(messages).hasSizeGreaterThan(70);
    assertThat(types).isEqualTo(2);
  }

  @Test
  void inlinePair_cutOff_isRefused() {
    RawMessage whole = Capture.of("my-nar-env").table("carts").get(0);
    byte[] value = whole.value();
    if (value == null) {
      throw new AssertionError();
    }
    for (int length : new int[] {0, 3, 4, 100, value.length - 1}) {
      assertThat(
              error(
                      only(
                          new RawMessage(
                              "t", whole.schema(), null, Arrays.copyOf(value, length), null, null)))
                  .kind())
          .isEqualTo(Kind.MALFORMED);
    }
    byte[] tombstone =
        ByteBuffer.allocate(10).putInt(2).put(DatabaseText.utf8("{}")).putInt(-1).array();
    assertThat(only(new RawMessage("t", whole.schema(), null, tombstone, null, null)).skipped())
        .isEqualTo(SkipReason.TOMBSTONE);
  }

  @Test
  void keyChange_showsItsLink() {
    RawMessage message =
        new RawMessage(
            "t",
            WriterSchema.none(),
            DatabaseText.utf8("{\"id\":2}"),
            DatabaseText.utf8(
                "{\"op\":\"c\",\"after\":{\"id\":2},\"source\":{\"ts_ms\":5,\"ts_us\":5001,\"db\":\"d\",\"schema\":\"s\",\"table\":\"t\",\"snapshot\":\"false\",\"lsn\":7,\"sequence\":\"[null,\\\"7\\\"]\"},\"transaction\":{\"id\":\"9:7\"}}"),
            "{\"id\":1}",
            null);

    var change = only(message).change();

    assertThat(change == null ? null : change.source())
        .isEqualTo(
            new SourceFacts(
                5001L,
                "d",
                "s",
                "t",
                null,
                "{\"lsn\":7,\"sequence\":\"[null,\\\"7\\\"]\"}",
                "9:7",
                "{\"id\":1}",
                null));
  }

  private static Outcome decode(@Nullable String key, @Nullable String value) {
    return decode(DEBEZIUM, key, value);
  }

  private static Outcome decode(
      ChangeOptions options, @Nullable String key, @Nullable String value) {
    List<Outcome> outcomes = decodeAll(options, key, value);
    assertThat(outcomes).hasSize(1);
    return outcomes.get(0);
  }

  private static List<Outcome> decodeAll(
      ChangeOptions options, @Nullable String key, @Nullable String value) {
    return new ChangeDecoder(COLUMNS, options, Set.of("_op"))
        .decode(
            new RawMessage(
                "t",
                WriterSchema.none(),
                key == null ? null : DatabaseText.utf8(key),
                value == null ? null : DatabaseText.utf8(value),
                null,
                null));
  }

  private static Outcome decode(StructType columns, @Nullable String key, String value) {
    return new ChangeDecoder(columns, DEBEZIUM, Set.of())
        .decode(
            new RawMessage(
                "t",
                WriterSchema.none(),
                key == null ? null : DatabaseText.utf8(key),
                DatabaseText.utf8(value),
                null,
                null))
        .get(0);
  }

  private static Outcome only(RawMessage message) {
    return new ChangeDecoder(COLUMNS, DEBEZIUM, Set.of()).decode(message).get(0);
  }

  private static String described(Outcome outcome) {
    var change = outcome.change();
    var row = outcome.row();
    if (change == null || row == null || outcome.error() != null) {
      throw new AssertionError(outcome);
    }
    return change.op().letter()
        + " "
        + row.keys()
        + " "
        + Arrays.toString(row.values())
        + " "
        + row.unwritten();
  }

  private static BadEventException error(Outcome outcome) {
    BadEventException error = outcome.error();
    if (error == null) {
      throw new AssertionError("No error: " + outcome);
    }
    return error;
  }
}
