package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.broker.PulsarStandalone;
import io.sluice.broker.StandaloneSettings;
import io.sluice.quickstart.FlightDelays;
import io.sluice.quickstart.FlightsPublisher;
import io.sluice.runtime.JobRunner;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice quickstart}: real events from a private broker into a Delta table. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Runs jobs/quickstart.yaml on real flights and a Pulsar broker of its own.",
    description = {
      "%nStarts a private broker on loopback, publishes real flights to a topic of four partitions,"
          + " runs the job as 'sluice run' would, and compares the table with the topic. The broker"
          + " is stopped at the end. The table stays in lake/quickstart, or in quickstart below the"
          + " directory that LAKE names; the next quickstart begins anew there."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:The table holds every published flight.", "other:See 'sluice --help'."},
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {"  sluice quickstart", "  LAKE=/tmp/lake sluice quickstart"})
final class QuickstartCommand implements Callable<Integer> {

  private static final String TOPIC = "persistent://public/default/flights";
  private static final int PARTITIONS = 4;

  @Spec private CommandSpec spec;

  private final long start = System.nanoTime();

  @Override
  public Integer call() throws InterruptedException, IOException {
    Path home = Path.of(Objects.requireNonNullElse(System.getenv("SLUICE_HOME"), "."));
    String lakes = Objects.requireNonNullElse(System.getenv("LAKE"), "lake");
    Path lake = emptied(Path.of(lakes).toAbsolutePath().normalize().resolve("quickstart"));
    Path table = lake.resolve("flights");

    say("Starting a private Pulsar broker");
    Path build = home.resolve("target");
    try (PulsarStandalone broker =
        PulsarStandalone.start(
            StandaloneSettings.in(build.resolve("pulsar"), build.resolve("quickstart-broker"))
                .with("defaultRetentionTimeInMinutes", "-1")
                .with("defaultRetentionSizeInMB", "-1"))) {
      say("Broker ready at " + broker.serviceUrl() + "; publishing real flights to " + TOPIC);
      FlightsPublisher.createTopic(broker.adminUrl(), TOPIC, PARTITIONS);
      long published =
          FlightsPublisher.publish(
              broker.serviceUrl(),
              TOPIC,
              Long.MAX_VALUE,
              false,
              sent -> say("  %,d flights sent".formatted(sent)));
      say(
          "%,d flights in %d partitions; running jobs/quickstart.yaml"
              .formatted(published, PARTITIONS));
      run(job(home, broker, table));
      say("Reading the table back");
      report(published, FlightDelays.of(table.toString()), table);
    }
    say("Broker stopped. Done.");
    return 0;
  }

  private static JobSpec job(Path home, PulsarStandalone broker, Path table) {
    return new JobSpecParser(Environment.ofProcess())
        .read(
            home.resolve("jobs").resolve("quickstart.yaml").toString(),
            List.of(
                "pulsar.service_url=" + broker.serviceUrl(),
                "pulsar.admin_url=" + broker.adminUrl(),
                "target.table=" + table))
        .require();
  }

  private void run(JobSpec job) throws InterruptedException {
    JobRunner.run(
        List.of(job),
        false,
        Duration.ofSeconds(60),
        new ConsoleReporter(spec.commandLine().getOut(), Clock.system(ZoneId.systemDefault())));
  }

  private void report(long published, FlightDelays delays, Path table) {
    if (delays.flights() != published) {
      throw new SluiceException(
          Condition.UNEXPECTED,
          "%,d flights were published, but the table %s holds %,d; the table is kept as it is"
              .formatted(published, table, delays.flights()));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%n  origin   flights   mean delay (min)%n");
    delays
        .worst()
        .forEach(
            o -> out.printf("  %-6s %,9d   %16.1f%n", o.airport(), o.flights(), o.meanDelay()));
    out.printf(
        "%nThe table holds every one of the %,d published flights: %s%n%n", published, table);
    out.flush();
  }

  private void say(String what) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("[%5.1f s] %s%n", (System.nanoTime() - start) / 1e9, what);
    out.flush();
  }

  /** The broker of an earlier quickstart is gone, so its table and checkpoint go with it. */
  private static Path emptied(Path lake) throws IOException {
    if (!Files.exists(lake)) {
      return lake;
    }
    try (Stream<Path> entries = Files.list(lake)) {
      Set<String> own = Set.of("flights", "_sluice");
      List<Path> foreign =
          entries.filter(path -> !own.contains(path.getFileName().toString())).toList();
      if (!foreign.isEmpty()) {
        throw new SluiceException(
            Condition.STORAGE_FAILED,
            "The quickstart begins with an empty directory, but %s holds %s, which is not its own."
                    .formatted(lake, foreign.get(0).getFileName())
                + " Move it away, or name another directory with LAKE.");
      }
    }
    try (Stream<Path> paths = Files.walk(lake)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    return lake;
  }
}
