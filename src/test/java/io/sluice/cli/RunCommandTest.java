package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

  @TempDir Path directory;

  @Test
  void run_oneWrongFileOfTwo_saysWhatIsWrongAndStartsNothing() throws Exception {
    String right =
        "version: 1\nname: a\nsource:\n  topics: [t]\ntarget:\n  table: %s\n"
            .formatted(directory.resolve("lake/a"));
    Path good = Files.writeString(directory.resolve("good.yaml"), right);
    Path wrong = Files.writeString(directory.resolve("wrong.yaml"), right + "tigger: {}\n");

    Answer answer = Answer.to("run", good.toString(), wrong.toString());

    assertThat(answer.exitCode()).isEqualTo(2);
    assertThat(answer.err()).contains("wrong.yaml:7:1").contains("tigger").contains("trigger");
    assertThat(answer.out()).isEmpty();
    assertThat(directory.resolve("lake")).doesNotExist();
  }

  @Test
  void run_wrongTrigger_isAProblemOfTheCommandLine() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("a.yaml"),
            "version: 1\nname: a\nsource:\n  topics: [t]\ntarget:\n  table: /lake/a\n");

    Answer answer = Answer.to("run", file.toString(), "--trigger", "evry=10s");

    assertThat(answer.exitCode()).isEqualTo(2);
    assertThat(answer.err()).contains("evry");
  }

  @Test
  void run_resultFileInNoDirectory_isRefusedBeforeAnythingStarts() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("a.yaml"),
            "version: 1\nname: a\nsource:\n  topics: [t]\ntarget:\n  table: /lake/a\n");

    Answer answer =
        Answer.to(
            "run", file.toString(), "--result", directory.resolve("missing/a.json").toString());

    assertThat(answer.exitCode()).isEqualTo(2);
    assertThat(answer.err()).contains("missing/a.json", "Create it");
  }

  @Test
  void help_listsEveryOption() {
    assertThat(Answer.to("run", "--help").out())
        .contains(
            "--trigger", "--new-epoch", "--set", "--drain-seconds", "--result", "--verbose", "143");
  }
}
