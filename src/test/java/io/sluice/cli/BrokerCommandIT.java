package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Schema;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice broker} as the process that users start. */
class BrokerCommandIT {

  private static final int TERMINATED = 143;
  private static final Pattern SETTINGS =
      Pattern.compile("export PULSAR_SERVICE_URL=(pulsar://\\S+) PULSAR_ADMIN_URL=http://\\S+\n");

  @TempDir private Path directory;
  private final List<ProcessHandle> processes = new ArrayList<>();

  @AfterEach
  void end() {
    processes.forEach(ProcessHandle::destroyForcibly);
  }

  @Test
  void terminated_endsTheBrokerAndDeletesItsData() throws Exception {
    Process started = start(List.of());
    String serviceUrl = serviceUrl();
    ProcessHandle broker = child(started.toHandle());
    try (PulsarClient client = PulsarClient.builder().serviceUrl(serviceUrl).build();
        var producer = client.newProducer(Schema.STRING).topic("tried").create();
        var reader =
            client
                .newReader(Schema.STRING)
                .topic("tried")
                .startMessageId(MessageId.earliest)
                .create()) {
      producer.send("here");
      assertThat(reader.readNext().getValue()).isEqualTo("here");
    }
    Path data = Path.of("target", "broker", Long.toString(started.pid()), "bookkeeper");
    assertThat(data).isNotEmptyDirectory();

    started.destroy();

    assertThat(started.waitFor()).as(output()).isEqualTo(TERMINATED);
    assertThat(broker.isAlive()).isFalse();
    assertThat(data).doesNotExist();
    assertThat(output()).matches(SETTINGS);
  }

  @Test
  void starterEnds_endsTheBroker() throws Exception {
    Process started = start(List.of("sh", "-c", "\"$@\" & wait", "sh"));
    serviceUrl();
    ProcessHandle command = child(started.toHandle());
    ProcessHandle broker = child(command);

    started.destroyForcibly();

    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> !command.isAlive() && !broker.isAlive());
    assertThat(output()).matches(SETTINGS);
  }

  @Test
  void brokerDies_isAFailureThatNamesItsLog() throws Exception {
    Process started = start(List.of());
    serviceUrl();

    child(started.toHandle()).destroyForcibly();

    assertThat(started.waitFor()).isEqualTo(Condition.BROKER_UNREACHABLE.exitCode());
    assertThat(output()).contains("The broker has ended by itself", "/logs");
  }

  private Process start(List<String> starter) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "io.sluice.cli.Sluice",
            "broker");
    Process started =
        new ProcessBuilder(Stream.concat(starter.stream(), command.stream()).toList())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    processes.add(started.toHandle());
    return started;
  }

  private String serviceUrl() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(5))
        .until(
            () -> SETTINGS.matcher(output()).results().map(found -> found.group(1)).toList(),
            found -> !found.isEmpty())
        .get(0);
  }

  private ProcessHandle child(ProcessHandle parent) {
    ProcessHandle child = parent.children().findFirst().orElseThrow();
    processes.add(child);
    return child;
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }
}
