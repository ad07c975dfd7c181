package io.sluice.pulsar;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.Serializable;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Points in publish time, for all topics or for each.
 *
 * @param everywhere milliseconds since the epoch for the topics that are not named, null for none
 * @param byName milliseconds since the epoch by the full name of a topic or a partition
 */
public record TopicTimes(@Nullable Long everywhere, Map<String, Long> byName)
    implements Serializable {

  private static final JsonFactory JSON = new JsonFactory();

  /** Keeps a copy. */
  public TopicTimes {
    byName = Map.copyOf(byName);
  }

  /** The time of one partition, null for none. */
  public @Nullable Long of(TopicPartition partition) {
    Long own = byName.get(partition.fullName());
    return own != null ? own : byName.getOrDefault(partition.topic(), everywhere);
  }

  /**
   * Reads an option's value.
   *
   * @param plusMillis added to each time
   * @throws io.sluice.SluiceException INVALID_JOB if it is neither a time nor JSON of times
   */
  static TopicTimes parse(PulsarOption option, String value, long plusMillis) {
    if (!value.startsWith("{")) {
      return new TopicTimes(millis(option, value) + plusMillis, Map.of());
    }
    Map<String, Long> byName = new TreeMap<>();
    try (JsonParser in = JSON.createParser(value)) {
      in.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      in.nextToken();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = PulsarOptions.fullTopicName(in.currentName());
        if (!in.nextToken().isScalarValue()) {
          throw invalid(option, value);
        }
        byName.put(name, millis(option, in.getText()) + plusMillis);
      }
      if (in.currentToken() != JsonToken.END_OBJECT || in.nextToken() != null) {
        throw invalid(option, value);
      }
    } catch (IOException malformed) {
      throw invalid(option, value);
    }
    return new TopicTimes(null, byName);
  }

  private static long millis(PulsarOption option, String value) {
    try {
      long millis =
          value.matches("\\d+")
              ? Long.parseLong(value)
              : OffsetDateTime.parse(value).toInstant().toEpochMilli();
      if (millis >= 0 && millis < Long.MAX_VALUE) {
        return millis;
      }
    } catch (DateTimeException | ArithmeticException | NumberFormatException notATime) {
      // Reported below.
    }
    throw invalid(option, value);
  }

  private static RuntimeException invalid(PulsarOption option, String value) {
    return PulsarOptions.invalid(
        "Invalid %s '%s': need a time such as 2026-01-31T08:00:00Z, milliseconds since 1970, or a"
            + " JSON object of topics and times",
        option.key(), value);
  }
}
