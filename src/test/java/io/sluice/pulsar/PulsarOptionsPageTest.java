package io.sluice.pulsar;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The options that readers are told about are those that the source knows. */
class PulsarOptionsPageTest {

  @Test
  void page_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(
        Path.of("docs/reference/pulsar-options.md"), page(), PulsarOptionsPageTest.class);
  }

  private static String page() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Options of `format("pulsar")`

        <!-- Generated from io.sluice.pulsar.PulsarOption: change the options there. -->

        For `spark.readStream()` and `spark.read()`. Names are matched without regard to case; an
        unknown one is an error. In a job file, `source.options` takes them as they are here. Which
        columns a source has: [pulsar-columns.md](pulsar-columns.md).

        | option | default | meaning |
        |---|---|---|
        """);
    for (PulsarOption option : PulsarOption.values()) {
      String otherwise = option.defaultValue() == null ? "" : "`" + option.defaultValue() + "`";
      page.append(
          "| `%s` | %s | %s |\n"
              .formatted(option.key(), otherwise, option.doc().replace("|", "\\|")));
    }
    page.append(
        """

        ## Settings of the Pulsar client

        `%s<name>` sets a setting of the Pulsar client by the name of its configuration, such as
        `%sauthPluginClassName` and `%sauthParams`; an unknown name is an error. The admin client
        takes the same settings; `%s<name>` sets one for the admin client alone.

        Addresses and topics are all that a log or a plan shows of these options.
        """
            .formatted(
                PulsarOption.CLIENT_PREFIX,
                PulsarOption.CLIENT_PREFIX,
                PulsarOption.CLIENT_PREFIX,
                PulsarOption.ADMIN_PREFIX));
    return page.toString();
  }
}
