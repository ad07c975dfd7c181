package io.sluice.spec;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Every key of a job, once: the parser, {@code conf/job.schema.json} and {@code
 * docs/reference/job.md} follow from it.
 */
final class JobKeys {

  private static final ScalarType<String> TOPIC =
      Scalars.text(
          "a topic",
          "^(persistent://)?[^/\\s]+(/[^/\\s]+/[^/\\s]+)?$",
          "write persistent://tenant/namespace/name, or name for one in public/default",
          TopicNames::full);

  private static final MapOf<String, String> OPTIONS =
      new MapOf<>(Scalars.text(), Scalars.anything(), "a mapping of option names to values");

  private static final ListOf<String> COLUMNS = new ListOf<>(Scalars.text(), "columns");

  // pulsar.tls

  private static final Key<String> TRUST_CERTS_FILE =
      Key.optional(
          "trust_certs_file",
          Scalars.text(),
          "A PEM file with the certificates to trust. Without it, those of the JVM.");
  private static final Key<Boolean> VERIFY_HOSTNAME =
      Key.withDefault(
          "verify_hostname",
          Scalars.bool(),
          "true",
          "Whether the broker's certificate has to name the host that was dialled.");
  private static final Key<Boolean> ALLOW_INSECURE =
      Key.withDefault(
          "allow_insecure",
          Scalars.bool(),
          "false",
          "Whether any certificate is accepted. Only for experiments.");

  private static final Block<TlsSpec> TLS =
      new Block<>(
          "How the broker's certificate is checked.",
          List.of(TRUST_CERTS_FILE, VERIFY_HOSTNAME, ALLOW_INSECURE),
          List.of(),
          keys ->
              new TlsSpec(
                  keys.find(TRUST_CERTS_FILE),
                  keys.get(VERIFY_HOSTNAME),
                  keys.get(ALLOW_INSECURE)));

  // pulsar

  private static final Key<String> SERVICE_URL =
      Key.withDefault(
          "service_url",
          url("pulsar", "pulsar+ssl"),
          "pulsar://localhost:6650",
          "The brokers: pulsar://host:port, or pulsar+ssl://host:port with TLS.");
  private static final Key<String> ADMIN_URL =
      Key.withDefault(
          "admin_url",
          url("http", "https"),
          "http://localhost:8080",
          "The brokers' admin endpoint: http://host:port or https://host:port.");
  private static final Key<Secret> TOKEN =
      Key.optional(
          "token",
          Scalars.secret(),
          "The token to authenticate with, as a reference: ${env:PULSAR_TOKEN} or"
              + " ${file:/run/secrets/token}. Never the token itself.");
  private static final Key<TlsSpec> TLS_KEY =
      Key.optional("tls", TLS, "How the broker's certificate is checked.");
  private static final Key<Map<String, String>> CLIENT_OPTIONS =
      Key.withDefault(
          "options",
          OPTIONS,
          "{}",
          "Further settings of the Pulsar client, by the names of its configuration, passed on as"
              + " they are.");

  private static final Block<PulsarSpec> PULSAR =
      new Block<>(
          "Where the Pulsar brokers are and how to be let in.",
          List.of(SERVICE_URL, ADMIN_URL, TOKEN, TLS_KEY, CLIENT_OPTIONS),
          List.of(),
          keys ->
              new PulsarSpec(
                  keys.get(SERVICE_URL),
                  keys.get(ADMIN_URL),
                  keys.find(TOKEN),
                  keys.find(TLS_KEY),
                  keys.get(CLIENT_OPTIONS)));

  // source.start

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

  // source

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
              matching("[^/\\s\\p{Cntrl}]+", "is not a subscription name")),
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
  private static final Key<Map<String, String>> SOURCE_OPTIONS =
      Key.withDefault(
          "options",
          OPTIONS,
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

  private static final Block<SourceSpec> SOURCE =
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
              new StartWithinTopics(START, TOPICS),
              new KeysOfTheirOwn(SOURCE_OPTIONS),
              new OnlyUnless<>(
                  List.of(MAX_BAD_RATIO, MAX_BAD_PER_BATCH),
                  ON_BAD_RECORD,
                  BadRecordPolicy.FAIL,
                  "fail")),
          JobKeys::source);

  // transform

  private static final Key<String> SQL =
      Key.required(
          "sql", Scalars.text(), "A SELECT in Spark SQL; the rows so far are the table input.");

  private static final Block<TransformStep> STEP =
      new Block<>(
          "One step between source and target.",
          List.of(SQL),
          List.of(),
          keys ->
              new TransformStep.Sql(keys.get(SQL), Objects.requireNonNull(keys.given(SQL)).mark()));

  // target

  private static final Key<String> TABLE =
      Key.required(
          "table",
          Scalars.text(
              "a table",
              null,
              "write a path with a /, or an identifier such as catalog.schema.table",
              TableNames::checked),
          "The Delta table: a path (anything with a / or a scheme, such as s3a://lake/orders), or"
              + " an identifier such as catalog.schema.table. It is created on the first run. With"
              + " $1 for a part of the topic's name, every topic has a table of its own.");
  private static final Key<Boolean> APPEND =
      Key.withDefault(
          "append",
          new ScalarType<>(
              "true",
              false,
              "remove it, or write append: true; for changes of rows, give auto_cdc",
              Scalars.orReference(Map.of("const", true)),
              text -> {
                if (!text.equals("true")) {
                  throw new IllegalArgumentException("is not true");
                }
                return true;
              }),
          "true",
          "That every row is added to the table and none is changed, as is so without auto_cdc.");
  private static final Key<AutoCdcSpec> AUTO_CDC =
      Key.optional(
          "auto_cdc",
          AutoCdcKeys.AUTO_CDC,
          "How change events become rows by key, instead of rows of their own.");
  private static final Key<List<String>> PARTITION_BY =
      Key.optional(
          "partition_by",
          COLUMNS,
          "The columns that a new table is partitioned by; good ones have few values.");
  private static final Key<List<String>> CLUSTER_BY =
      Key.optional("cluster_by", COLUMNS, "The columns that a new table is clustered by.");
  private static final Key<Map<String, String>> PROPERTIES =
      Key.withDefault(
          "properties",
          OPTIONS,
          "{}",
          "Table properties that a new table gets, such as delta.logRetentionDuration.");

  private static final Key<SchemaEvolution> SCHEMA_EVOLUTION =
      Key.withDefault(
          "schema_evolution",
          Scalars.choice(
              List.of(
                  new Word<>("add_columns", SchemaEvolution.ADD_COLUMNS),
                  new Word<>("widen", SchemaEvolution.WIDEN),
                  new Word<>("rescue", SchemaEvolution.RESCUE),
                  new Word<>("strict", SchemaEvolution.STRICT))),
          "add_columns",
          "What the table does when a topic gets a new schema version: add_columns, new fields"
              + " become columns; widen, and column types grow with their fields; rescue, the table"
              + " stays and what does not fit lands as JSON in _rescued_data; strict, the job stops"
              + " first.");
  private static final Key<List<TableReader>> READERS =
      Key.optional(
          "readers",
          new ListOf<>(
              Scalars.choice(
                  Stream.of(TableReader.values())
                      .map(reader -> new Word<>(reader.word(), reader))
                      .toList()),
              "readers"),
          "The engines that read the table: it gets no feature that one of them cannot read, and one"
              + " that has such a feature already is refused. A new table of changes gets deletion"
              + " vectors if they all read them.");
  private static final Key<String> QUARANTINE =
      Key.optional(
          "quarantine",
          Scalars.text(
              "a table",
              null,
              "write a path with a /, or an identifier such as catalog.schema.table",
              TableNames::checked),
          "The Delta table of messages that cannot be decoded. Without it, the table's name with"
              + " _quarantine. It is created when the first one comes.");

  private static final Block<TargetSpec> TARGET =
      new Block<>(
          "The Delta table that the job writes.",
          List.of(
              TABLE,
              APPEND,
              AUTO_CDC,
              SCHEMA_EVOLUTION,
              READERS,
              PARTITION_BY,
              CLUSTER_BY,
              PROPERTIES,
              QUARANTINE),
          List.of(
              Rule.notBoth(APPEND, AUTO_CDC),
              Rule.notBoth(PARTITION_BY, CLUSTER_BY),
              new FeaturesNeedReaders(SCHEMA_EVOLUTION, PROPERTIES, READERS)),
          JobKeys::target);

  // trigger

  private static final Key<Duration> EVERY =
      Key.required(
          "every",
          Scalars.duration(),
          "From the start of one batch to the start of the next: 500ms, 10s, 2m, 1h; 0s for at"
              + " once. A batch without new messages is not written.");

  private static final Block<TriggerSpec> TRIGGER_BLOCK =
      new Block<>(
          "A batch at every interval, until the job is stopped.",
          List.of(EVERY),
          List.of(),
          keys -> new TriggerSpec.Every(keys.get(EVERY)));

  // the job

  private static final Key<String> VERSION =
      Key.required(
          "version",
          new ScalarType<>(
              "the version of the job format",
              false,
              "write version: 1",
              Map.of("const", 1),
              text -> {
                if (!text.equals("1")) {
                  throw new IllegalArgumentException(
                      "is not a version of the job format that this Sluice reads");
                }
                return text;
              }),
          "The version of the job format: 1.");
  private static final Key<String> NAME =
      Key.required(
          "name",
          Scalars.text(
              "a job name",
              "^[a-z0-9][a-z0-9_-]{0,62}$",
              "write lower-case letters, digits, _ and -, at most 63, a letter or digit first",
              matching("[a-z0-9][a-z0-9_-]{0,62}", "is not a job name")),
          "The identity of the job: checkpoint, subscription and transaction ids derive from it, so"
              + " it is never given to another job. Lower-case letters, digits, _ and -.");
  private static final Key<String> DESCRIPTION =
      Key.optional("description", Scalars.text(), "What one row is, in a sentence.");
  private static final Key<PulsarSpec> PULSAR_KEY =
      Key.withDefault("pulsar", PULSAR, "{}", "Where the Pulsar brokers are and how to be let in.");
  private static final Key<SourceSpec> SOURCE_KEY =
      Key.required("source", SOURCE, "What the job reads.");
  private static final Key<List<TransformStep>> TRANSFORM =
      Key.optional(
          "transform",
          new ListOf<>(STEP, "steps"),
          "The steps between source and target, in order. Without it, rows pass unchanged.");
  private static final Key<TargetSpec> TARGET_KEY =
      Key.required("target", TARGET, "The Delta table that the job writes.");
  private static final Key<TriggerSpec> TRIGGER =
      Key.withDefault(
          "trigger",
          new WordOr<>(
              Scalars.choice(
                  List.<Word<TriggerSpec>>of(
                      new Word<>("available_now", new TriggerSpec.AvailableNow()))),
              TRIGGER_BLOCK),
          "{every: 10s}",
          "When a batch is due: at every interval until the job is stopped, or available_now: take"
              + " all that is there and end.");
  private static final Key<String> CHECKPOINT =
      Key.optional(
          "checkpoint",
          Scalars.text(),
          "The directory of the checkpoint. Without it, a place that derives from the target.");

  /** The whole job, lacking only its hash. */
  static final Block<Function<String, JobSpec>> JOB =
      new Block<>(
          "One job: topics into a Delta table.",
          List.of(
              VERSION,
              NAME,
              DESCRIPTION,
              PULSAR_KEY,
              SOURCE_KEY,
              TRANSFORM,
              TARGET_KEY,
              TRIGGER,
              CHECKPOINT),
          List.of(
              new GroupsOfPattern(SOURCE_KEY, TARGET_KEY),
              new RulesOfChanges(SOURCE_KEY, TARGET_KEY)),
          keys -> hash -> job(keys, hash));

  private JobKeys() {}

  private static JobSpec job(Bound keys, String hash) {
    return new JobSpec(
        keys.get(NAME),
        keys.find(DESCRIPTION),
        keys.get(PULSAR_KEY),
        keys.get(SOURCE_KEY),
        Objects.requireNonNullElse(keys.find(TRANSFORM), List.of()),
        keys.get(SOURCE_KEY).format().isChanges()
            ? keys.get(TARGET_KEY).ofChanges()
            : keys.get(TARGET_KEY),
        keys.get(TRIGGER),
        keys.find(CHECKPOINT),
        hash);
  }

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
        new BadRecords(
            keys.get(ON_BAD_RECORD), keys.find(MAX_BAD_RATIO), keys.find(MAX_BAD_PER_BATCH)),
        keys.get(SOURCE_OPTIONS));
  }

  private static TargetSpec target(Bound keys) {
    String table = keys.get(TABLE);
    return new TargetSpec(
        table,
        TableNames.isPath(table),
        Objects.requireNonNullElse(keys.find(PARTITION_BY), List.of()),
        Objects.requireNonNullElse(keys.find(CLUSTER_BY), List.of()),
        keys.get(PROPERTIES),
        keys.get(SCHEMA_EVOLUTION),
        Objects.requireNonNullElse(
            keys.find(QUARANTINE), TableNames.beside(table, TableNames.QUARANTINE)),
        keys.find(AUTO_CDC),
        keys.isGiven(APPEND),
        Objects.requireNonNullElse(keys.find(READERS), List.of()));
  }

  private static ScalarType<String> url(String plain, String secured) {
    return Scalars.text(
        "a URL",
        "^" + plain + "(" + secured.substring(plain.length()).replace("+", "\\+") + ")?://.+$",
        "write " + plain + "://host:port or " + secured + "://host:port",
        text -> {
          if (!text.startsWith(plain + "://") && !text.startsWith(secured + "://")) {
            throw new IllegalArgumentException(
                "does not begin with " + plain + ":// or " + secured + "://");
          }
          return text;
        });
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
        matching("\\d{1,18}:\\d{1,18}", "is not a position"));
  }

  private static UnaryOperator<String> matching(String regex, String otherwise) {
    return text -> {
      if (!text.matches(regex)) {
        throw new IllegalArgumentException(otherwise);
      }
      return text;
    };
  }
}
