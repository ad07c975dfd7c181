package io.sluice.spec;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What a job file may refer to: environment variables and files. */
public interface Environment {

  /** The value of an environment variable; null when it is not set. */
  @Nullable String variable(String name);

  /**
   * The text of a file.
   *
   * @throws IOException when it cannot be read as UTF-8
   */
  String file(Path path) throws IOException;

  /** The environment and the files of this process. */
  static Environment ofProcess() {
    return new Environment() {
      @Override
      public @Nullable String variable(String name) {
        return System.getenv(name);
      }

      @Override
      public String file(Path path) throws IOException {
        return Files.readString(path, StandardCharsets.UTF_8);
      }
    };
  }
}
