package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.broker.PulsarStandalone;
import io.sluice.quickstart.ShopPublisher;
import io.sluice.quickstart.ShopTables;
import io.sluice.spec.JobSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Recorded changes of a shop's database become tables, which are compared with the database's. */
final class DatabaseQuickstart {

  private static final String LAKE = "quickstart-cdc";
  private static final String TOPICS = "persistent://public/default/shop.ecommerce";
  private static final String CUSTOMERS = "customers";

  /** The tables, each with a job of its name. */
  private static final List<String> TABLES = List.of(CUSTOMERS, "orders", "order_items");

  private final QuickstartStage stage;

  DatabaseQuickstart(QuickstartStage stage) {
    this.stage = stage;
  }

  void run() throws IOException, InterruptedException {
    Set<String> own = new HashSet<>(TABLES);
    own.add("_sluice");
    try (PulsarStandalone broker = stage.broker()) {
      Path lake = QuickstartStage.emptied(LAKE, own);
      stage.say(
          "Broker ready at %s; publishing what Debezium has recorded to %s.*"
              .formatted(broker.serviceUrl(), TOPICS));
      List<ShopPublisher.Topic> topics = ShopPublisher.publish(broker.serviceUrl(), TOPICS);
      stage.say(
          "%,d changes in %d topics; running jobs/ecommerce/{%s}.yaml"
              .formatted(
                  topics.stream().mapToLong(ShopPublisher.Topic::messages).sum(),
                  topics.size(),
                  String.join(",", TABLES)));
      List<JobSpec> jobs = new ArrayList<>();
      for (String table : TABLES) {
        jobs.add(stage.job("ecommerce/" + table + ".yaml", broker, lake.resolve(table)));
      }
      stage.run(jobs);
      stage.say("Reading the tables back");
      report(topics, lake);
    }
  }

  private void report(List<ShopPublisher.Topic> topics, Path lake) {
    ShopTables found = ShopTables.of(lake, TABLES, CUSTOMERS);
    PrintWriter out = stage.out();
    out.printf("%n  %-12s %8s %6s%n", "table", "changes", "rows");
    for (ShopPublisher.Topic topic : topics) {
      Long rows = found.rows().get(topic.table());
      if (rows != null) {
        check(topic, topic.table().equals(CUSTOMERS) ? found.customers() : rows);
        out.printf("  %-12s %,8d %,6d%n", topic.table(), topic.messages(), rows);
      }
    }
    out.printf(
        "%n  Of customers every version is a row; %,d hold now. This is customer %d, who was deleted"
            + " and came back:%n%n",
        found.customers(), ShopTables.CUSTOMER);
    String line = "  %-9s %-9s %-14s %-9s %9s %8s  %s%n";
    out.printf(line, "from", "until", "name", "tier", "credit", "loyalty", "changed_at");
    for (ShopTables.Version version : found.history()) {
      out.printf(
          line,
          version.from(),
          Objects.requireNonNullElse(version.until(), "-"),
          Objects.requireNonNullElse(version.name(), "-"),
          version.tier(),
          Objects.requireNonNullElse(version.credit(), "-"),
          Objects.requireNonNullElse(version.loyalty(), "-"),
          version.changed());
    }
    out.printf("%nThe tables hold the rows that the database has: %s%n", lake);
    out.printf(
        """

        Read them with any Spark that has Delta Lake, or in Python with deltalake and duckdb:
          spark.sql("SELECT * FROM delta.`%1$s/orders`")
          orders = DeltaTable("%1$s/orders").to_pyarrow_dataset(); duckdb.sql("SELECT * FROM orders")
        The same jobs on topics of your own, and every table of a database with one more:
          export PULSAR_SERVICE_URL=pulsar://HOST:6650 PULSAR_ADMIN_URL=http://HOST:8080
          export CDC_TOPICS=persistent://TENANT/NAMESPACE/PREFIX
          sluice run jobs/ecommerce/orders.yaml
          sluice run jobs/ecommerce/database.yaml

        """,
        lake);
    out.flush();
  }

  private static void check(ShopPublisher.Topic topic, long rows) {
    if (rows != topic.rows()) {
      throw new SluiceException(
          Condition.UNEXPECTED,
          "The database's table %s has %,d rows, but %,d were found; the table is kept as it is"
              .formatted(topic.table(), topic.rows(), rows));
    }
  }
}
