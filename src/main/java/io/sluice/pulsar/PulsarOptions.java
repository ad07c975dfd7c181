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
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The options of one source, typed and checked.
 *
 * <p>{@link #toString} shows the addresses and topics only: client settings may hold secrets.
 *
 * @param connection how to reach the cluster
 * @param topics which topics to read
 * @param start where a new query begins, null for the default of its kind
 * @param end where a batch read ends, null for the tail
 * @param subscription the durable subscription, null to derive one from the checkpoint
 * @param maxBytesPerTrigger bytes per batch, null for no limit
 * @param maxRowsPerTrigger messages per batch, null for no limit
 * @param failOnDataLoss whether a gap fails the query
 * @param pollTimeout how long a task waits for the next entry
 * @param discoveryInterval how often topics and partitions are looked up again
 * @param payload how message bytes become columns
 * @param includeMetadata whether the metadata columns are part of a row
 * @param retentionPin whether the last read entry stays unacknowledged
 * @param receiverQueueSize messages a reader holds ahead, at least 1
 */
public record PulsarOptions(
    Connection connection,
    TopicSelection topics,
    @Nullable StartingOffsets start,
    @Nullable Positions end,
    @Nullable String subscription,
    @Nullable Long maxBytesPerTrigger,
    @Nullable Long maxRowsPerTrigger,
    boolean failOnDataLoss,
    Duration pollTimeout,
    Duration discoveryInterval,
    Payload payload,
    boolean includeMetadata,
    boolean retentionPin,
    int receiverQueueSize)
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
  }

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
    given.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          PulsarOption option = PulsarOption.named(name);
          if (option != null) {
            values.put(option, value.trim());
          } else if (lower.startsWith(PulsarOption.CLIENT_PREFIX)) {
            client.put(name.substring(PulsarOption.CLIENT_PREFIX.length()), value);
          } else if (lower.startsWith(PulsarOption.ADMIN_PREFIX)) {
            admin.put(name.substring(PulsarOption.ADMIN_PREFIX.length()), value);
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
    Reader reader = new Reader(values);
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
        reader.positive(PulsarOption.MAX_BYTES_PER_TRIGGER),
        reader.positive(PulsarOption.MAX_ROWS_PER_TRIGGER),
        reader.flag(PulsarOption.FAIL_ON_DATA_LOSS),
        reader.millis(PulsarOption.POLL_TIMEOUT_MS),
        reader.millis(PulsarOption.PARTITION_DISCOVERY_INTERVAL),
        reader.payload(),
        reader.flag(PulsarOption.INCLUDE_METADATA),
        reader.flag(PulsarOption.RETENTION_PIN),
        reader.count(PulsarOption.RECEIVER_QUEUE_SIZE));
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
  private static SluiceException invalid(String format, Object... args) {
    return new SluiceException(Condition.INVALID_JOB, String.format(format, args));
  }

  /** The given values with their defaults, typed one by one. */
  private record Reader(Map<PulsarOption, String> values) {

    /** The longest time that can be counted in nanoseconds, some 292 years. */
    private static final long MAX_MILLIS = Long.MAX_VALUE / 1_000_000;

    @Nullable String text(PulsarOption option) {
      return values.getOrDefault(option, option.defaultValue());
    }

    String required(PulsarOption option) {
      String value = text(option);
      if (value == null || value.isEmpty()) {
        throw invalid("Missing option '%s': %s", option.key(), option.doc());
      }
      return value;
    }

    @Nullable Long positive(PulsarOption option) {
      return positive(option, Long.MAX_VALUE);
    }

    private @Nullable Long positive(PulsarOption option, long max) {
      String value = text(option);
      if (value == null) {
        return null;
      }
      try {
        long number = Long.parseLong(value);
        if (number > 0 && number <= max) {
          return number;
        }
      } catch (NumberFormatException notANumber) {
        // Reported with the rest below.
      }
      throw invalid(
          "Invalid %s '%s': need a whole number above 0%s",
          option.key(), value, max == Long.MAX_VALUE ? "" : ", at most " + max);
    }

    Duration millis(PulsarOption option) {
      return Duration.ofMillis(withDefault(option, MAX_MILLIS));
    }

    int count(PulsarOption option) {
      return Math.toIntExact(withDefault(option, Integer.MAX_VALUE));
    }

    private long withDefault(PulsarOption option, long max) {
      Long value = positive(option, max);
      if (value == null) {
        throw new IllegalStateException(option.key() + " has no default");
      }
      return value;
    }

    boolean flag(PulsarOption option) {
      String value = required(option);
      return switch (value.toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> throw invalid("Invalid %s '%s': need true or false", option.key(), value);
      };
    }

    Payload payload() {
      String value = required(PulsarOption.PAYLOAD);
      try {
        return Payload.valueOf(value.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException unknown) {
        throw invalid("Invalid payload '%s': need auto, bytes or string", value);
      }
    }

    @Nullable String subscription() {
      String name = text(PulsarOption.SUBSCRIPTION);
      return name != null ? name : text(PulsarOption.PREDEFINED_SUBSCRIPTION);
    }

    TopicSelection topics() {
      String topics = text(PulsarOption.TOPICS);
      String pattern = text(PulsarOption.TOPICS_PATTERN);
      if (Stream.of(PulsarOption.TOPIC, PulsarOption.TOPICS, PulsarOption.TOPICS_PATTERN)
              .filter(values::containsKey)
              .count()
          != 1) {
        throw invalid("Need exactly one of the options topic, topics and topicsPattern");
      }
      if (pattern != null) {
        return matching(pattern);
      }
      Stream<String> given =
          topics == null
              ? Stream.of(required(PulsarOption.TOPIC))
              : Arrays.stream(topics.split(",", -1));
      List<String> names = given.map(PulsarOptions::fullTopicName).distinct().sorted().toList();
      return new TopicSelection.Named(names);
    }

    private static TopicSelection matching(String pattern) {
      String full = fullTopicName(pattern);
      String[] parts = full.substring("persistent://".length()).split("/", 3);
      String namespace = parts[0] + "/" + parts[1];
      if (!namespace.matches("[\\w.=:-]+/[\\w.=:-]+")) {
        throw invalid(
            "Invalid topicsPattern '%s': tenant and namespace must be plain names, only the part"
                + " behind them a pattern",
            pattern);
      }
      try {
        Pattern.compile(full);
      } catch (PatternSyntaxException malformed) {
        throw invalid("Invalid topicsPattern '%s': %s", pattern, malformed.getDescription());
      }
      return new TopicSelection.Matching(namespace, full);
    }

    @Nullable StartingOffsets start() {
      String value = text(PulsarOption.STARTING_OFFSETS);
      if (value == null) {
        return null;
      }
      return switch (value.toLowerCase(Locale.ROOT)) {
        case "earliest" -> new StartingOffsets.Earliest();
        case "latest" -> new StartingOffsets.Latest();
        default -> new StartingOffsets.At(positions(PulsarOption.STARTING_OFFSETS, value));
      };
    }

    @Nullable Positions end() {
      String value = required(PulsarOption.ENDING_OFFSETS);
      return value.equalsIgnoreCase("latest")
          ? null
          : positions(PulsarOption.ENDING_OFFSETS, value);
    }

    private static Positions positions(PulsarOption option, String json) {
      try {
        Map<TopicPartition, Pos> byFullName = new TreeMap<>();
        Positions.fromJson(json)
            .byPartition()
            .forEach(
                (partition, position) ->
                    byFullName.put(
                        new TopicPartition(fullTopicName(partition.topic()), partition.partition()),
                        position));
        return Positions.of(byFullName);
      } catch (IllegalArgumentException unreadable) {
        throw new SluiceException(
            Condition.INVALID_JOB,
            "Invalid " + option.key() + ": " + unreadable.getMessage(),
            unreadable);
      }
    }
  }
}
