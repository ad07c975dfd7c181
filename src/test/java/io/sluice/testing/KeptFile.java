package io.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of the repository that follows from the code.
 *
 * <p>A test compares; with {@code -Dsluice.regenerate=true} it writes the file instead.
 */
public final class KeptFile {

  private KeptFile() {}

  /**
   * Compares a file with what it has to be, or writes it.
   *
   * @param file from the repository's root
   * @param expected the whole text
   * @param test the test to run for writing it anew
   */
  public static void assertUpToDate(Path file, String expected, Class<?> test) throws IOException {
    if (Boolean.getBoolean("sluice.regenerate")) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, expected);
      return;
    }
    assertThat(Files.exists(file) ? Files.readString(file) : "")
        .as(
            "%s has to follow from the code; rewrite it, then look at the difference:%n"
                + "  mvn -q test -Dtest=%s -Dsluice.regenerate=true",
            file, test.getSimpleName())
        .isEqualTo(expected);
  }
}
