package io.sluice.spec;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is said about engines is what jobs are judged by. */
class ReadersPageTest {

  @Test
  void page_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(Path.of("docs/reference/readers.md"), page(), ReadersPageTest.class);
  }

  private static String page() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # What engines read

        <!-- Generated from io.sluice.spec.TableReader: change what engines read there. -->

        Without `target.readers` a table gets the features that its properties, its columns' types and
        `schema_evolution: widen` ask for, and no other. With it,

        - `sluice validate` refuses `schema_evolution: widen` and `properties` that bring a feature
          which a reader cannot read ("no" below);
        - a job does not start (`TABLE_MISMATCH`) if its table has such a feature, or would get it by
          the type of a column; a feature that is not in this table counts as read by Spark alone;
        - a new table with `auto_cdc` gets deletion vectors if all readers read them in every way
          ("yes") and its properties do not say `delta.enableDeletionVectors` themselves. They are
          never switched on or off later.

        "partly": the table gets it only if the job's properties ask for it.

        """);
    page.append("| feature |");
    for (TableReader reader : TableReader.values()) {
      page.append(" `%s` |".formatted(reader.word()));
    }
    page.append("\n|---|").append("---|".repeat(TableReader.values().length)).append('\n');
    for (TableFeature feature : TableFeature.values()) {
      page.append("| %s (`%s`) |".formatted(feature.title(), feature.delta()));
      for (TableReader reader : TableReader.values()) {
        page.append(" %s |".formatted(reader.reading(feature).extent().word()));
      }
      page.append('\n');
    }
    page.append("\n## Where this is from\n\n| engine | feature | |\n|---|---|---|\n");
    for (TableReader reader : TableReader.values()) {
      for (TableFeature feature : TableFeature.values()) {
        page.append(
            "| %s | `%s` | %s |\n"
                .formatted(reader.title(), feature.delta(), reader.reading(feature).source()));
      }
    }
    page.append(
        """

        Clustering (`cluster_by`), row tracking, in-commit timestamps, generated columns and constraints
        concern writers only: who cannot write such a table can still read it.
        """);
    return page.toString();
  }
}
