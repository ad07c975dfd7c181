package io.sluice.change;

import io.sluice.change.BadEventException.Kind;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Dates and times as databases mean them. From the year -9999 to 9999, beyond which databases have
 * infinity or nothing: what Debezium makes of PostgreSQL's {@code infinity} is a number without
 * meaning. What is finer than a microsecond is cut off.
 */
final class Times {

  private static final int MAX_YEAR = 9999;
  private static final long MAX_DAY = LocalDate.of(MAX_YEAR, 12, 31).toEpochDay();
  private static final long MIN_DAY = LocalDate.of(-MAX_YEAR, 1, 1).toEpochDay();
  private static final long SECONDS_PER_DAY = 86_400;
  private static final int NANOS_PER_SECOND = 1_000_000_000;
  private static final int NANOS_PER_MICRO = 1_000;

  private Times() {}

  /** The date so many days after the epoch. */
  static LocalDate date(long days) {
    if (days > MAX_DAY || days < MIN_DAY) {
      throw outOfRange("a date");
    }
    return LocalDate.ofEpochDay(days);
  }

  /** The date of a text, with or without a decorating Z. */
  static LocalDate date(String text) {
    try {
      return checked(LocalDate.parse(withoutZ(text)));
    } catch (DateTimeException e) {
      throw notA("a date", text);
    }
  }

  /** The local date and time so many units after the epoch. */
  static LocalDateTime local(long count, long unitsPerSecond) {
    long seconds = Math.floorDiv(count, unitsPerSecond);
    long day = Math.floorDiv(seconds, SECONDS_PER_DAY);
    if (day > MAX_DAY || day < MIN_DAY) {
      throw outOfRange("a timestamp");
    }
    long nanos = Math.floorMod(count, unitsPerSecond) * (NANOS_PER_SECOND / unitsPerSecond);
    return LocalDateTime.ofEpochSecond(
        seconds, (int) (nanos - nanos % NANOS_PER_MICRO), ZoneOffset.UTC);
  }

  /** The local date and time of a text, with or without a decorating Z. */
  static LocalDateTime local(String text) {
    try {
      LocalDateTime local = LocalDateTime.parse(iso(withoutZ(text)));
      checked(local.toLocalDate());
      return local.truncatedTo(ChronoUnit.MICROS);
    } catch (DateTimeException e) {
      throw notA("a date and time without a zone", text);
    }
  }

  /** The instant of a text that says its zone. */
  static Instant instant(String text) {
    try {
      OffsetDateTime moment = OffsetDateTime.parse(iso(text));
      checked(moment.toLocalDate());
      return moment.toInstant().truncatedTo(ChronoUnit.MICROS);
    } catch (DateTimeException e) {
      throw notA("a timestamp with a zone", text);
    }
  }

  /** The time of day of a text, with or without a decorating Z, as {@code 13:14:15.5}. */
  static String timeOfDay(String text) {
    try {
      return timeOfDay(LocalTime.parse(withoutZ(text)).toNanoOfDay(), NANOS_PER_SECOND);
    } catch (DateTimeException e) {
      throw notA("a time of day", text);
    }
  }

  /** So many units as {@code 13:14:15.5}; MySQL's times may be negative and beyond a day. */
  static String timeOfDay(long count, long unitsPerSecond) {
    long hour = 3_600 * unitsPerSecond;
    if (count <= -1_000 * hour || count >= 1_000 * hour) {
      throw outOfRange("a time of day");
    }
    long rest = Math.abs(count);
    long seconds = rest / unitsPerSecond;
    StringBuilder text =
        new StringBuilder(count < 0 ? "-" : "")
            .append(
                String.format(
                    Locale.ROOT,
                    "%02d:%02d:%02d",
                    seconds / 3_600,
                    seconds / 60 % 60,
                    seconds % 60));
    long fraction = rest % unitsPerSecond;
    if (fraction != 0) {
      String digits = Long.toString(unitsPerSecond + fraction).substring(1);
      int last = digits.length();
      while (digits.charAt(last - 1) == '0') {
        last--;
      }
      text.append('.').append(digits, 0, last);
    }
    return text.toString();
  }

  /** MySQL writes a blank between date and time. */
  private static String iso(String text) {
    int blank = text.indexOf(' ');
    return blank < 0 ? text : text.substring(0, blank) + "T" + text.substring(blank + 1);
  }

  private static String withoutZ(String text) {
    return text.endsWith("Z") ? text.substring(0, text.length() - 1) : text;
  }

  private static LocalDate checked(LocalDate date) {
    if (Math.abs(date.getYear()) > MAX_YEAR) {
      throw outOfRange("a date");
    }
    return date;
  }

  private static BadEventException notA(String what, String text) {
    return text.toLowerCase(Locale.ROOT).endsWith("infinity")
        ? new BadEventException(Kind.OUT_OF_RANGE, "infinity, where Spark has no such time")
        : new BadEventException(Kind.BAD_VALUE, "the text is not " + what);
  }

  private static BadEventException outOfRange(String what) {
    return new BadEventException(
        Kind.OUT_OF_RANGE, what + " is out of range; infinity is no time that Spark has");
  }
}
