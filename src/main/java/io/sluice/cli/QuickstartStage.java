package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.broker.PulsarStandalone;
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
import java.util.stream.Stream;

/** What every demonstration stands on: an empty lake, a private broker, jobs that run, words. */
final class QuickstartStage {

  private final PrintWriter out;
  private final long start = System.nanoTime();

  QuickstartStage(PrintWriter out) {
    this.out = out;
  }

  /** What is printed goes here. */
  PrintWriter out() {
    return out;
  }

  /** Prints a line with the time that has passed. */
  void say(String what) {
    out.printf("[%5.1f s] %s%n", (System.nanoTime() - start) / 1e9, what);
    out.flush();
  }

  /** Starts the broker; whoever closes it says so. */
  PulsarStandalone broker() {
    say("Starting a private Pulsar broker");
    return PulsarStandalone.start(DemonstrationBroker.in("quickstart-broker").withShortLife());
  }

  /** One of the jobs that come with Sluice, on the private broker. */
  JobSpec job(String file, PulsarStandalone broker, Path table) {
    return new JobSpecParser(Environment.ofProcess())
        .read(
            DemonstrationBroker.HOME.resolve("jobs").resolve(file).toString(),
            List.of(
                "pulsar.service_url=" + broker.serviceUrl(),
                "pulsar.admin_url=" + broker.adminUrl(),
                "target.table=" + table))
        .require();
  }

  /** Runs jobs until all have ended. */
  void run(List<JobSpec> jobs) throws InterruptedException {
    JobRunner.run(
        jobs,
        false,
        Duration.ofSeconds(60),
        new ConsoleReporter(out, Clock.system(ZoneId.systemDefault())));
  }

  /**
   * A directory in the lake, empty: the broker of an earlier quickstart is gone, so its tables and
   * checkpoints go with it.
   *
   * @param own what may lie in it
   */
  static Path emptied(String name, Set<String> own) throws IOException {
    String lakes = Objects.requireNonNullElse(System.getenv("LAKE"), "lake");
    Path lake = Path.of(lakes).toAbsolutePath().normalize().resolve(name);
    if (!Files.exists(lake)) {
      return lake;
    }
    try (Stream<Path> entries = Files.list(lake)) {
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
