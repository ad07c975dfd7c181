package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The jobs that the repository shows to its users. */
class JobFolderTest {

  /** Every variable and every file is there, whatever a job refers to. */
  private static final Environment GENEROUS =
      new Environment() {
        @Override
        public @Nullable String variable(String name) {
          return switch (name) {
            case "PULSAR_SERVICE_URL" -> "pulsar://broker:6650";
            case "PULSAR_ADMIN_URL" -> "http://broker:8080";
            default -> "value-of-" + name;
          };
        }

        @Override
        public String file(Path path) {
          return "content-of-" + path;
        }
      };

  static List<Path> jobs() throws IOException {
    Path folder = Path.of("jobs");
    Path smallest = Path.of("src/test/resources/jobs/smallest.yaml");
    if (!Files.isDirectory(folder)) {
      return List.of(smallest);
    }
    try (Stream<Path> files = Files.walk(folder)) {
      Stream<Path> jobs = files.filter(file -> file.toString().endsWith(".yaml"));
      return Stream.concat(Stream.of(smallest), jobs).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void parse_jobOfTheRepository_hasNoProblem(Path file) throws IOException {
    ParsedJob parsed =
        new JobSpecParser(GENEROUS).parse(file.toString(), Files.readString(file), List.of());

    assertThat(parsed.problems()).isEmpty();
  }
}
