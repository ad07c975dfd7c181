package io.sluice.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.SluiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PulsarStandaloneIT {

  private static final String TOPIC = "persistent://public/default/kept";

  @TempDir private Path directory;

  @Test
  void restart_afterKill_serverHasEveryMessage() throws Exception {
    List<String> sent = IntStream.range(0, 100).mapToObj(i -> "message " + i).toList();
    PulsarStandalone server = PulsarStandalone.start(settings());
    long pid = server.pid();
    try (server) {
      String url = server.serviceUrl();
      publish(url, sent);

      server.kill();
      assertThat(server.isRunning()).isFalse();
      server.restart();

      assertThat(server.serviceUrl()).isEqualTo(url);
      assertThat(server.pid()).isNotEqualTo(pid);
      assertThatThrownBy(() -> PulsarStandalone.start(settings()))
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining("Another command runs a private Pulsar server in " + directory);
      assertThat(readAll(url)).isEqualTo(sent);
      pid = server.pid();
      assertThat(commandOf(pid)).contains("PulsarStandaloneStarter");
    }
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    assertThat(directory.resolve("metadata")).doesNotExist();
    assertThat(directory.resolve("bookkeeper")).doesNotExist();
    assertThat(server.logDirectory().resolve("standalone.log")).isNotEmptyFile();
  }

  @Test
  void start_wrongSetting_failsAndNamesTheLogs() {
    StandaloneSettings broken = settings().with("managedLedgerDefaultEnsembleSize", "no number");

    assertThatThrownBy(() -> PulsarStandalone.start(broken))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("BROKER_UNREACHABLE")
        .hasMessageContaining(directory.resolve("logs").toString());
  }

  private StandaloneSettings settings() {
    return StandaloneSettings.in(Path.of("target", "pulsar"), directory).withShortLife();
  }

  private static String commandOf(long pid) throws Exception {
    return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
  }

  private static void publish(String url, List<String> messages) throws Exception {
    try (PulsarClient client = PulsarClient.builder().serviceUrl(url).build();
        var producer = client.newProducer(Schema.STRING).topic(TOPIC).create()) {
      for (String message : messages) {
        producer.send(message);
      }
    }
  }

  private static List<String> readAll(String url) throws Exception {
    List<String> read = new ArrayList<>();
    try (PulsarClient client = PulsarClient.builder().serviceUrl(url).build();
        var reader = client.newReader().topic(TOPIC).startMessageId(MessageId.earliest).create()) {
      while (reader.hasMessageAvailable()) {
        read.add(new String(reader.readNext().getData(), UTF_8));
      }
    }
    return read;
  }
}
