package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.DriverProcess;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A driver that is asked to end, as a scheduler asks. */
class StopIT {

  private static final int SIGTERM = 128 + 15;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void sigterm_jobInTheMiddle_finishesItsBatchAndLosesNothing() throws Exception {
    String topic = BROKER.createTopic("stop", 2);
    TopicAndTable.publish(BROKER, topic, 0, 300);
    Path file =
        JobText.of("stop", BROKER, topic, lake.path("table"))
            .with("source.max_rows_per_batch", "20")
            .write(lake.path());
    DriverProcess driver = driver("first", file, "--trigger", "every=100ms");
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> !driver.isAlive() || driver.output().contains("  stop  batch 1 "));

    driver.terminate();

    assertThat(driver.exitCode()).as(driver.output()).isEqualTo(SIGTERM);
    assertThat(driver.output())
        .contains("asked to stop: finishing the batches in flight")
        .containsPattern("stop  ended: [\\d,]+ rows in \\d+ batches");
    List<Path> offsets = files(lake.path().resolve("_sluice/stop/checkpoint/offsets"));
    List<Path> commits = files(lake.path().resolve("_sluice/stop/checkpoint/commits"));
    assertThat(offsets.size() - commits.size()).isBetween(0, 1);

    DriverProcess again = driver("again", file);
    assertThat(again.exitCode()).as(again.output()).isZero();
    assertThat(TopicAndTable.ofTable(lake.path("table")))
        .hasSize(300)
        .isEqualTo(TopicAndTable.ofTopic(BROKER, topic, 2));
  }

  private DriverProcess driver(String name, Path file, String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("run", file.toString()));
    arguments.addAll(List.of(options));
    return DriverProcess.start(lake.path().resolve(name + ".log"), List.of(), arguments);
  }

  private static List<Path> files(Path directory) throws Exception {
    try (var paths = Files.list(directory)) {
      return paths.filter(p -> p.getFileName().toString().matches("\\d+")).toList();
    }
  }
}
