package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The keys of {@code source}; part of {@link JobKeys}. */
final class SourceKeys {

  private static final ScalarType<String> TOPIC =
      Scalars.text(
          "a topic",
          "^(persistent://)?[^/\\s]+(/[^/\\s]+/[^/\\s]+)?$",
          "write persistent://tenant/namespace/name, or name for one in public/default",
          TopicNames::full);

  private static final Key<Map<String, Map<Integer, String>>> POSITIONS =
      Key.required(
          "positions",
          new MapOf<>(
              TOPIC,
              new MapOf<>(partition(), position(), "a mapping of partition numbers to positions"),
              "a mapping of topics to their positions"),
          "The first message to read, by topic and partition (\"0\" for a topic without"
              + " partitions): its ledger and its entry, as in 12:5.");

  private static final Block<StartPosition> START_BLOCK =
      new Block<>(
          "Where reading begins, given for each partition.",
          List.of(POSITIONS),
          List.of(),
          keys -> new StartPosition.At(keys.get(POSITIONS)));

  private static final Key<List<String>> TOPICS =
      Key.optional(
          "topics",
          new ListOf<>(TOPIC, "topics"),
          "The topics to read: persistent://tenant/namespace/name, or name for one in"
              + " public/default. All have one schema.");
  private static final Key<String> TOPICS_PATTERN =
      Key.optional(
          "topics_pattern",
          Scalars.text(
              "a topic pattern",
              null,
              "write persistent://tenant/namespace/orders-.*",
              TopicNames::fullPattern),
          "Every topic of one namespace whose name matches, new ones included:"
              + " persistent://tenant/namespace/ and a regular expression.");
  private static final Key<StartPosition> START =
      Key.withDefault(
          "start",
          new WordOr<>(
              Scalars.choice(
                  List.<Word<StartPosition>>of(
                      new Word<>("earliest", new StartPosition.Earliest()),
                      new Word<>("latest", new StartPosition.Latest()))),
              START_BLOCK),
          "earliest",
          "Where the first run begins: earliest, latest, or a position for each partition. Later"
              + " runs go on where the one before stopped.");
  private static final Key<String> SUBSCRIPTION =
      Key.optional(
          "subscription",
          Scalars.text(
              "a subscription name",
              "^[^/\\s]+$",
              "write letters, digits, - and _",
              Scalars.matching("[^/\\s\\p{Cntrl}]+", "is not a subscription name")),
          "The durable subscription that keeps unread messages and shows the lag. Without it, one"
              + " named after the job.");
  private static final Key<Long> MAX_BYTES =
      Key.optional(
          "max_bytes_per_batch",
          Scalars.size(),
          "The most bytes that one batch takes, as stored in Pulsar: 64 MiB, 1 GB. Without it, no"
              + " limit.");
  private static final Key<Long> MAX_ROWS =
      Key.optional(
          "max_rows_per_batch",
          Scalars.count(),
          "The most messages that one batch takes. Without it, no limit.");
  private static final Key<PayloadFormat> FORMAT =
      Key.withDefault(
          "format",
          Scalars.choice(
              List.of(
                  new Word<>("registry", PayloadFormat.REGISTRY),
                  new Word<>("json", PayloadFormat.JSON),
                  new Word<>("text", PayloadFormat.TEXT),
                  new Word<>("bytes", PayloadFormat.BYTES),
                  new Word<>("debezium", PayloadFormat.DEBEZIUM),
                  new Word<>("canal", PayloadFormat.CANAL),
                  new Word<>("maxwell", PayloadFormat.MAXWELL))),
          "registry",
          "How a message becomes columns: registry, by the topic's own schema; json, as an object"
              + " with the columns of schema; text or bytes, as one column named value; debezium,"
              + " canal or maxwell, as changes of a database's rows, which are merged by the row's"
              + " key unless the target says append.");
  private static final Key<String> SCHEMA =
      Key.optional(
          "schema",
          Scalars.text(),
          "The columns of JSON messages, in Spark's DDL: id BIGINT, name STRING, at TIMESTAMP. Of"
              + " changes of a database's rows, those whose type the messages do not tell.");
  private static final Key<Boolean> DECIMAL_HANDLING_MODE =
      Key.withDefault(
          "decimal_handling_mode",
          Scalars.choice(List.of(new Word<>("precise", false), new Word<>("string", true))),
          "precise",
          "The connector's decimal.handling.mode where messages carry no schema: with string, text"
              + " is taken as the number that it says; with precise, text that could as well be"
              + " Debezium's base64 is a bad value where a DECIMAL is declared. Numbers of"
              + " decimal.handling.mode=double need nothing.");
  private static final Key<String> UNAVAILABLE_VALUE_PLACEHOLDER =
      Key.optional(
          "unavailable_value_placeholder",
          Scalars.text(),
          "The connector's unavailable.value.placeholder, which stands for a value that it does not"
              + " know. Without it, Debezium's own, __debezium_unavailable_value.");

  private static final Block<DebeziumSpec> DEBEZIUM_BLOCK =
      new Block<>(
          "The settings of the Debezium connector that its messages do not tell.",
          List.of(DECIMAL_HANDLING_MODE, UNAVAILABLE_VALUE_PLACEHOLDER),
          List.of(),
          keys ->
              new DebeziumSpec(
                  keys.get(DECIMAL_HANDLING_MODE), keys.find(UNAVAILABLE_VALUE_PLACEHOLDER)));

  private static final Key<DebeziumSpec> DEBEZIUM =
      Key.optional(
          "debezium",
          DEBEZIUM_BLOCK,
          "Settings of the Debezium connector, where they are not Debezium's defaults.");
  private static final Key<Map<String, String>> SOURCE_OPTIONS =
      Key.withDefault(
          "options",
          Scalars.options(),
          "{}",
          "Further options of Spark's pulsar source, passed on as they are.");
  private static final Key<BadRecordPolicy> ON_BAD_RECORD =
      Key.withDefault(
          "on_bad_record",
          Scalars.choice(
              List.of(
                  new Word<>("quarantine", BadRecordPolicy.QUARANTINE),
                  new Word<>("fail", BadRecordPolicy.FAIL),
                  new Word<>("drop", BadRecordPolicy.DROP))),
          "quarantine",
          "What becomes of a message that cannot be decoded: quarantine, its bytes and the reason go"
              + " to the quarantine table; fail, the job stops; drop, it is counted and passed"
              + " over.");
  private static final Key<Double> MAX_BAD_RATIO =
      Key.optional(
          "max_bad_ratio",
          Scalars.ratio(),
          "The largest share of a batch's messages that may be undecodable: 0.01. With more, the job"
              + " stops. Without it, no limit.");
  private static final Key<Long> MAX_BAD_PER_BATCH =
      Key.optional(
          "max_bad_per_batch",
          Scalars.count(),
          "The most undecodable messages that a batch may have. With more, the job stops. Without"
              + " it, no limit.");

  /** The block {@code source}. */
  static final Block<SourceSpec> SOURCE =
      new Block<>(
          "What the job reads.",
          List.of(
              TOPICS,
              TOPICS_PATTERN,
              START,
              SUBSCRIPTION,
              MAX_BYTES,
              MAX_ROWS,
              FORMAT,
              SCHEMA,
              DEBEZIUM,
              ON_BAD_RECORD,
              MAX_BAD_RATIO,
              MAX_BAD_PER_BATCH,
              SOURCE_OPTIONS),
          List.of(
              Rule.exactlyOne(TOPICS, TOPICS_PATTERN),
              new Rule.ExactlyWhen<>(
                  SCHEMA,
                  FORMAT,
                  PayloadFormat.JSON,
                  "json",
                  List.of("registry", "text", "bytes"),
                  Set.of(PayloadFormat.DEBEZIUM, PayloadFormat.CANAL, PayloadFormat.MAXWELL)),
              new OnlyWith<>(
                  List.of(DEBEZIUM),
                  FORMAT,
                  PayloadFormat.DEBEZIUM,
                  "debezium",
                  false,
                  "other messages are not written by it"),
              new StartWithinTopics(START, TOPICS),
              new KeysOfTheirOwn(SOURCE_OPTIONS),
              new OnlyUnless<>(
                  List.of(MAX_BAD_RATIO, MAX_BAD_PER_BATCH),
                  ON_BAD_RECORD,
                  BadRecordPolicy.FAIL,
                  "fail")),
          SourceKeys::source);

  private SourceKeys() {}

  private static SourceSpec source(Bound keys) {
    List<String> topics = keys.find(TOPICS);
    return new SourceSpec(
        topics != null
            ? new TopicSelection.Named(topics)
            : new TopicSelection.Matching(keys.get(TOPICS_PATTERN)),
        keys.get(START),
        keys.find(SUBSCRIPTION),
        keys.find(MAX_BYTES),
        keys.find(MAX_ROWS),
        keys.get(FORMAT),
        keys.find(SCHEMA),
        Objects.requireNonNullElse(keys.find(DEBEZIUM), DebeziumSpec.DEFAULT),
        new BadRecords(
            keys.get(ON_BAD_RECORD), keys.find(MAX_BAD_RATIO), keys.find(MAX_BAD_PER_BATCH)),
        keys.get(SOURCE_OPTIONS));
  }

  private static ScalarType<Integer> partition() {
    return new ScalarType<>(
        "a partition number",
        false,
        "write \"0\" for the first partition, and for a topic without partitions",
        Map.of("type", "string", "pattern", "^[0-9]{1,6}$"),
        text -> {
          if (!text.matches("\\d{1,6}")) {
            throw new IllegalArgumentException("is not a partition number");
          }
          return Integer.valueOf(text);
        });
  }

  private static ScalarType<String> position() {
    return Scalars.text(
        "a position",
        "^[0-9]+:[0-9]+$",
        "write ledger:entry, such as \"12:5\"",
        Scalars.matching("\\d{1,18}:\\d{1,18}", "is not a position"));
  }
}
