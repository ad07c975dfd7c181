package io.sluice.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice quickstart}: real events from a private broker into Delta tables. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Shows Sluice at work on real events and a Pulsar broker of its own.",
    description = {
      "%nStarts a private broker on loopback, publishes real flights to a topic of four partitions,"
          + " runs jobs/quickstart.yaml as 'sluice run' would, and compares the table with the"
          + " topic. The broker is stopped at the end. The table stays in lake/quickstart, or in"
          + " quickstart below the directory that LAKE names; the next quickstart begins anew"
          + " there.",
      "%nWith --cdc, the topics are those of a database: Debezium's recorded changes of a shop's"
          + " customers, orders, order items and carts. It runs jobs/ecommerce/customers.yaml, which"
          + " keeps every version (SCD type 2), orders.yaml and order_items.yaml; database.yaml"
          + " beside them is for all tables at once. The tables stay in lake/quickstart-cdc."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The table holds every published flight, or the tables equal the database's.",
      "other:See 'sluice --help'."
    },
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice quickstart",
      "  sluice quickstart --cdc",
      "  LAKE=/tmp/lake sluice quickstart",
      "%nThe jobs of --cdc on topics of your own, named PREFIX.TABLE:%n",
      "  export PULSAR_SERVICE_URL=pulsar://HOST:6650 PULSAR_ADMIN_URL=http://HOST:8080",
      "  CDC_TOPICS=persistent://TENANT/NAMESPACE/PREFIX sluice run jobs/ecommerce/database.yaml"
    })
final class QuickstartCommand implements Callable<Integer> {

  @Option(
      names = "--cdc",
      description = {
        "Changes of a shop's database instead of flights: publishes what Debezium has recorded,",
        "runs jobs of jobs/ecommerce, and compares the tables with the database's."
      })
  private boolean cdc;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException, IOException {
    var stage = new QuickstartStage(spec.commandLine().getOut());
    if (cdc) {
      new DatabaseQuickstart(stage).run();
    } else {
      new FlightsQuickstart(stage).run();
    }
    stage.say("Broker stopped. Done.");
    return 0;
  }
}
