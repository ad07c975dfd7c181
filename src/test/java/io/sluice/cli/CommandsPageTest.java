package io.sluice.cli;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The page of the commands says what the commands say of themselves. */
class CommandsPageTest {

  @Test
  void page_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(Path.of("docs/reference/commands.md"), page(), CommandsPageTest.class);
  }

  private static String page() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Commands

        <!-- Generated from io.sluice.cli: change the commands there. -->

        What `sluice COMMAND --help` says. From a clone the command is `./sluice`; on a cluster it is the arguments
        of `spark-submit sluice.jar`: [clusters.md](../clusters.md). Exit codes: [exit-codes.md](exit-codes.md).
        """);
    for (CommandLine command : all(Sluice.commandLine())) {
      if (command.getSubcommands().isEmpty()) {
        page.append(
            "\n## %s\n\n```\n%s\n```\n"
                .formatted(
                    command.getCommandSpec().qualifiedName(),
                    command
                        .getUsageMessage(Ansi.OFF)
                        .lines()
                        .map(String::stripTrailing)
                        .collect(Collectors.joining("\n"))
                        .strip()));
      }
    }
    return page.toString();
  }

  private static List<CommandLine> all(CommandLine command) {
    List<CommandLine> all = new ArrayList<>(List.of(command));
    command.getSubcommands().values().forEach(each -> all.addAll(all(each)));
    return all;
  }
}
