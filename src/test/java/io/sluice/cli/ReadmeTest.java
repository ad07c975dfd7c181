package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.spec.Environment;
import io.sluice.spec.JobSpecParser;
import io.sluice.spec.ParsedJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the pages show to readers is there: jobs that are valid, commands and files that exist. */
class ReadmeTest {

  private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\n(.*?)^```");
  private static final Pattern COMMAND = Pattern.compile("(?:\\./|`)sluice ([a-z]+)");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(?:#[^)]*)?\\)");

  static List<Path> pages() throws IOException {
    try (Stream<Path> root = Files.list(Path.of(""));
        Stream<Path> docs = Files.walk(Path.of("docs"));
        Stream<Path> notebooks = Files.list(Path.of("notebooks"))) {
      return Stream.of(root, docs, notebooks)
          .flatMap(files -> files)
          .filter(file -> file.toString().matches(".*\\.(md|ipynb)"))
          .sorted()
          .toList();
    }
  }

  private static List<String> found(Pattern pattern, Path page) throws IOException {
    return pattern
        .matcher(Files.readString(page))
        .results()
        .map(match -> match.group(1))
        .distinct()
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/quickstart.md", "docs/object-storage.md"})
  void jobs_ofAPage_areValid(Path page, @TempDir Path folder) throws IOException {
    List<String> jobs = found(YAML, page);
    assertThat(jobs).isNotEmpty();
    for (String job : jobs) {
      Path file = Files.writeString(folder.resolve("job.yaml"), job);
      ParsedJob parsed =
          new JobSpecParser(Environment.ofProcess()).read(file.toString(), List.of());

      assertThat(parsed.problems()).isEmpty();
      assertThat(parsed.job()).isNotNull();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void commands_ofEveryPage_areThere(Path page) throws IOException {
    assertThat(Sluice.commandLine().getSubcommands().keySet()).containsAll(found(COMMAND, page));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void links_ofEveryPage_leadToFiles(Path page) throws IOException {
    for (String link : found(LINK, page)) {
      assertThat(page.toAbsolutePath().resolveSibling(link)).exists();
    }
  }
}
