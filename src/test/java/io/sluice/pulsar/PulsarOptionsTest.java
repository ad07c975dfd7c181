package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.PulsarOptions.BatchLimits;
import io.sluice.pulsar.PulsarOptions.EndingOffsets;
import io.sluice.pulsar.PulsarOptions.Splitting;
import io.sluice.pulsar.PulsarOptions.StartingOffsets;
import io.sluice.pulsar.PulsarOptions.TopicSelection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options as users write them. */
class PulsarOptionsTest {

  @Test
  void parse_ofTheLeast_givesTheDefaults() {
    PulsarOptions options = parse("topic", "orders");

    assertThat(options.connection().serviceUrl()).isEqualTo("pulsar://b:6650");
    assertThat(options.connection().adminUrl()).isEqualTo("http://b:8080");
    assertThat(options.topics())
        .isEqualTo(new TopicSelection.Named(List.of("persistent://public/default/orders")));
    assertThat(options.start()).isNull();
    assertThat(options.end()).isEqualTo(new EndingOffsets.Latest());
    assertThat(options.subscription()).isNull();
    assertThat(options.limits())
        .isEqualTo(new BatchLimits(null, null, null, Duration.ofMinutes(15)));
    assertThat(options.splitting()).isEqualTo(new Splitting(null, 128 << 20, false));
    assertThat(options.failOnDataLoss()).isTrue();
    assertThat(options.pollTimeout()).isEqualTo(Duration.ofMinutes(2));
    assertThat(options.discoveryInterval()).isEqualTo(Duration.ofMinutes(1));
    assertThat(options.payload()).isEqualTo(PulsarOptions.Payload.AUTO);
    assertThat(options.includeMetadata()).isTrue();
    assertThat(options.retentionPin()).isTrue();
    assertThat(options.receiverQueueSize()).isEqualTo(1000);
  }

  @Test
  void parse_matchesNamesAndWordsInAnyCase() {
    PulsarOptions options =
        parse(
            "TOPICS", "b, a ,b",
            "startingoffsets", "Earliest",
            "ENDINGOFFSETS", "LATEST",
            "FailOnDataLoss", "FALSE",
            "payload", "Bytes",
            "predefinedsubscription", "mine",
            "maxbytespertrigger", " 5 ");

    assertThat(options.topics())
        .isEqualTo(
            new TopicSelection.Named(
                List.of("persistent://public/default/a", "persistent://public/default/b")));
    assertThat(options.start()).isEqualTo(new StartingOffsets.Earliest());
    assertThat(options.end()).isEqualTo(new EndingOffsets.Latest());
    assertThat(options.failOnDataLoss()).isFalse();
    assertThat(options.payload()).isEqualTo(PulsarOptions.Payload.BYTES);
    assertThat(options.subscription()).isEqualTo("mine");
    assertThat(options.limits().maxBytes()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({
    "orders, persistent://public/default/orders",
    "shop/cdc/orders, persistent://shop/cdc/orders",
    "persistent://shop/cdc/orders, persistent://shop/cdc/orders",
  })
  void fullTopicName_ofShortNames_addsWhatPulsarAssumes(String given, String full) {
    assertThat(PulsarOptions.fullTopicName(given)).isEqualTo(full);
    assertThat(PulsarOptions.fullTopicName(full)).isEqualTo(full);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "persistent://a", "persistent://t/n/", "t/c/n/v1"})
  void fullTopicName_ofNoTopic_isRefused(String name) {
    assertInvalid(() -> PulsarOptions.fullTopicName(name), "Invalid topic '" + name + "'");
  }

  @Test
  void fullTopicName_ofATopicThatKeepsNothing_isRefused() {
    assertInvalid(
        () -> PulsarOptions.fullTopicName("non-persistent://t/n/a"), "only persistent topics");
  }

  @Test
  void parse_needsExactlyOneWayToNameTopics() {
    assertInvalid(() -> parse(), "exactly one of");
    assertInvalid(() -> parse("topic", "a", "topics", "b"), "exactly one of");
    assertInvalid(() -> parse("topic", "a", "topicsPattern", "b.*"), "exactly one of");
  }

  @Test
  void parse_ofOneTopic_takesNoList() {
    assertThat(parse("topic", "a,b").topics())
        .isEqualTo(new TopicSelection.Named(List.of("persistent://public/default/a,b")));
  }

  @Test
  void parse_ofAPattern_keepsItsNamespacePlain() {
    assertThat(parse("topicsPattern", "persistent://shop/cdc/orders-.*").topics())
        .isEqualTo(new TopicSelection.Matching("shop/cdc", "persistent://shop/cdc/orders-.*"));
    assertThat(parse("topicsPattern", "orders-.*").topics())
        .isEqualTo(
            new TopicSelection.Matching("public/default", "persistent://public/default/orders-.*"));
    assertInvalid(() -> parse("topicsPattern", "shop/.*/orders"), "only the part behind them");
    assertInvalid(() -> parse("topicsPattern", "orders-(("), "Invalid topicsPattern 'orders-(('");
    assertInvalid(() -> parse("topicsPattern", "non-persistent://t/n/a.*"), "only persistent");
  }

  @ParameterizedTest
  @CsvSource({
    "minPartitions, 4",
    "maxBytesPerPartition, 4",
    "startingTime, 4",
    "endingTime, 4",
    "endingOffsets, '{\"v\":1,\"t\":{\"a\":{\"0\":\"1:2\"}}}'"
  })
  void parse_ofACompactedRead_refusesWhatCannotBeExact(String option, String value) {
    assertInvalid(
        () -> parse("topic", "a", "readCompacted", "true", option, value),
        "Cannot use " + option + " together with readCompacted=true");
    parse("topic", "a", "readCompacted", "false", option, value);
  }

  @Test
  void parse_ofACompactedRead_cutsNoPartition() {
    assertThat(parse("topic", "a", "endingOffsets", "latest").splitting().whole()).isFalse();
    PulsarOptions compacted =
        parse("topic", "a", "pulsar.reader.readCompacted", "true", "endingOffsets", "latest");
    assertThat(compacted.readCompacted()).isTrue();
    assertThat(compacted.splitting().whole()).isTrue();
  }

  @Test
  void parse_ofAnUnknownOption_listsTheKnownOnes() {
    assertInvalid(
        () -> parse("topic", "a", "maxBytesPerTriger", "5"),
        "'maxBytesPerTriger'",
        "maxBytesPerTrigger",
        "pulsar.client.*");
  }

  @ParameterizedTest
  @CsvSource({
    "maxBytesPerTrigger, 0",
    "maxRowsPerTrigger, -1",
    "maxRowsPerTrigger, 1k",
    "minRowsPerTrigger, 0",
    "minPartitions, 0",
    "minPartitions, 2147483648",
    "maxBytesPerPartition, 128m",
    "maxTriggerDelay, soon",
    "maxTriggerDelay, 5 weeks",
    "maxTriggerDelay, -1s",
    "maxTriggerDelay, 9999999999999d",
    "maxTriggerDelay, 99999999999999999999",
    "pollTimeoutMs, ''",
    "pollTimeoutMs, 9223372036854775807",
    "partitionDiscoveryIntervalMs, 9223372036854775807",
    "receiverQueueSize, 2147483648",
    "receiverQueueSize, 1.5",
    "failOnDataLoss, yes",
    "payload, json",
    "startingTime, yesterday",
    "startingTime, 2026-01-31T08:00:00",
    "startingTime, -1",
    "startingTime, {",
    "startingTime, '{\"a\":[1]}'",
    "startingTime, '{\"a\":1} 2'",
    "endingTime, '{\"a\":\"soon\"}'",
    "endingTime, 9223372036854775807",
    "startingInclusive, maybe",
    "startingOffsets, newest",
    "endingOffsets, earliest"
  })
  void parse_ofAValueThatDoesNotFit_namesTheOption(String option, String value) {
    assertInvalid(() -> parse("topic", "a", option, value), "Invalid " + option);
  }

  @ParameterizedTest
  @CsvSource({
    "15m, 900000",
    "2min, 120000",
    "90s, 90000",
    "1h, 3600000",
    "250 ms, 250",
    "1d, 86400000",
    "7, 7"
  })
  void parse_ofATime_takesAUnitOrMilliseconds(String given, long millis) {
    assertThat(parse("topic", "a", "maxTriggerDelay", given).limits().maxDelay())
        .isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void parse_ofMoreRowsToWaitForThanABatchTakes_isRefused() {
    assertInvalid(
        () -> parse("topic", "a", "minRowsPerTrigger", "11", "maxRowsPerTrigger", "10"),
        "Invalid minRowsPerTrigger '11'",
        "10");
  }

  @Test
  void parse_withoutAnAddress_saysWhatItIs() {
    assertInvalid(
        () -> PulsarOptions.parse(Map.of("admin.url", "http://b:8080", "topic", "a")),
        "Missing option 'service.url'",
        "pulsar://host:6650");
  }

  @Test
  void parse_ofPositions_matchesTopicsByTheirFullName() {
    PulsarOptions options =
        parse("topic", "orders", "startingOffsets", "{\"v\":1,\"t\":{\"orders\":{\"0\":\"3:4\"}}}");

    assertThat(options.start())
        .isEqualTo(
            new StartingOffsets.At(
                Positions.of(
                    Map.of(
                        new TopicPartition("persistent://public/default/orders", 0),
                        new Pos(3, 4)))));
  }

  @Test
  void parse_ofPositionsWithinAnEntry_movesThemBehindWhatTheyName_whenToldTo() {
    String json = "{\"v\":1,\"t\":{\"orders\":{\"0\":\"3:4:1\",\"1\":\"3:4\"}}}";
    TopicPartition first = new TopicPartition("persistent://public/default/orders", 0);
    TopicPartition second = new TopicPartition("persistent://public/default/orders", 1);

    assertThat(parse("topic", "orders", "endingOffsets", json).end())
        .isEqualTo(
            new EndingOffsets.At(
                Positions.of(Map.of(first, new Pos(3, 4, 1), second, new Pos(3, 4)))));
    assertThat(parse("topic", "orders", "endingOffsets", json, "endingInclusive", "true").end())
        .isEqualTo(
            new EndingOffsets.At(
                Positions.of(Map.of(first, new Pos(3, 4, 2), second, new Pos(3, 5)))));
    assertThat(
            parse("topic", "orders", "startingOffsets", json, "startingInclusive", "false").start())
        .isEqualTo(
            new StartingOffsets.At(
                Positions.of(Map.of(first, new Pos(3, 4, 2), second, new Pos(3, 5)))));
  }

  @Test
  void parse_ofTimes_takesOneForAllOrOnePerTopic() {
    TopicPartition orders = new TopicPartition("persistent://public/default/orders", 1);
    TopicPartition other = new TopicPartition("persistent://public/default/other", 0);
    String json =
        "{\"orders\":\"1970-01-01T01:00:02+01:00\",\"persistent://public/default/other-partition-0\":5}";

    TopicTimes all = startTimes("startingTime", "1970-01-01T00:00:01.5Z");
    assertThat(all.of(orders)).isEqualTo(1500);
    TopicTimes each = startTimes("startingTime", json, "startingInclusive", "false");
    assertThat(each.of(orders)).isEqualTo(2001);
    assertThat(each.of(other)).isEqualTo(6);
    assertThat(each.of(new TopicPartition(other.topic(), 1))).isNull();
    assertThat(parse("topic", "orders", "endingTime", "7", "endingInclusive", "true").end())
        .isEqualTo(new EndingOffsets.AtTime(new TopicTimes(8L, Map.of())));
  }

  @Test
  void parse_ofATimeAndAPosition_takesOnlyOne() {
    assertInvalid(
        () -> parse("topic", "a", "startingTime", "5", "startingOffsets", "latest"),
        "at most one of",
        "startingTime");
    assertInvalid(
        () -> parse("topic", "a", "endingTime", "5", "endingOffsets", "latest"), "endingTime");
  }

  private static TopicTimes startTimes(String... more) {
    String[] options = new String[more.length + 2];
    options[0] = "topic";
    options[1] = "orders";
    System.arraycopy(more, 0, options, 2, more.length);
    if (parse(options).start() instanceof StartingOffsets.AtTime at) {
      return at.times();
    }
    throw new AssertionError("No start by time");
  }

  @Test
  void parse_ofPulsarSparksOptions_takesThoseThatHaveAMeaning() {
    PulsarOptions options =
        parse(
            "topic", "a",
            "pulsar.reader.receiverQueueSize", "50",
            "allowDifferentTopicSchemas", "true",
            "waitingForNonExistedTopic", "false",
            "subscriptionPrefix", "team",
            "startingOffsets", "{\"persistent://public/default/a\":[8,11,16,7]}",
            "endingOffsets", "{\"persistent://public/default/a\":[8,12,16,3]}");
    TopicPartition a =
        new TopicPartition("persistent://public/default/a", TopicPartition.NOT_PARTITIONED);

    assertThat(options.receiverQueueSize()).isEqualTo(50);
    assertThat(options.payload()).isEqualTo(PulsarOptions.Payload.BYTES);
    assertThat(options.subscriptionPrefix()).isEqualTo("team");
    assertThat(options.start())
        .isEqualTo(new StartingOffsets.At(Positions.of(Map.of(a, new Pos(11, 7)))));
    assertThat(options.end())
        .isEqualTo(new EndingOffsets.At(Positions.of(Map.of(a, new Pos(12, 4)))));
  }

  @ParameterizedTest
  @CsvSource({
    "pulsar.reader.subscriptionRolePrefix, x, set subscription",
    "pulsar.reader.cryptoKeyReader, x, cryptoPrivateKey",
    "pulsar.reader.poolMessages, true, sets up its readers itself",
    "pulsar.producer.batchingEnabled, true, reads only",
    "waitingForNonExistedTopic, true, create the topic",
    "topic.schema.class, x, payload=bytes"
  })
  void parse_ofPulsarSparksOptionsWithoutACounterpart_saysWhatToDo(
      String option, String value, String advice) {
    assertInvalid(() -> parse("topic", "a", option, value), "'" + option + "'", advice);
  }

  @Test
  void parse_givesClientSettingsOnAsTheyAre() {
    PulsarOptions options =
        parse(
            "topic", "a",
            "pulsar.client.authParams", " token:S3cret ",
            "PULSAR.CLIENT.useTls", "true",
            "pulsar.admin.readTimeoutMs", "5");

    assertThat(options.connection().client())
        .containsOnly(Map.entry("authParams", " token:S3cret "), Map.entry("useTls", "true"));
    assertThat(options.connection().admin()).containsOnly(Map.entry("readTimeoutMs", "5"));
  }

  @Test
  void toString_neverShowsClientSettings() {
    PulsarOptions options =
        parse(
            "topic", "a",
            "pulsar.client.authParams", "token:S3cret",
            "pulsar.admin.authParams", "token:S3cret");

    assertThat(options.toString()).contains("persistent://public/default/a", "pulsar://b:6650");
    assertThat(options + " " + options.connection()).doesNotContain("S3cret");
  }

  @Test
  void acquire_withAnUnknownClientSetting_namesItWithoutItsValue() {
    PulsarOptions options = parse("topic", "a", "pulsar.client.authParam", "token:S3cret");

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> PulsarClients.acquire(options.connection()))
        .withMessageContaining("Unknown Pulsar client setting 'authParam'")
        .withMessageContaining("authParams")
        .withMessageNotContaining("S3cret")
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.INVALID_JOB));
  }

  @Test
  void acquire_withAClientSettingOfTheWrongType_namesTheSettingsWithoutTheirValues() {
    PulsarOptions options =
        parse(
            "topic", "a",
            "pulsar.client.numIoThreads", "many",
            "pulsar.client.authParams", "token:S3cret");

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> PulsarClients.acquire(options.connection()))
        .withMessageContaining("numIoThreads")
        .withMessageNotContaining("S3cret")
        .withNoCause();
  }

  private static void assertInvalid(Runnable action, String... messages) {
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(action::run)
        .satisfies(
            failure -> {
              assertThat(failure.condition()).isEqualTo(Condition.INVALID_JOB);
              assertThat(failure.getMessage()).contains(messages);
            });
  }

  /** Parses the least that is needed, with these names and values in pairs. */
  private static PulsarOptions parse(String... more) {
    Map<String, String> given =
        new HashMap<>(Map.of("service.url", "pulsar://b:6650", "admin.url", "http://b:8080"));
    for (int i = 0; i < more.length; i += 2) {
      given.put(more[i], more[i + 1]);
    }
    return PulsarOptions.parse(given);
  }
}
