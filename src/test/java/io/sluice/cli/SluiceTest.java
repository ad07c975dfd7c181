package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

class SluiceTest {

  @Test
  void help_listsEveryCommandAndEveryExitCode() {
    Answer answer = Answer.to("--help");

    assertThat(answer.exitCode()).isZero();
    assertThat(answer.out()).contains("validate", "Examples:");
    assertThat(Condition.values())
        .allSatisfy(
            condition ->
                assertThat(answer.out())
                    .containsPattern(" " + condition.exitCode() + " +" + condition + ": "));
  }

  @Test
  void version_namesSluiceAndWhatItIsBuiltFor() {
    assertThat(Answer.to("--version").out())
        .containsPattern("sluice \\d+\\.\\d+\\.\\d+")
        .containsPattern("Spark \\d.*Delta Lake \\d.*Pulsar client \\d");
  }

  @Test
  void execute_withoutCommand_saysWhereHelpIs() {
    Answer answer = Answer.to();

    assertThat(answer.exitCode()).isEqualTo(Condition.INVALID_JOB.exitCode());
    assertThat(answer.err().lines()).containsExactly("Name a command.", "Try 'sluice --help'.");
  }

  @Test
  void execute_misspelledCommand_suggestsTheRightOne() {
    Answer answer = Answer.to("valdate");

    assertThat(answer.exitCode()).isEqualTo(Condition.INVALID_JOB.exitCode());
    assertThat(answer.err()).contains("valdate", "validate");
  }

  @Test
  void everyCommand_teachesWithExamples() {
    assertThat(Sluice.commandLine().getSubcommands().values())
        .extracting(CommandLine::getUsageMessage)
        .allSatisfy(usage -> assertThat(usage).contains("Examples:", "--help"));
  }

  /** A classpath with Spark on it would hide a command that needs it too early. */
  @Test
  void help_withoutSparkOnTheClasspath_answers() throws Exception {
    String classpath =
        Stream.of(Sluice.class, CommandLine.class, LoadSettings.class)
            .map(SluiceTest::placeOf)
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));

    assertThat(java(classpath, "--help")).contains("Commands:", "validate");
    assertThat(java(classpath, "validate", "--help")).contains("Examples:");
  }

  private static String java(String classpath, String... args)
      throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        Stream.concat(
                Stream.of(
                    java, "-XX:TieredStopAtLevel=1", "-cp", classpath, Sluice.class.getName()),
                Arrays.stream(args))
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed;
  }

  private static Path placeOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
