package io.sluice.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long ago: a number with {@code s}, {@code m}, {@code h} or {@code d}, such as {@code 7d}. */
final class Age {

  private static final Pattern FORM = Pattern.compile("(\\d{1,9})([smhd])");

  private Age() {}

  /** The age, empty if the text is none. */
  static Optional<Duration> parse(String text) {
    Matcher age = FORM.matcher(text.strip());
    if (!age.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(age.group(1));
    return Optional.of(
        switch (age.group(2)) {
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          default -> Duration.ofDays(number);
        });
  }
}
