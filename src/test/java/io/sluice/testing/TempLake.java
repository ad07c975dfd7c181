package io.sluice.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A fresh directory below {@code target/lakes} for the tables and checkpoints of one test; it is
 * deleted when the test passes and kept when it fails.
 *
 * <p>{@code @RegisterExtension final TempLake lake = new TempLake();}
 */
public final class TempLake implements BeforeEachCallback, AfterEachCallback {

  private @Nullable Path directory;

  /** The directory itself, absolute. */
  public Path path() {
    return Objects.requireNonNull(directory, "the lake exists only while its test runs");
  }

  /** A place in the lake, as Spark takes it; nothing is created. */
  public String path(String name) {
    return path().resolve(name).toString();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    Path lakes = Files.createDirectories(Path.of("target", "lakes").toAbsolutePath());
    directory =
        Files.createTempDirectory(lakes, context.getRequiredTestClass().getSimpleName() + "-");
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (context.getExecutionException().isEmpty()) {
      // A task of a failed Spark job may go on writing for a moment.
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .untilAsserted(this::delete);
    }
  }

  private void delete() throws IOException {
    if (!Files.exists(path())) {
      return;
    }
    try (Stream<Path> paths = Files.walk(path())) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
