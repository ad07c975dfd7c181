package io.sluice.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.testing.S3Server;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * Trino in a process of its own, on loopback, with two catalogs: {@code lake} for local files and
 * {@code s3} for a bucket. It is asked by its client protocol.
 *
 * @see <a href="https://trino.io/docs/476/develop/client-protocol.html">Client protocol</a>
 */
final class TrinoServer implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long POLL_MILLIS = 500;
  private static final String NO_NODES = "No nodes available to run query";
  private static final JsonMapper JSON = new JsonMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI address;
  private final ChildProcess process;

  private TrinoServer(URI address, ChildProcess process) {
    this.address = address;
    this.process = process;
  }

  /** A query that Trino could not run; the message is Trino's. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * Starts it and returns when it answers queries.
   *
   * @param directory for its files
   * @param lake the directory that is {@code local:///} in the catalog {@code lake}
   * @param bucket what the catalog {@code s3} may keep its schemas in
   */
  static TrinoServer start(Programs programs, Path directory, Path lake, S3Server s3, String bucket)
      throws IOException {
    return start(programs, directory, Map.of("lake", lake(lake), "s3", s3(s3, bucket)));
  }

  /**
   * Starts it and returns when it answers queries.
   *
   * @param directory for its files
   * @param properties the properties of each catalog, by its name
   */
  static TrinoServer start(Programs programs, Path directory, Map<String, String> properties)
      throws IOException {
    Path catalogs = Files.createDirectories(directory.resolve("catalogs"));
    for (Map.Entry<String, String> each : properties.entrySet()) {
      Files.writeString(catalogs.resolve(each.getKey() + ".properties"), each.getValue());
    }
    int port = ChildProcess.freePort();
    URI address = URI.create("http://127.0.0.1:" + port);
    Files.writeString(
        directory.resolve("config.properties"),
        """
        coordinator=true
        node-scheduler.include-coordinator=true
        node.bind-ip=127.0.0.1
        node.internal-address=127.0.0.1
        http-server.http.port=%d
        discovery.uri=%s
        memory.heap-headroom-per-node=100MB
        query.max-memory-per-node=150MB
        plugin.dir=%s
        """
            .formatted(port, address, programs.trino().resolve("plugin")));
    Files.writeString(directory.resolve("log.properties"), "io.trino=WARN\nio.airlift=WARN\n");
    ChildProcess process =
        ChildProcess.start(
            directory,
            directory.resolve("trino.log"),
            Map.of(),
            List.of(
                programs.java().toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:ReservedCodeCacheSize=240m",
                "-Dnode.environment=test",
                "-Dnode.data-dir=" + directory.resolve("data"),
                "-Dcatalog.config-dir=" + catalogs,
                "-Dconfig=" + directory.resolve("config.properties"),
                "-Dlog.levels-file=" + directory.resolve("log.properties"),
                "-cp",
                programs.trino().resolve("lib") + "/*",
                "io.trino.server.TrinoServer"));
    TrinoServer server = new TrinoServer(address, process);
    try {
      server.awaitQueries();
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  private static String lake(Path directory) {
    return """
        connector.name=delta_lake
        hive.metastore=file
        hive.metastore.catalog.dir=local:///trino
        fs.native-local.enabled=true
        local.location=%s
        delta.register-table-procedure.enabled=true
        """
        .formatted(directory);
  }

  private static String s3(S3Server s3, String bucket) {
    return """
        connector.name=delta_lake
        hive.metastore=file
        hive.metastore.catalog.dir=s3://%s/trino
        fs.native-s3.enabled=true
        s3.endpoint=%s
        s3.region=%s
        s3.path-style-access=true
        s3.aws-access-key=%s
        s3.aws-secret-key=%s
        delta.register-table-procedure.enabled=true
        """
        .formatted(bucket, s3.endpoint(), s3.region(), s3.accessKey(), s3.secretKey());
  }

  private void awaitQueries() throws IOException {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(POLL_MILLIS))
        .ignoreExceptionsMatching(e -> e instanceof ConnectException || e instanceof Refused)
        .until(() -> !process.isAlive() || query("SELECT 1").equals(List.of(List.of("1"))));
    if (!process.isAlive()) {
      throw new AssertionError("Trino has ended:\n" + process.output());
    }
  }

  /** Where it listens. */
  URI address() {
    return address;
  }

  /**
   * Runs a statement to its end.
   *
   * @return the rows, each value as text; {@code null} for null
   * @throws Refused if Trino does not run it
   */
  List<List<String>> query(String sql) throws IOException, InterruptedException, Refused {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (true) {
      try {
        return rows(sql);
      } catch (Refused e) {
        // Trino answers some time before it knows that it has a catalog itself; nothing has run
        // then.
        if (!NO_NODES.equals(e.getMessage()) || Instant.now().isAfter(deadline)) {
          throw e;
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }

  private List<List<String>> rows(String sql) throws IOException, InterruptedException, Refused {
    List<List<String>> rows = new ArrayList<>();
    JsonNode page =
        send(
            HttpRequest.newBuilder(address.resolve("/v1/statement"))
                .POST(BodyPublishers.ofString(sql)));
    while (true) {
      for (JsonNode row : page.path("data")) {
        List<String> values = new ArrayList<>();
        row.forEach(value -> values.add(value.isNull() ? null : value.asText()));
        rows.add(values);
      }
      if (page.has("error")) {
        throw new Refused(page.path("error").path("message").asText());
      }
      if (!page.has("nextUri")) {
        return rows;
      }
      page = send(HttpRequest.newBuilder(URI.create(page.path("nextUri").asText())));
    }
  }

  private JsonNode send(HttpRequest.Builder request)
      throws IOException, InterruptedException, Refused {
    HttpRequest whole =
        request.header("X-Trino-User", "sluice").timeout(Duration.ofMinutes(1)).build();
    HttpResponse<String> response = http.send(whole, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new Refused(response.statusCode() + " " + response.body());
    }
    return JSON.readTree(response.body());
  }

  @Override
  public void close() {
    process.close();
  }
}
