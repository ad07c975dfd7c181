package io.sluice.schema;

import com.fasterxml.jackson.core.JsonToken;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * The forms in which a Java client's JSON can hold a time, besides a count of the type's unit:
 * Jackson's {@code java.time} module writes instants as seconds with a fraction and local times as
 * arrays of their parts, whatever unit the Avro definition names; told to, it writes ISO-8601.
 */
final class JsonTimes {

  private static final int DATE_PARTS = 3;
  private static final int MIN_TIME_PARTS = 2;
  private static final int MAX_TIME_PARTS = 4;

  private JsonTimes() {}

  /** The date at hand, in days since the epoch. */
  static int days(JsonTokens tokens) {
    try {
      LocalDate date =
          tokens.current() == JsonToken.START_ARRAY
              ? date(parts(tokens, DATE_PARTS, DATE_PARTS))
              : LocalDate.parse(text(tokens, "a date"));
      return Math.toIntExact(date.toEpochDay());
    } catch (DateTimeException | ArithmeticException e) {
      throw new UndecodablePayloadException("not a date");
    }
  }

  /** The time of the day at hand, in the unit of which {@code unitsPerSecond} make a second. */
  static long timeOfDay(JsonTokens tokens, long unitsPerSecond) {
    try {
      LocalTime time =
          tokens.current() == JsonToken.START_ARRAY
              ? time(parts(tokens, MIN_TIME_PARTS, MAX_TIME_PARTS), 0)
              : LocalTime.parse(text(tokens, "a time of the day"));
      return time.toNanoOfDay() / (TimeUnit.SECONDS.toNanos(1) / unitsPerSecond);
    } catch (DateTimeException e) {
      throw new UndecodablePayloadException("not a time of the day");
    }
  }

  /** The date and time without a zone at hand, as {@link #instant} counts one in UTC. */
  static long local(JsonTokens tokens, long unitsPerSecond) {
    try {
      LocalDateTime local;
      if (tokens.current() == JsonToken.START_ARRAY) {
        int[] parts = parts(tokens, DATE_PARTS + MIN_TIME_PARTS, DATE_PARTS + MAX_TIME_PARTS);
        local = LocalDateTime.of(date(parts), time(parts, DATE_PARTS));
      } else {
        local = LocalDateTime.parse(text(tokens, "a date and time"));
      }
      return count(local.toInstant(ZoneOffset.UTC), unitsPerSecond);
    } catch (DateTimeException e) {
      throw new UndecodablePayloadException("not a date and time without a zone");
    }
  }

  /** The instant at hand, in units since the epoch; what is smaller than a unit is cut off. */
  static long instant(JsonTokens tokens, long unitsPerSecond) {
    if (tokens.current() == JsonToken.VALUE_NUMBER_FLOAT) {
      BigDecimal units = tokens.decimalValue().multiply(BigDecimal.valueOf(unitsPerSecond));
      try {
        return units.setScale(0, RoundingMode.FLOOR).longValueExact();
      } catch (ArithmeticException e) {
        throw outOfRange();
      }
    }
    try {
      return count(Instant.parse(text(tokens, "a timestamp")), unitsPerSecond);
    } catch (DateTimeException e) {
      throw new UndecodablePayloadException("not a timestamp with a zone");
    }
  }

  private static long count(Instant instant, long unitsPerSecond) {
    try {
      return Math.addExact(
          Math.multiplyExact(instant.getEpochSecond(), unitsPerSecond),
          instant.getNano() / (TimeUnit.SECONDS.toNanos(1) / unitsPerSecond));
    } catch (ArithmeticException e) {
      throw outOfRange();
    }
  }

  private static LocalDate date(int[] parts) {
    return LocalDate.of(parts[0], parts[1], parts[2]);
  }

  private static LocalTime time(int[] parts, int from) {
    int second = parts.length > from + 2 ? parts[from + 2] : 0;
    int nano = parts.length > from + 3 ? parts[from + 3] : 0;
    return LocalTime.of(parts[from], parts[from + 1], second, nano);
  }

  private static int[] parts(JsonTokens tokens, int min, int max) {
    int[] parts = new int[max];
    int count = 0;
    while (tokens.next() != JsonToken.END_ARRAY) {
      if (count == max || tokens.current() != JsonToken.VALUE_NUMBER_INT) {
        throw new UndecodablePayloadException("not the parts of a date or time");
      }
      parts[count++] = tokens.intValue();
    }
    if (count < min) {
      throw new UndecodablePayloadException("not the parts of a date or time");
    }
    return parts;
  }

  private static String text(JsonTokens tokens, String expected) {
    if (tokens.current() != JsonToken.VALUE_STRING) {
      throw tokens.unexpected(expected);
    }
    return tokens.text();
  }

  private static UndecodablePayloadException outOfRange() {
    return new UndecodablePayloadException("a timestamp is out of range");
  }
}
