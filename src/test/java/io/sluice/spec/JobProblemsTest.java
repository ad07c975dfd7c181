package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong job files and exactly what is printed about them, side by side. */
class JobProblemsTest {

  private static final Path FOLDER = Path.of("src/test/resources/jobs/problems");
  private static final String SETTING = "# --set ";

  static List<Path> wrongJobs() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("wrongJobs")
  void parse_wrongJob_reportsEveryProblemAtItsPlace(Path file) throws IOException {
    ParsedJob parsed = parse(file);

    String printed = parsed.problems().stream().map(Problem::render).collect(Collectors.joining());
    KeptFile.assertUpToDate(
        Path.of(file.toString().replace(".yaml", ".txt")), printed, JobProblemsTest.class);
    assertThat(parsed.job()).isNull();
  }

  @ParameterizedTest
  @MethodSource("wrongJobs")
  void parse_wrongJob_showsNoSecret(Path file) throws IOException {
    assertThat(parse(file).problems())
        .isNotEmpty()
        .noneMatch(problem -> problem.render().contains("hunter"))
        .noneMatch(problem -> problem.toString().contains("hunter"));
  }

  @Test
  void wrongJobs_together_coverEveryCode() throws IOException {
    Set<ProblemCode> seen = EnumSet.of(ProblemCode.UNREADABLE_FILE);
    for (Path file : wrongJobs()) {
      parse(file).problems().forEach(problem -> seen.add(problem.code()));
    }
    assertThat(seen).containsExactlyInAnyOrder(ProblemCode.values());
  }

  @Test
  void codes_areDistinctAndStable() {
    assertThat(Stream.of(ProblemCode.values()).map(ProblemCode::code))
        .doesNotHaveDuplicates()
        .allMatch(code -> code.matches("SLUICE-C\\d{3}"));
  }

  private static ParsedJob parse(Path file) throws IOException {
    String text = Files.readString(file);
    List<String> overrides =
        text.lines()
            .filter(line -> line.startsWith(SETTING))
            .map(line -> line.substring(SETTING.length()))
            .toList();
    return new JobSpecParser(FixedEnvironment.TYPICAL)
        .parse("jobs/" + file.getFileName(), text, overrides);
  }
}
