package io.sluice.source;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.junit.jupiter.api.Test;

/** The metrics that readers are told about are those that there are. */
class MetricsPageTest {

  @Test
  void page_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(Path.of("docs/reference/metrics.md"), page(), MetricsPageTest.class);
  }

  private static String page() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Metrics of `format("pulsar")`

        <!-- Generated from io.sluice.source.MetricsPageTest and ReadMetrics. -->

        ## Of a stream

        In the progress of a query, as JSON, `sources[0].metrics`. They speak of the moment when the
        batch was planned, and cost nothing but what planning asks anyway, the age excepted.

        | metric | meaning |
        |---|---|
        | `partitions` | topic partitions that are read |
        | `planningMs` | how long the last trigger took to ask for the tails and to decide about the batch |
        | `backlogEntries` | stored entries behind the batch, among them those that are never delivered, such as transaction markers |
        | `backlogBytes` | their estimated stored size; 0 for partitions whose ledgers have not been asked for yet |
        | `backlogSeconds` | how long ago the oldest message behind the batch was published: looked up while there is a backlog, every 10 seconds at most, in the 16 partitions with the most entries; absent if it cannot be looked up |
        | `ackLagEntries` | entries that this run has read and that the subscription does not have acknowledged yet; 1 per partition when idle, see `retentionPin` |
        | `ackFailures` | acknowledgements that failed since the start; each is tried again with the next batch |
        | `dataLossEvents` | losses that were recorded since the start, with `failOnDataLoss=false`: [data-loss.md](../concepts/data-loss.md) |

        A limit per batch (`maxBytesPerTrigger`, `maxRowsPerTrigger`) makes a backlog visible: a
        batch without one takes all that was there when it was planned.

        ## Of tasks

        Sums over the tasks of a read, at the scan in the SQL page of Spark's UI.

        | metric | name in Spark's API |
        |---|---|
        """);
    for (CustomMetric metric : ReadMetrics.all()) {
      page.append("| %s | `%s` |\n".formatted(metric.description(), metric.name()));
    }
    return page.toString();
  }
}
