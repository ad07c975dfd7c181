package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.PulsarOptions.BatchLimits;
import io.sluice.pulsar.PulsarOptions.EndingOffsets;
import io.sluice.pulsar.PulsarOptions.Payload;
import io.sluice.pulsar.PulsarOptions.Splitting;
import io.sluice.pulsar.PulsarOptions.StartingOffsets;
import io.sluice.pulsar.PulsarOptions.TopicSelection;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The given values with their defaults, typed one by one. */
record OptionValues(Map<PulsarOption, String> values) {

  /** The longest time that can be counted in nanoseconds, some 292 years. */
  private static final long MAX_MILLIS = Long.MAX_VALUE / 1_000_000;

  private static final Set<PulsarOption> NOT_COMPACTED =
      EnumSet.of(
          PulsarOption.MIN_PARTITIONS,
          PulsarOption.MAX_BYTES_PER_PARTITION,
          PulsarOption.STARTING_TIME,
          PulsarOption.ENDING_OFFSETS,
          PulsarOption.ENDING_TIME);

  private static final Pattern TIME = Pattern.compile("(\\d+) *(|ms|s|m|min|h|d)");

  @Nullable String text(PulsarOption option) {
    return values.getOrDefault(option, option.defaultValue());
  }

  String required(PulsarOption option) {
    String value = text(option);
    if (value == null || value.isEmpty()) {
      throw PulsarOptions.invalid("Missing option '%s': %s", option.key(), option.doc());
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
    throw PulsarOptions.invalid(
        "Invalid %s '%s': need a whole number above 0%s",
        option.key(), value, max == Long.MAX_VALUE ? "" : ", at most " + max);
  }

  BatchLimits limits() {
    Long maxRows = positive(PulsarOption.MAX_ROWS_PER_TRIGGER);
    Long minRows = positive(PulsarOption.MIN_ROWS_PER_TRIGGER);
    if (maxRows != null && minRows != null && minRows > maxRows) {
      throw PulsarOptions.invalid(
          "Invalid minRowsPerTrigger '%d': need at most maxRowsPerTrigger, %d", minRows, maxRows);
    }
    return new BatchLimits(
        positive(PulsarOption.MAX_BYTES_PER_TRIGGER),
        maxRows,
        minRows,
        duration(PulsarOption.MAX_TRIGGER_DELAY));
  }

  Splitting splitting() {
    Long wanted = positive(PulsarOption.MIN_PARTITIONS, Integer.MAX_VALUE);
    return new Splitting(
        wanted == null ? null : wanted.intValue(),
        withDefault(PulsarOption.MAX_BYTES_PER_PARTITION, Long.MAX_VALUE),
        flag(PulsarOption.READ_COMPACTED));
  }

  /** Refuses what cannot be exact, as what is stored of a compacted topic changes meanwhile. */
  boolean readCompacted() {
    boolean compacted = flag(PulsarOption.READ_COMPACTED);
    if (compacted) {
      for (PulsarOption option : NOT_COMPACTED) {
        if (values.containsKey(option) && !"latest".equalsIgnoreCase(text(option))) {
          throw PulsarOptions.invalid(
              "Cannot use %s together with %s=true: what is stored of a compacted topic changes"
                  + " while it is read. Leave out one of the two",
              option.key(), PulsarOption.READ_COMPACTED.key());
        }
      }
    }
    return compacted;
  }

  /** A time with a unit, as Spark's options have it; a number alone counts milliseconds. */
  private Duration duration(PulsarOption option) {
    String value = required(option);
    Matcher parts = TIME.matcher(value.toLowerCase(Locale.ROOT));
    try {
      if (parts.matches()) {
        long number = Long.parseLong(parts.group(1));
        Duration time =
            switch (parts.group(2)) {
              case "", "ms" -> Duration.ofMillis(number);
              case "s" -> Duration.ofSeconds(number);
              case "m", "min" -> Duration.ofMinutes(number);
              case "h" -> Duration.ofHours(number);
              default -> Duration.ofDays(number);
            };
        if (time.compareTo(Duration.ofMillis(MAX_MILLIS)) <= 0) {
          return time;
        }
      }
    } catch (NumberFormatException | ArithmeticException tooLarge) {
      // Reported with the rest below.
    }
    throw PulsarOptions.invalid(
        "Invalid %s '%s': need a time such as 15m, 90s or 500ms", option.key(), value);
  }

  Duration millis(PulsarOption option) {
    return Duration.ofMillis(withDefault(option, MAX_MILLIS));
  }

  int count(PulsarOption option) {
    return Math.toIntExact(withDefault(option, Integer.MAX_VALUE));
  }

  long withDefault(PulsarOption option, long max) {
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
      default ->
          throw PulsarOptions.invalid("Invalid %s '%s': need true or false", option.key(), value);
    };
  }

  Payload payload() {
    String value = required(PulsarOption.PAYLOAD);
    try {
      return Payload.valueOf(value.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw PulsarOptions.invalid("Invalid payload '%s': need auto, bytes or string", value);
    }
  }

  boolean holdsNewPartitions() {
    String value = required(PulsarOption.NEW_PARTITIONS);
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "hold" -> true;
      case "read" -> false;
      default ->
          throw PulsarOptions.invalid("Invalid newPartitions '%s': need read or hold", value);
    };
  }

  SchemaRules schemas() {
    String accepted = text(PulsarOption.ACCEPTED_SCHEMAS);
    return new SchemaRules(
        word(PulsarOption.MODE, SchemaRules.Mode.values()),
        word(PulsarOption.TOPIC_SCHEMAS, SchemaRules.Topics.values()),
        word(PulsarOption.RECURSIVE_FIELDS, SchemaRules.Recursion.values()),
        word(PulsarOption.STOP_ON_SCHEMA_CHANGE, SchemaRules.StopOn.values()),
        accepted == null ? null : RegisteredSchemas.parse(accepted),
        rescuedColumn());
  }

  private @Nullable String rescuedColumn() {
    String name = text(PulsarOption.RESCUED_DATA_COLUMN);
    if (name != null && name.isEmpty()) {
      throw PulsarOptions.invalid(
          "Invalid %s '': need the name of a column, such as _rescued_data",
          PulsarOption.RESCUED_DATA_COLUMN.key());
    }
    return name;
  }

  /** The constant that the option names, in any case. */
  private <E extends Enum<E>> E word(PulsarOption option, E[] constants) {
    String value = required(option);
    for (E constant : constants) {
      if (constant.name().replace("_", "").equalsIgnoreCase(value)) {
        return constant;
      }
    }
    throw PulsarOptions.invalid(
        "Invalid %s '%s': need one of %s",
        option.key(),
        value,
        Arrays.stream(constants).map(OptionValues::spelled).collect(Collectors.joining(", ")));
  }

  private static String spelled(Enum<?> constant) {
    StringBuilder text = new StringBuilder();
    for (String part : constant.name().toLowerCase(Locale.ROOT).split("_", -1)) {
      text.append(
          text.isEmpty()
              ? part
              : part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1));
    }
    return text.toString();
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
      throw PulsarOptions.invalid(
          "Need exactly one of the options topic, topics and topicsPattern");
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
    String full = PulsarOptions.fullTopicName(pattern);
    String[] parts = full.substring("persistent://".length()).split("/", 3);
    String namespace = parts[0] + "/" + parts[1];
    if (!namespace.matches("[\\w.=:-]+/[\\w.=:-]+")) {
      throw PulsarOptions.invalid(
          "Invalid topicsPattern '%s': tenant and namespace must be plain names, only the part"
              + " behind them a pattern",
          pattern);
    }
    try {
      Pattern.compile(full);
    } catch (PatternSyntaxException malformed) {
      throw PulsarOptions.invalid(
          "Invalid topicsPattern '%s': %s", pattern, malformed.getDescription());
    }
    return new TopicSelection.Matching(namespace, full);
  }

  @Nullable StartingOffsets start() {
    boolean inclusive = flag(PulsarOption.STARTING_INCLUSIVE);
    String time = oneOf(PulsarOption.STARTING_TIME, PulsarOption.STARTING_OFFSETS);
    if (time != null) {
      return new StartingOffsets.AtTime(
          TopicTimes.parse(PulsarOption.STARTING_TIME, time, inclusive ? 0 : 1));
    }
    String value = text(PulsarOption.STARTING_OFFSETS);
    if (value == null) {
      return null;
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "earliest" -> new StartingOffsets.Earliest();
      case "latest" -> new StartingOffsets.Latest();
      default ->
          new StartingOffsets.At(
              positions(PulsarOption.STARTING_OFFSETS, value, /* behind= */ !inclusive));
    };
  }

  EndingOffsets end() {
    boolean inclusive = flag(PulsarOption.ENDING_INCLUSIVE);
    String time = oneOf(PulsarOption.ENDING_TIME, PulsarOption.ENDING_OFFSETS);
    if (time != null) {
      return new EndingOffsets.AtTime(
          TopicTimes.parse(PulsarOption.ENDING_TIME, time, inclusive ? 1 : 0));
    }
    String value = text(PulsarOption.ENDING_OFFSETS);
    return value == null || value.equalsIgnoreCase("latest")
        ? new EndingOffsets.Latest()
        : new EndingOffsets.At(
            positions(
                PulsarOption.ENDING_OFFSETS,
                value,
                values.containsKey(PulsarOption.ENDING_INCLUSIVE)
                    ? inclusive
                    // pulsar-spark reads the message that it ends at.
                    : PulsarSparkOffsets.isWrittenIn(value)));
  }

  /** The value of the first, which excludes the other, or null if it is not given. */
  private @Nullable String oneOf(PulsarOption time, PulsarOption offsets) {
    String value = text(time);
    if (value != null && text(offsets) != null) {
      throw PulsarOptions.invalid(
          "Need at most one of the options %s and %s", time.key(), offsets.key());
    }
    return value;
  }

  /**
   * Positions by full topic names.
   *
   * @param behind whether each position is moved behind the message or entry that it names
   */
  private static Positions positions(PulsarOption option, String json, boolean behind) {
    try {
      Map<TopicPartition, Pos> byFullName = new TreeMap<>();
      PulsarSparkOffsets.orInitialPositions(json)
          .byPartition()
          .forEach(
              (partition, position) ->
                  byFullName.put(
                      new TopicPartition(
                          PulsarOptions.fullTopicName(partition.topic()), partition.partition()),
                      behind ? position.behind() : position));
      return Positions.of(byFullName);
    } catch (IllegalArgumentException unreadable) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "Invalid " + option.key() + ": " + unreadable.getMessage(),
          unreadable);
    }
  }
}
