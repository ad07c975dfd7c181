package io.sluice.spec;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Variables and files that a test decides on.
 *
 * @param variables by name
 * @param files by path
 */
record FixedEnvironment(Map<String, String> variables, Map<String, String> files)
    implements Environment {

  /** A password in {@code PASSWORD}, a token in a file, a lake, and an empty variable. */
  static final FixedEnvironment TYPICAL =
      new FixedEnvironment(
          Map.of("LAKE", "/data/lake", "PASSWORD", "hunter3", "EMPTY", ""),
          Map.of("/run/secrets/pulsar-token", "hunter3\n"));

  @Override
  public @Nullable String variable(String name) {
    return variables.get(name);
  }

  @Override
  public String file(Path path) throws IOException {
    String text = files.get(path.toString());
    if (text == null) {
      throw new NoSuchFileException(path.toString());
    }
    return text;
  }
}
