package io.sluice.pulsar;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Every option of {@code format("pulsar")}, with its default and what it means.
 *
 * <p>Keys are matched without regard to case, as Spark's own sources do. Keys that pulsar-spark has
 * keep its names.
 */
public enum PulsarOption {
  SERVICE_URL(
      "service.url",
      null,
      "The broker's binary address, `pulsar://host:6650` or `pulsar+ssl://host:6651`. Required."),
  ADMIN_URL(
      "admin.url",
      null,
      "The broker's admin address, `http://host:8080` or `https://host:8443`. Required."),
  TOPIC(
      "topic",
      null,
      "One topic. Exactly one of `topic`, `topics` and `topicsPattern` is required."),
  TOPICS("topics", null, "Several topics, separated by commas."),
  TOPICS_PATTERN(
      "topicsPattern",
      null,
      "A regular expression for whole topic names in one namespace, such as"
          + " `persistent://shop/cdc/orders-.*`; topics that appear later are read from their"
          + " beginning."),
  STARTING_OFFSETS(
      "startingOffsets",
      null,
      "Where a new query begins: `earliest`, `latest`, or positions as JSON,"
          + " `{\"v\":1,\"t\":{\"persistent://t/n/topic\":{\"0\":\"123:0\"}}}` (`ledger:entry` or"
          + " `ledger:entry:batchIndex`, the next to read; partition `-1` for a topic without"
          + " partitions). Default: `latest` for streams, `earliest` for batch reads. A query with"
          + " a checkpoint continues there. The JSON of pulsar-spark, topics with the bytes of"
          + " message ids, is read as well."),
  STARTING_TIME(
      "startingTime",
      null,
      "Where a new query begins, by publish time, instead of `startingOffsets`: an ISO-8601 time"
          + " with `Z` or an offset, milliseconds since 1970, or one of these per topic as JSON,"
          + " `{\"persistent://t/n/topic\":1767225600000}`; a topic without one begins at its"
          + " oldest entry. The broker searches for the first entry that is not older, and takes"
          + " publish times for ascending; a time behind the last message is the end of the"
          + " topic."),
  STARTING_INCLUSIVE(
      "startingInclusive",
      "true",
      "Whether what is published at `startingTime`, or has the message id in `startingOffsets`, is"
          + " read itself."),
  ENDING_OFFSETS(
      "endingOffsets",
      null,
      "Where a batch read ends: `latest` or positions as JSON, as in `startingOffsets`. Default:"
          + " `latest`."),
  ENDING_TIME(
      "endingTime",
      null,
      "Where a batch read ends, by publish time, instead of `endingOffsets`; written as"
          + " `startingTime`. A topic without one is read to its end."),
  ENDING_INCLUSIVE(
      "endingInclusive",
      "false",
      "Whether what is published at `endingTime`, or has the message id in `endingOffsets`, is read"
          + " itself."),
  SUBSCRIPTION(
      "subscription",
      null,
      "The durable subscription that keeps unread data alive. Default: a stable name derived from"
          + " the checkpoint location. `predefinedSubscription` is accepted as well."),
  PREDEFINED_SUBSCRIPTION(
      "predefinedSubscription", null, "Another name for `subscription`, known from pulsar-spark."),
  SUBSCRIPTION_PREFIX(
      "subscriptionPrefix", "sluice", "What the derived name of the subscription begins with."),
  MAX_BYTES_PER_TRIGGER(
      "maxBytesPerTrigger",
      null,
      "At most about this many stored bytes per batch over all partitions; whole entries, at least"
          + " one."),
  MAX_ROWS_PER_TRIGGER(
      "maxRowsPerTrigger",
      null,
      "At most about this many messages per batch over all partitions; whole entries, at least"
          + " one."),
  MIN_ROWS_PER_TRIGGER(
      "minRowsPerTrigger",
      null,
      "Hold a batch back until about this many messages wait over all partitions, or until"
          + " `maxTriggerDelay` has passed since the batch before. The first batch after a start"
          + " goes at once; available-now runs never wait."),
  MAX_TRIGGER_DELAY(
      "maxTriggerDelay",
      "15m",
      "The longest time that `minRowsPerTrigger` holds a batch back: a number with `ms`, `s`, `m`,"
          + " `h` or `d`; without a unit, milliseconds."),
  MIN_PARTITIONS(
      "minPartitions",
      null,
      "Cut a batch into about this many tasks at least, as far as it has entries, by cutting topic"
          + " partitions at the ends of ledgers and between entries. Messages of a topic partition"
          + " are in order within a task."),
  MAX_BYTES_PER_PARTITION(
      "maxBytesPerPartition",
      "134217728",
      "Cut a topic partition so that no task reads more than about this many stored bytes."),
  FAIL_ON_DATA_LOSS(
      "failOnDataLoss",
      "true",
      "Fail when messages of the range that is due are gone; `false` logs the gap and goes on."),
  POLL_TIMEOUT_MS(
      "pollTimeoutMs",
      "120000",
      "Fail a task after this many milliseconds without data while its range is not proved"
          + " complete."),
  PARTITION_DISCOVERY_INTERVAL(
      "partitionDiscoveryIntervalMs",
      "60000",
      "How often a stream looks for new partitions and for new topics of the pattern, in"
          + " milliseconds."),
  NEW_PARTITIONS(
      "newPartitions",
      "read",
      "When the partitions are read that a topic gets while a stream runs or is stopped: `read`, at"
          + " once; `hold`, when the older ones have been read up to where they ended when the new"
          + " ones had their first messages, so that the messages of a key come in the order in"
          + " which one producer has sent them. If the number has grown to no multiple of the old"
          + " one, keys move between the older partitions, too, and the stream stops with"
          + " `UNORDERED_EVENTS`."),
  PAYLOAD(
      "payload",
      "auto",
      "`auto` decodes by the topic's schema; `bytes` and `string` give the raw payload in one"
          + " column `value`."),
  MODE(
      "mode",
      "FAILFAST",
      "What a message means that cannot be decoded: `FAILFAST` fails the query; `PERMISSIVE` makes"
          + " it null in every payload column and adds the metadata columns `__error` and"
          + " `__payload`, which tell what is wrong with it."),
  TOPIC_SCHEMAS(
      "topicSchemas",
      "same",
      "What several topics have to do with each other: `same` refuses topics with different"
          + " columns; `merge` merges the columns by name, and refuses only a field that two topics"
          + " have with types that no type holds both of."),
  RECURSIVE_FIELDS(
      "recursiveFields",
      "fail",
      "What a record that contains itself becomes, in an AVRO or JSON schema: `fail` refuses it by"
          + " the field's path; `json` makes a column of JSON text where it would begin again."),
  STOP_ON_SCHEMA_CHANGE(
      "stopOnSchemaChange",
      "newFields",
      "Which new schema version stops a stream, with `SCHEMA_CHANGED`, before a batch with its"
          + " messages is planned: `none`; `newFields`, one that has a field without a column;"
          + " `widerTypes`, that, or a field of a wider type than its column (`int` to `long`,"
          + " `float` or `int` to `double`, `date` to a timestamp without time zone, a wider"
          + " decimal); `any`, one that maps to other columns. A stream that is started again has"
          + " the new columns. Batch reads never stop."),
  ACCEPTED_SCHEMAS(
      "acceptedSchemas",
      null,
      "The schema versions that do not stop a stream, each with all before it, as JSON:"
          + " `{\"persistent://t/n/topic\":{\"version\":3,\"fingerprint\":\"0123456789abcdef\"}}`;"
          + " of a topic that is not named, none. Default: the versions that the columns were made"
          + " from, or, with columns of your own, those that are there when the stream starts."),
  RESCUED_DATA_COLUMN(
      "rescuedDataColumn",
      null,
      "The name of one more payload column, the last, such as `_rescued_data`: what a message"
          + " has that the other columns do not hold, as a JSON object of"
          + " fields without a column and of values that do not fit theirs, which are null there;"
          + " null if there is nothing of the kind. A field of a record is a field of an object"
          + " within; an array or a map is there as a whole if a column does not hold all of it; a"
          + " field that is null is not there. A new field does not stop a stream"
          + " then, unless with `stopOnSchemaChange` `any`."),
  INCLUDE_METADATA(
      "includeMetadata",
      "true",
      "Add the columns `__key`, `__topic`, `__messageId`, ... behind the payload's columns."),
  RETENTION_PIN(
      "retentionPin",
      "true",
      "Leave the last read entry unacknowledged, so that the ledger of the position stays listed"
          + " and lost data is told from trimmed data for certain; the backlog then shows one entry"
          + " when idle."),
  READ_COMPACTED(
      "readCompacted",
      "false",
      "Read a topic as Pulsar's compaction has left it: of the messages with the same key that were"
          + " compacted only the last, none if that has no value, and none without a key. Every"
          + " other message is read as always. Every partition is one task, so not with"
          + " `minPartitions` or `maxBytesPerPartition`; a batch read ends at the end of the topic,"
          + " so not with `endingOffsets` or `endingTime`; and not with `startingTime`. See"
          + " [compacted topics](../concepts/compacted-topics.md)."),
  RECEIVER_QUEUE_SIZE(
      "receiverQueueSize",
      "1000",
      "How many messages the client of a task may hold ahead of Spark where messages are read one"
          + " by one, which is only so when Sluice and the Pulsar client have different class"
          + " loaders."),
  READ_AHEAD_BYTES(
      "readAheadBytes",
      "8388608",
      "About how many stored bytes the broker may send a task ahead of what it has read."),
  CHUNK_LOOKBACK_ENTRIES(
      "chunkLookbackEntries",
      "10000",
      "How many entries before a range are searched for the first chunks of a chunked message that"
          + " ends in it."),
  CRYPTO_PRIVATE_KEY(
      "cryptoPrivateKey",
      null,
      "Where the PEM private key is that decrypts end-to-end encrypted messages: `file:///path` or"
          + " `data:application/x-pem-file;base64,...`. `cryptoPrivateKey.NAME` gives the key for"
          + " messages that were encrypted with the public key NAME.");

  /** Options below this prefix go to the Pulsar client as they are. */
  public static final String CLIENT_PREFIX = "pulsar.client.";

  /** Options below this prefix go to the Pulsar admin client as they are. */
  public static final String ADMIN_PREFIX = "pulsar.admin.";

  /** Options below this prefix name a private key each. */
  public static final String CRYPTO_PREFIX = "cryptoprivatekey.";

  private final String key;
  private final @Nullable String defaultValue;
  private final String doc;

  PulsarOption(String key, @Nullable String defaultValue, String doc) {
    this.key = key;
    this.defaultValue = defaultValue;
    this.doc = doc;
  }

  /** The option's name as documented. */
  public String key() {
    return key;
  }

  /** The value when the option is not given, or null if there is none. */
  public @Nullable String defaultValue() {
    return defaultValue;
  }

  /** What the option means, in Markdown. */
  public String doc() {
    return doc;
  }

  /** The option of that name in any case, or null. */
  static @Nullable PulsarOption named(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (PulsarOption option : values()) {
      if (option.key.toLowerCase(Locale.ROOT).equals(lower)) {
        return option;
      }
    }
    return null;
  }
}
