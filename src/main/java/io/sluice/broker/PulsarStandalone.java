package io.sluice.broker;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Pulsar server of one's own: broker, bookie and metadata store in one child process that listens
 * on loopback only and ends with this JVM.
 *
 * <p>Its data survives {@link #kill()} and {@link #restart()} and is deleted by {@link #close()};
 * its logs stay. It guards against the crash of the process, not of the machine: the journal is not
 * forced to disk.
 */
public final class PulsarStandalone implements AutoCloseable {

  private static final Duration READY_WITHIN = Duration.ofMinutes(5);
  private static final Duration STOPPED_WITHIN = Duration.ofSeconds(30);
  private static final int PORT_ATTEMPTS = 3;
  private static final String COORDINATORS =
      "persistent/pulsar/system/transaction_coordinator_assign/partitions";

  private final StandaloneSettings settings;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final Thread exitHook = new Thread(this::kill, "stop-pulsar");
  private final DirectoryLock lock;
  private Ports ports;
  private Process process;

  private PulsarStandalone(
      StandaloneSettings settings, DirectoryLock lock, Ports ports, Process process) {
    this.settings = settings;
    this.lock = lock;
    this.ports = ports;
    this.process = process;
  }

  /**
   * Starts an empty server on free ports and returns when it answers. Data and log of an earlier
   * server in the same directory are deleted.
   *
   * @throws SluiceException if another server runs in the directory, or it does not become ready;
   *     then the message names its log directory
   */
  public static PulsarStandalone start(StandaloneSettings settings) {
    DirectoryLock lock = DirectoryLock.of(settings.directory());
    try {
      deleteData(settings);
      Files.deleteIfExists(output(settings));
      Ports ports = Ports.free();
      var server = new PulsarStandalone(settings, lock, ports, launch(settings, ports));
      Runtime.getRuntime().addShutdownHook(server.exitHook);
      server.awaitReadyOnSomePorts();
      return server;
    } catch (IOException e) {
      lock.close();
      throw failure(settings, "cannot be started: " + e.getMessage(), e);
    } catch (SluiceException e) {
      lock.close();
      throw e;
    }
  }

  /** The binary protocol's address, {@code pulsar://127.0.0.1:PORT}. */
  public String serviceUrl() {
    return "pulsar://" + Ports.LOOPBACK + ":" + ports.binary();
  }

  /** The admin endpoint's address, {@code http://127.0.0.1:PORT}. */
  public String adminUrl() {
    return "http://" + Ports.LOOPBACK + ":" + ports.web();
  }

  /** The binary protocol's TLS address; listens only where the settings ask for TLS. */
  public String serviceUrlTls() {
    return "pulsar+ssl://localhost:" + ports.binaryTls();
  }

  /** The admin endpoint's TLS address; listens only where the settings ask for TLS. */
  public String adminUrlTls() {
    return "https://localhost:" + ports.webTls();
  }

  /** Where the server writes its logs. */
  public Path logDirectory() {
    return logDirectory(settings);
  }

  /** The server's process id, that of the last start. */
  public long pid() {
    return process.pid();
  }

  /** Whether the server process is alive. */
  public boolean isRunning() {
    return process.isAlive();
  }

  /** Ends the server in good order (SIGTERM), by force after 30 seconds; data stays. */
  public void stop() {
    process.destroy();
    if (!ended(STOPPED_WITHIN)) {
      kill();
    }
  }

  /** Ends the server at once (SIGKILL), as a crash would; data stays. */
  public void kill() {
    process.destroyForcibly();
    ended(STOPPED_WITHIN);
  }

  /**
   * Starts the server again on the same data and ports; a running one is stopped first.
   *
   * @throws SluiceException if it does not become ready; the message names its log directory
   */
  public void restart() {
    stop();
    try {
      process = launch(settings, ports);
    } catch (IOException e) {
      throw failure(settings, "cannot be started again: " + e.getMessage(), e);
    }
    awaitReady();
  }

  /** Stops the server and deletes its data; its logs stay. */
  @Override
  public void close() {
    stop();
    try {
      Runtime.getRuntime().removeShutdownHook(exitHook);
    } catch (IllegalStateException e) {
      // The JVM is going down already: the hook finds the process gone.
    }
    deleteData(settings);
    lock.close();
  }

  private void awaitReadyOnSomePorts() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        awaitReady();
        return;
      } catch (SluiceException e) {
        if (attempt == PORT_ATTEMPTS || !portWasTaken()) {
          throw e;
        }
        // The bookie's port is part of its stored identity, so other ports need fresh data.
        deleteData(settings);
        ports = Ports.free();
        process = launch(settings, ports);
      }
    }
  }

  private void awaitReady() {
    Instant deadline = Instant.now().plus(READY_WITHIN);
    while (!ready()) {
      if (ended(Duration.ofMillis(200))) {
        throw failure(settings, "ended with code " + process.exitValue() + " while starting", null);
      }
      if (Instant.now().isAfter(deadline)) {
        kill();
        throw failure(settings, "was not ready after " + READY_WITHIN.toSeconds() + " s", null);
      }
    }
  }

  /** Broker, then the topics and namespaces that standalone mode creates once the broker is up. */
  private boolean ready() {
    return answer("brokers/health").isPresent()
        && answer("namespaces/pulsar").orElse("").contains("pulsar/system")
        && (!settings.transactions() || answer(COORDINATORS).orElse("").matches(".*:\\s*[1-9].*"))
        && ListeningSockets.ownedBy(process.pid(), ports.binary());
  }

  private Optional<String> answer(String path) {
    var request =
        HttpRequest.newBuilder(URI.create(adminUrl() + "/admin/v2/" + path))
            .timeout(Duration.ofSeconds(10));
    settings.adminToken().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    try {
      var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? Optional.of(response.body()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      throw failure(settings, "start was interrupted", e);
    }
  }

  private boolean ended(Duration within) {
    try {
      return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  private boolean portWasTaken() throws IOException {
    return Files.readString(output(settings), StandardCharsets.ISO_8859_1)
        .contains("Address already in use");
  }

  private static Process launch(StandaloneSettings settings, Ports ports) throws IOException {
    Path directory = settings.directory().toAbsolutePath().normalize();
    Files.createDirectories(logDirectory(settings));
    Path configuration = directory.resolve("standalone.conf");
    Files.write(configuration, settings.configuration(ports));
    var builder =
        new ProcessBuilder(
                settings.distribution().resolve("bin").resolve("pulsar").toString(),
                "standalone",
                "--config",
                configuration.toString(),
                "--metadata-dir",
                directory.resolve("metadata").toString(),
                "--bookkeeper-dir",
                directory.resolve("bookkeeper").toString(),
                "--bookkeeper-port",
                Integer.toString(ports.bookie()),
                "--no-functions-worker",
                "--no-stream-storage",
                "--advertised-address",
                Ports.LOOPBACK)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output(settings).toFile()));
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("PULSAR_") || name.startsWith("BOOKIE_"));
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    String megabytes = settings.heapMegabytes() + "m";
    environment.put(
        "PULSAR_MEM", "-Xms256m -Xmx" + megabytes + " -XX:MaxDirectMemorySize=" + megabytes);
    environment.put(
        "PULSAR_GC",
        settings.shortLived()
            ? "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
            : "-XX:+UseG1GC");
    environment.put("PULSAR_GC_LOG", "-Xlog:disable -Xlog:all=error:stderr");
    environment.put("PULSAR_LOG_DIR", logDirectory(settings).toString());
    environment.put("PULSAR_LOG_APPENDER", "Console");
    return builder.start();
  }

  private static Path logDirectory(StandaloneSettings settings) {
    return settings.directory().toAbsolutePath().normalize().resolve("logs");
  }

  private static Path output(StandaloneSettings settings) {
    return logDirectory(settings).resolve("standalone.log");
  }

  private static void deleteData(StandaloneSettings settings) {
    for (String name : new String[] {"metadata", "bookkeeper"}) {
      deleteTree(settings.directory().resolve(name));
    }
  }

  private static void deleteTree(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new SluiceException(
          Condition.STORAGE_FAILED, "The Pulsar server's data cannot be deleted: " + root, e);
    }
  }

  private static SluiceException failure(
      StandaloneSettings settings, String what, @Nullable Throwable e) {
    return new SluiceException(
        Condition.BROKER_UNREACHABLE,
        "The private Pulsar server " + what + "; its log is in " + logDirectory(settings),
        e);
  }
}
