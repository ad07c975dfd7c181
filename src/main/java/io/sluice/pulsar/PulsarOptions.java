package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The options of one source, typed and checked.
 *
 * <p>{@link #toString} shows the addresses and topics only: client settings may hold secrets.
 *
 * @param connection how to reach the cluster
 * @param topics which topics to read
 * @param start where a new query begins, null for the default of its kind
 * @param end where a batch read ends
 * @param subscription the durable subscription, null to derive one from the checkpoint
 * @param subscriptionPrefix what the name of a derived subscription begins with
 * @param limits how much a micro-batch takes
 * @param splitting how a batch is cut into tasks
 * @param failOnDataLoss whether a gap fails the query
 * @param pollTimeout how long a task waits for the next entry
 * @param discoveryInterval how often topics and partitions are looked up again
 * @param holdsNewPartitions whether a topic's new partitions wait for the older ones
 * @param payload how message bytes become columns
 * @param schemas what the source does about schemas that change and messages they do not fit
 * @param includeMetadata whether the metadata columns are part of a row
 * @param retentionPin whether the last read entry stays unacknowledged
 * @param readCompacted whether topics are read as compaction has left them
 * @param receiverQueueSize messages a reader holds ahead where it reads single messages, at least 1
 * @param readAheadBytes bytes a reader holds ahead, at least 1
 * @param chunkLookbackEntries entries before a range that are searched for first chunks
 * @param cryptoKeys how to decrypt messages, null if no key is given
 */
public record PulsarOptions(
    Connection connection,
    TopicSelection topics,
    @Nullable StartingOffsets start,
    EndingOffsets end,
    @Nullable String subscription,
    String subscriptionPrefix,
    BatchLimits limits,
    Splitting splitting,
    boolean failOnDataLoss,
    Duration pollTimeout,
    Duration discoveryInterval,
    boolean holdsNewPartitions,
    Payload payload,
    SchemaRules schemas,
    boolean includeMetadata,
    boolean retentionPin,
    boolean readCompacted,
    int receiverQueueSize,
    long readAheadBytes,
    long chunkLookbackEntries,
    @Nullable CryptoKeys cryptoKeys)
    implements Serializable {

  /** How message bytes become columns. */
  public enum Payload {
    /** By the schema of the topic. */
    AUTO,
    /** One column {@code value} of raw bytes. */
    BYTES,
    /** One column {@code value} of UTF-8 text. */
    STRING
  }

  /**
   * How to reach a cluster; equal values share clients.
   *
   * @param serviceUrl the binary address
   * @param adminUrl the admin address
   * @param client settings of the Pulsar client, which may hold secrets
   * @param admin settings of the admin client, which may hold secrets
   */
  public record Connection(
      String serviceUrl, String adminUrl, Map<String, String> client, Map<String, String> admin)
      implements Serializable {

    /** Keeps copies that nobody can change. */
    public Connection {
      client = Map.copyOf(client);
      admin = Map.copyOf(admin);
    }

    @Override
    public String toString() {
      return serviceUrl + ", " + adminUrl;
    }
  }

  /** Which topics a source reads. */
  public sealed interface TopicSelection extends Serializable {
    /**
     * Topics by full name.
     *
     * @param topics at least one, {@code persistent://tenant/ns/name}
     */
    record Named(List<String> topics) implements TopicSelection {
      /** Keeps a copy. */
      public Named {
        topics = List.copyOf(topics);
      }

      @Override
      public String toString() {
        return String.join(",", topics);
      }
    }

    /**
     * All topics of a namespace whose full name matches.
     *
     * @param namespace {@code tenant/ns}
     * @param regex a regular expression for full topic names
     */
    record Matching(String namespace, String regex) implements TopicSelection {
      @Override
      public String toString() {
        return regex;
      }
    }
  }

  /** Where a query without a checkpoint begins. */
  public sealed interface StartingOffsets extends Serializable {
    /** At the oldest stored entry. */
    record Earliest() implements StartingOffsets {}

    /** Behind the newest entry of the moment of the first start. */
    record Latest() implements StartingOffsets {}

    /**
     * At given positions; partitions that are not named begin at their oldest entry.
     *
     * @param positions the next position to read per partition
     */
    record At(Positions positions) implements StartingOffsets {}

    /**
     * At the first entry that was published at a time or later.
     *
     * @param times the time per topic; topics that are not named begin at their oldest entry
     */
    record AtTime(TopicTimes times) implements StartingOffsets {}
  }

  /** Where a batch read ends. */
  public sealed interface EndingOffsets extends Serializable {
    /** Behind the newest entry of the moment of planning. */
    record Latest() implements EndingOffsets {}

    /**
     * Before given positions; partitions that are not named are read to their end.
     *
     * @param positions the position behind the last to read per partition
     */
    record At(Positions positions) implements EndingOffsets {}

    /**
     * Before the first entry that was published at a time or later.
     *
     * @param times the time per topic; topics that are not named are read to their end
     */
    record AtTime(TopicTimes times) implements EndingOffsets {}
  }

  /**
   * How much one micro-batch of a stream takes.
   *
   * @param maxBytes stored bytes, null for no limit
   * @param maxRows messages, null for no limit
   * @param minRows messages that a batch waits for, null to go at once
   * @param maxDelay how long after the batch before it goes with fewer
   */
  public record BatchLimits(
      @Nullable Long maxBytes, @Nullable Long maxRows, @Nullable Long minRows, Duration maxDelay)
      implements Serializable {}

  /**
   * How a batch is cut into tasks.
   *
   * @param minPartitions how many tasks there should be at least, null for no wish
   * @param maxBytesPerPartition the most stored bytes of one task, above 0
   * @param whole whether a topic partition is never cut, whatever the others say
   */
  public record Splitting(@Nullable Integer minPartitions, long maxBytesPerPartition, boolean whole)
      implements Serializable {}

  private static final Pattern TOPIC =
      Pattern.compile("(?:(\\w[\\w-]*)://)?(?:([^/]+)/([^/]+)/)?([^/]+)");

  /**
   * Reads options as a user gives them.
   *
   * @param given option names in the case the user wrote them
   * @throws SluiceException INVALID_JOB naming the first option that cannot be used
   */
  public static PulsarOptions parse(Map<String, String> given) {
    EnumMap<PulsarOption, String> values = new EnumMap<>(PulsarOption.class);
    TreeMap<String, String> client = new TreeMap<>();
    TreeMap<String, String> admin = new TreeMap<>();
    TreeMap<String, String> keys = new TreeMap<>();
    PulsarSparkNames.translated(given)
        .forEach(
            (name, value) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              PulsarOption option = PulsarOption.named(name);
              if (option != null) {
                values.put(option, value.trim());
              } else if (lower.startsWith(PulsarOption.CLIENT_PREFIX)) {
                client.put(name.substring(PulsarOption.CLIENT_PREFIX.length()), value);
              } else if (lower.startsWith(PulsarOption.ADMIN_PREFIX)) {
                admin.put(name.substring(PulsarOption.ADMIN_PREFIX.length()), value);
              } else if (lower.startsWith(PulsarOption.CRYPTO_PREFIX)) {
                keys.put(name.substring(PulsarOption.CRYPTO_PREFIX.length()), value);
              } else {
                throw invalid(
                    "Unknown option '%s' of format \"pulsar\"; known are %s, pulsar.client.* and"
                        + " pulsar.admin.*",
                    name,
                    Arrays.stream(PulsarOption.values())
                        .map(PulsarOption::key)
                        .collect(Collectors.joining(", ")));
              }
            });
    OptionValues reader = new OptionValues(values);
    return new PulsarOptions(
        new Connection(
            reader.required(PulsarOption.SERVICE_URL),
            reader.required(PulsarOption.ADMIN_URL),
            client,
            admin),
        reader.topics(),
        reader.start(),
        reader.end(),
        reader.subscription(),
        reader.required(PulsarOption.SUBSCRIPTION_PREFIX),
        reader.limits(),
        reader.splitting(),
        reader.flag(PulsarOption.FAIL_ON_DATA_LOSS),
        reader.millis(PulsarOption.POLL_TIMEOUT_MS),
        reader.millis(PulsarOption.PARTITION_DISCOVERY_INTERVAL),
        reader.holdsNewPartitions(),
        reader.payload(),
        reader.schemas(),
        reader.flag(PulsarOption.INCLUDE_METADATA),
        reader.flag(PulsarOption.RETENTION_PIN),
        reader.readCompacted(),
        reader.count(PulsarOption.RECEIVER_QUEUE_SIZE),
        reader.withDefault(PulsarOption.READ_AHEAD_BYTES, Long.MAX_VALUE),
        reader.withDefault(PulsarOption.CHUNK_LOOKBACK_ENTRIES, Long.MAX_VALUE),
        cryptoKeys(reader.text(PulsarOption.CRYPTO_PRIVATE_KEY), keys));
  }

  /** The same, but for the schema versions that do not stop a stream. */
  public PulsarOptions accepting(RegisteredSchemas versions) {
    return new PulsarOptions(
        connection,
        topics,
        start,
        end,
        subscription,
        subscriptionPrefix,
        limits,
        splitting,
        failOnDataLoss,
        pollTimeout,
        discoveryInterval,
        holdsNewPartitions,
        payload,
        schemas.accepting(versions),
        includeMetadata,
        retentionPin,
        readCompacted,
        receiverQueueSize,
        readAheadBytes,
        chunkLookbackEntries,
        cryptoKeys);
  }

  private static @Nullable CryptoKeys cryptoKeys(@Nullable String key, Map<String, String> named) {
    return key == null && named.isEmpty() ? null : new CryptoKeys(key, named);
  }

  /**
   * The full name of a topic given in full or in short.
   *
   * @throws SluiceException INVALID_JOB for a name that Pulsar would refuse, or that has no log
   */
  public static String fullTopicName(String name) {
    var match = TOPIC.matcher(name.trim());
    if (!match.matches() || (match.group(1) != null && match.group(2) == null)) {
      throw invalid("Invalid topic '%s': need name or persistent://tenant/namespace/name", name);
    }
    if (match.group(1) != null && !match.group(1).equals("persistent")) {
      throw invalid(
          "Cannot read topic '%s': only persistent topics keep messages to read again", name);
    }
    String tenant = match.group(2) == null ? "public" : match.group(2);
    String namespace = match.group(3) == null ? "default" : match.group(3);
    return "persistent://" + tenant + "/" + namespace + "/" + match.group(4);
  }

  @Override
  public String toString() {
    return "pulsar[" + topics + " at " + connection.serviceUrl() + "]";
  }

  @SuppressWarnings("AnnotateFormatMethod")
  static SluiceException invalid(String format, Object... args) {
    return new SluiceException(Condition.INVALID_JOB, String.format(format, args));
  }
}
