package io.sluice.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;

class LauncherIT {

  @Test
  void help_jarBuilt_answersWithoutSpark() throws Exception {
    Result result = sluice("--help");

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).contains("Usage: sluice", "Exit codes:");
  }

  @Test
  void unknownCommand_throughSparkSubmit_keepsItsExitCode() throws Exception {
    Result result = sluice("no-such-command");

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output()).contains("no-such-command");
  }

  @Test
  void script_moduleOptions_areSparksOwn() throws IOException {
    String script = Files.readString(Path.of("sluice"));

    assertThat(Arrays.stream(JavaModuleOptions.defaultModuleOptionArray()))
        .filteredOn(option -> !option.contains("incubator"))
        .allSatisfy(option -> assertThat(script).contains(option));
  }

  private static Result sluice(String... arguments) throws Exception {
    var builder = new ProcessBuilder("./sluice");
    builder.command().addAll(Arrays.asList(arguments));
    builder.environment().remove("SPARK_HOME");
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Result(process.waitFor(), output);
  }

  private record Result(int exitCode, String output) {}
}
