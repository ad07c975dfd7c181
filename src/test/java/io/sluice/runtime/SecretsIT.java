package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.BrokerCredentials;
import io.sluice.testing.DriverProcess;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pulsar.common.policies.data.AuthAction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where the secrets of a running job could come to light. */
class SecretsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.secured();

  @RegisterExtension final TempLake lake = new TempLake();

  private final BrokerCredentials credentials = BROKER.credentials();
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void runningJob_passwords_areOnNoPageAndInNoFile() throws Exception {
    String topic = BROKER.createTopic("secrets", 2);
    BROKER
        .admin()
        .topics()
        .grantPermission(topic, BrokerCredentials.PASSWORD_ROLE, Set.of(AuthAction.consume));
    TopicAndTable.publish(BROKER, topic, 0, 100);
    Path secrets = Files.createDirectories(Path.of("target", "secrets").toAbsolutePath());
    Files.writeString(
        secrets.resolve("auth.json"),
        "{\"userId\":\"%s\",\"password\":\"%s\"}"
            .formatted(BrokerCredentials.PASSWORD_ROLE, credentials.password()));
    Files.writeString(secrets.resolve("store"), credentials.storePassword());
    Path job =
        JobText.of("secrets", BROKER, topic, lake.path("table"))
            .with("pulsar.service_url", BROKER.server().serviceUrlTls())
            .with("pulsar.admin_url", BROKER.server().adminUrlTls())
            .with("pulsar.options", options(secrets))
            .write(lake.path());
    int port = freePort();
    DriverProcess driver =
        DriverProcess.start(
            lake.path().resolve("driver.log"),
            List.of(
                "-Dspark.ui.enabled=true",
                "-Dspark.ui.port=" + port,
                "-Dspark.eventLog.enabled=true",
                "-Dspark.eventLog.compress=false",
                "-Dspark.eventLog.dir=" + Files.createDirectory(lake.path().resolve("events"))),
            List.of("run", job.toString(), "--trigger", "every=100ms"));
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> !driver.isAlive() || driver.output().contains("  secrets  batch "));
    assertThat(driver.isAlive()).as(driver.output()).isTrue();

    String ui = "http://127.0.0.1:" + port;
    String applications = page(ui + "/api/v1/applications");
    Matcher id = Pattern.compile("\"id\" : \"([^\"]+)\"").matcher(applications);
    assertThat(id.find()).as(applications).isTrue();
    String api = ui + "/api/v1/applications/" + id.group(1);
    assertHidden("environment", page(api + "/environment"), "spark.app.name");
    assertHidden("queries", page(api + "/sql?details=true&planDescription=true"), "pulsar");
    assertHidden("environment page", page(ui + "/environment/"), "spark.app.name");
    assertHidden("query page", page(ui + "/SQL/execution/?id=0"), "Details");
    assertHidden("streams page", page(ui + "/StreamingQuery/"), "Streaming Query");
    assertHidden("jobs page", page(ui + "/jobs/"), "Spark Jobs");

    driver.terminate();
    driver.exitCode();
    assertThat(TopicAndTable.ofTable(lake.path("table"))).hasSize(100);
    int files = 0;
    try (Stream<Path> paths = Files.walk(lake.path())) {
      for (Path file : paths.filter(Files::isRegularFile).toList()) {
        assertHidden(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1), "");
        files++;
      }
    }
    assertThat(files).isGreaterThan(10);
    try (Stream<Path> events = Files.walk(lake.path().resolve("events"))) {
      assertThat(events.filter(Files::isRegularFile)).isNotEmpty();
    }
  }

  private String options(Path secrets) {
    return "{authPluginClassName: org.apache.pulsar.client.impl.auth.AuthenticationBasic,"
        + " authParams: \"${file:%s}\", useKeyStoreTls: true, statsIntervalSeconds: 1,"
            .formatted(secrets.resolve("auth.json"))
        + " tlsTrustStorePath: %s, tlsTrustStorePassword: \"${file:%s}\"}"
            .formatted(credentials.trustStore(), secrets.resolve("store"));
  }

  private void assertHidden(String where, String text, String expected) {
    assertThat(text)
        .as(where)
        .contains(expected)
        .doesNotContain(credentials.password())
        .doesNotContain(credentials.storePassword());
  }

  private String page(String url) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(url).isEqualTo(200);
    return response.body();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
