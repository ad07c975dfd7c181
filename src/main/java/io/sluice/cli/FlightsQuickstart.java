package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.broker.PulsarStandalone;
import io.sluice.quickstart.FlightDelays;
import io.sluice.quickstart.FlightsPublisher;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Real flights are appended to a table, which is compared with the topic. */
final class FlightsQuickstart {

  private static final String TOPIC = "persistent://public/default/flights";
  private static final int PARTITIONS = 4;

  private final QuickstartStage stage;

  FlightsQuickstart(QuickstartStage stage) {
    this.stage = stage;
  }

  void run() throws IOException, InterruptedException {
    try (PulsarStandalone broker = stage.broker()) {
      Path table =
          QuickstartStage.emptied("quickstart", Set.of("flights", "_sluice")).resolve("flights");
      stage.say("Broker ready at " + broker.serviceUrl() + "; publishing real flights to " + TOPIC);
      FlightsPublisher.createTopic(broker.adminUrl(), TOPIC, PARTITIONS);
      long published =
          FlightsPublisher.publish(
              broker.serviceUrl(),
              TOPIC,
              Long.MAX_VALUE,
              false,
              sent -> stage.say("  %,d flights sent".formatted(sent)));
      stage.say(
          "%,d flights in %d partitions; running jobs/quickstart.yaml"
              .formatted(published, PARTITIONS));
      stage.run(List.of(stage.job("quickstart.yaml", broker, table)));
      stage.say("Reading the table back");
      report(published, FlightDelays.of(table.toString()), table);
    }
  }

  private void report(long published, FlightDelays delays, Path table) {
    if (delays.flights() != published) {
      throw new SluiceException(
          Condition.UNEXPECTED,
          "%,d flights were published, but the table %s holds %,d; the table is kept as it is"
              .formatted(published, table, delays.flights()));
    }
    PrintWriter out = stage.out();
    out.printf("%n  origin   flights   mean delay (min)%n");
    delays
        .worst()
        .forEach(
            o -> out.printf("  %-6s %,9d   %16.1f%n", o.airport(), o.flights(), o.meanDelay()));
    out.printf(
        "%nThe table holds every one of the %,d published flights: %s%n%n", published, table);
    out.flush();
  }
}
