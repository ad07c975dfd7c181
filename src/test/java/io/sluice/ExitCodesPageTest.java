package io.sluice;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The exit codes that readers are told about are those that {@code sluice} ends with. */
class ExitCodesPageTest {

  @Test
  void page_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(
        Path.of("docs/reference/exit-codes.md"), page(), ExitCodesPageTest.class);
  }

  private static String page() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Exit codes

        <!-- Generated from io.sluice.Condition: change the conditions there. -->

        A failure's message begins with its name in brackets, such as `[TOPIC_NOT_FOUND]`; `sluice`
        ends with the code that belongs to the name. Neither changes between versions.
        A scheduler need run a command again only after a failure that may pass without anybody's doing.

        | code | name | may pass | meaning |
        |---|---|---|---|
        | 0 | | | Done; for a question: yes. |
        """);
    for (Condition condition : Condition.values()) {
      page.append(
          "| %d | `%s` | %s | %s |\n"
              .formatted(
                  condition.exitCode(),
                  condition,
                  condition.mayPass() ? "yes" : "",
                  condition.meaning()));
    }
    page.append(
        """

        A process that a signal has ended has the shell's code: 130 for Ctrl-C, 143 for SIGTERM.
        """);
    return page.toString();
  }
}
