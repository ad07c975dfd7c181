package io.sluice.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * An S3 server on loopback, S3Proxy in a process of its own, whose conditional writes are atomic.
 *
 * <p>{@code @RegisterExtension static final S3Server S3 = S3Server.shared()} uses the one of the
 * test JVM: started by the first class that asks, stopped after the last. A class has buckets of
 * its own, {@link #newBucket()}; {@link #hadoopSettings} are bound to one bucket, so that no two
 * tests meet in the settings of the JVM's one Spark.
 */
public final class S3Server implements BeforeAllCallback {

  private static final Namespace NAMESPACE = Namespace.create(S3Server.class);
  private static final Path JAR = Path.of("target", "s3proxy", "s3proxy.jar").toAbsolutePath();
  private static final Path DIRECTORY = Path.of("target", "s3").toAbsolutePath();

  private @Nullable Running running;

  private S3Server() {}

  /** The server that the whole test JVM shares. */
  public static S3Server shared() {
    return new S3Server();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    running =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent("shared", key -> Running.start(), Running.class);
  }

  /** Its address, {@code http://127.0.0.1:PORT}. */
  public String endpoint() {
    return running().endpoint;
  }

  /** The name by which a client signs its requests. */
  public String accessKey() {
    return "sluice-tests";
  }

  /** The secret by which a client signs its requests. */
  public String secretKey() {
    return "kept-from-every-message";
  }

  /** The region that clients have to name. */
  public String region() {
    return "us-east-1";
  }

  /** Makes an empty bucket that nobody else has and gives its name. */
  public String newBucket() throws IOException {
    String name = "lake-" + UUID.randomUUID();
    Files.createDirectory(running().data.resolve(name));
    return name;
  }

  /** What Hadoop has to know to reach a bucket of this server, for this bucket alone. */
  public Map<String, String> hadoopSettings(String bucket) {
    return hadoopSettings(bucket, endpoint());
  }

  /**
   * What Hadoop has to know to reach a bucket by another address.
   *
   * @param endpoint that of a proxy before this server
   */
  public Map<String, String> hadoopSettings(String bucket, String endpoint) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("endpoint", endpoint);
    settings.put("endpoint.region", region());
    settings.put("access.key", accessKey());
    settings.put("secret.key", secretKey());
    settings.put(
        "aws.credentials.provider", "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider");
    settings.put("path.style.access", "true");
    settings.put("connection.ssl.enabled", "false");
    settings.put("change.detection.version.required", "false");
    settings.put("attempts.maximum", "2");
    settings.put("retry.limit", "2");
    settings.put("retry.interval", "50ms");
    Map<String, String> bound = new LinkedHashMap<>();
    settings.forEach((key, value) -> bound.put("fs.s3a.bucket." + bucket + "." + key, value));
    return bound;
  }

  /** A configuration of Hadoop's with {@link #hadoopSettings(String)}. */
  public Configuration hadoop(String bucket) {
    Configuration hadoop = new Configuration();
    hadoopSettings(bucket).forEach(hadoop::set);
    return hadoop;
  }

  /** Where a bucket's objects lie as files. */
  public Path files(String bucket) {
    return running().data.resolve(bucket);
  }

  private Running running() {
    return Objects.requireNonNull(running, "the server runs only while its test class runs");
  }

  /** The process. */
  private static final class Running implements AutoCloseable {
    private final Process process;
    private final Thread exitHook;
    private final String endpoint;
    private final Path data;

    private Running(Process process, String endpoint, Path data) {
      this.process = process;
      this.endpoint = endpoint;
      this.data = data;
      exitHook = new Thread(process::destroyForcibly, "stop-s3-server");
      Runtime.getRuntime().addShutdownHook(exitHook);
    }

    static Running start() {
      try {
        Path directory =
            Files.createDirectories(
                DIRECTORY.resolve(Long.toString(ProcessHandle.current().pid())));
        Path data = Files.createDirectories(directory.resolve("data"));
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
          port = free.getLocalPort();
        }
        String endpoint = "http://127.0.0.1:" + port;
        var server = new S3Server();
        Path settings =
            Files.write(
                directory.resolve("s3proxy.conf"),
                List.of(
                    "s3proxy.endpoint=" + endpoint,
                    "s3proxy.authorization=aws-v2-or-v4",
                    "s3proxy.identity=" + server.accessKey(),
                    "s3proxy.credential=" + server.secretKey(),
                    "s3proxy.ignore-unknown-headers=true",
                    "jclouds.provider=filesystem-nio2",
                    "jclouds.identity=local",
                    "jclouds.credential=local",
                    "jclouds.filesystem.basedir=" + data));
        Path logging =
            Files.writeString(
                directory.resolve("logback.xml"),
                """
                <configuration>
                  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>%d %p %c %m%n</pattern></encoder>
                  </appender>
                  <root level="WARN"><appender-ref ref="out"/></root>
                </configuration>
                """);
        Process process =
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dlogback.configurationFile=" + logging.toUri(),
                    "-cp",
                    JAR.toString(),
                    "org.gaul.s3proxy.Main",
                    "--properties",
                    settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("server.log").toFile())
                .start();
        Running running = new Running(process, endpoint, data);
        Awaitility.await("the S3 server")
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(100))
            .ignoreExceptions()
            .failFast("the S3 server has ended; see " + directory, () -> !process.isAlive())
            .until(() -> answers(endpoint));
        return running;
      } catch (IOException e) {
        throw new IllegalStateException("cannot start the S3 server", e);
      }
    }

    private static boolean answers(String endpoint) throws IOException, InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(endpoint)).timeout(Duration.ofSeconds(5)).build();
      return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode() > 0;
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
      process.destroyForcibly().onExit().join();
      Runtime.getRuntime().removeShutdownHook(exitHook);
    }
  }
}
