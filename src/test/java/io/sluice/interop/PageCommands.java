package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The commands of a page of documentation, which are run as they stand: the blocks that begin with
 * <code>```sh run</code>, one after another in one shell. What a block of <code>```text</code>
 * right behind one shows is what the commands of that block have to print.
 *
 * @param page the page
 * @param blocks its commands
 */
record PageCommands(Path page, List<Block> blocks) {

  private static final Pattern BLOCK =
      Pattern.compile("(?ms)^```sh run\\n(.*?)^```\\n(?:\\n```text\\n(.*?)^```\\n)?");

  /**
   * Commands.
   *
   * @param commands as a shell takes them
   * @param shown what they print on standard output; null if the page does not say
   */
  record Block(String commands, @Nullable String shown) {}

  /** Reads a page. */
  static PageCommands of(Path page) throws IOException {
    List<Block> blocks =
        BLOCK.matcher(Files.readString(page)).results().map(PageCommands::block).toList();
    assertThat(blocks).as("commands of %s", page).isNotEmpty();
    return new PageCommands(page, blocks);
  }

  private static Block block(MatchResult found) {
    return new Block(found.group(1), found.group(2));
  }

  /**
   * Runs them all and compares what they print with what the page shows.
   *
   * @param directory where they run; what they print is kept in it
   */
  void run(Path directory, Map<String, String> environment)
      throws IOException, InterruptedException {
    StringBuilder script = new StringBuilder("set -euo pipefail\n");
    List<Path> outputs = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      Path output = directory.resolve("block-" + i + ".out");
      outputs.add(output);
      script.append("{\n").append(blocks.get(i).commands()).append("} >'%s'\n".formatted(output));
    }
    Path file = Files.writeString(directory.resolve("page.sh"), script);
    ChildProcess.run(
        directory.resolve("page.out"),
        environment,
        List.of("bash", "-c", "cd '%s' && exec bash '%s'".formatted(directory, file)));
    for (int i = 0; i < blocks.size(); i++) {
      String shown = blocks.get(i).shown();
      if (shown != null) {
        assertThat(Files.readString(outputs.get(i)))
            .as("what %s shows behind%n%s", page, blocks.get(i).commands())
            .isEqualTo(shown);
      }
    }
  }
}
