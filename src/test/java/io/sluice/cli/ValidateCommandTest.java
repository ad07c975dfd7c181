package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidateCommandTest {

  private static final String RIGHT =
      "version: 1\nname: orders\nsource:\n  topics: [orders]\ntarget:\n  table: /lake/orders\n";

  @TempDir Path folder;

  @Test
  void validate_rightJob_saysWhatItDoes() throws IOException {
    Path file = write("orders.yaml", RIGHT);

    Answer answer = Answer.to("validate", file.toString());

    assertThat(answer.exitCode()).isZero();
    assertThat(answer.out())
        .isEqualToIgnoringNewLines(
            "OK " + file + ": job 'orders' persistent://public/default/orders -> /lake/orders\n");
    assertThat(answer.err()).isEmpty();
  }

  @Test
  void validate_oneWrongJobAmongRightOnes_reportsAllAndFails() throws IOException {
    Path right = write("right.yaml", RIGHT);
    Path wrong = write("wrong.yaml", RIGHT.replace("topics", "topic"));

    Answer answer = Answer.to("validate", wrong.toString(), right.toString(), folder + "/none");

    assertThat(answer.exitCode()).isEqualTo(Condition.INVALID_JOB.exitCode());
    assertThat(answer.out())
        .contains(wrong + ":4:3: SLUICE-C005 source.topic: ", "did you mean 'topics'?")
        .contains("OK " + right)
        .contains(folder + "/none:1:1: SLUICE-C001: ");
  }

  @Test
  void validate_set_winsOverTheFile() throws IOException {
    Path file = write("orders.yaml", RIGHT);

    Answer answer =
        Answer.to(
            "validate", file.toString(), "--set", "target.table=main.shop.t", "--set=name=other");

    assertThat(answer.out()).contains("job 'other'", "-> main.shop.t");
  }

  @Test
  void validate_warning_doesNotFail() throws IOException {
    Path file = write("orders.yaml", RIGHT);

    Answer answer = Answer.to("validate", file.toString(), "--set", "pulsar.token=hunter2");

    assertThat(answer.exitCode()).isZero();
    assertThat(answer.out()).contains("warning: ", "OK ").doesNotContain("hunter2");
  }

  @Test
  void validate_noFiles_isAMisuse() {
    Answer answer = Answer.to("validate");

    assertThat(answer.exitCode()).isEqualTo(Condition.INVALID_JOB.exitCode());
    assertThat(answer.err()).contains("FILES", "Try 'sluice validate --help'.");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
