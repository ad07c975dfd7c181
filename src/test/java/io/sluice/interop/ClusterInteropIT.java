package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.quickstart.FlightsPublisher;
import io.sluice.quickstart.ShopPublisher;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkCluster;
import io.sluice.testing.SparkHome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A standalone cluster of an installed Spark runs the quickstart's job and one that merges a
 * database's changes: driver here and on a worker, with sluice.jar and with the thin jar. What dies
 * loses nothing, and no file tells a secret.
 */
class ClusterInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final Path DIRECTORY = Path.of("target", "cluster").toAbsolutePath();
  private static final Path JAR = Path.of("target", "sluice.jar").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int FLIGHTS = 3_000;

  /** The broker asks for none; it is only to be seen nowhere. */
  private static final String TOKEN = "kept-where-nobody-reads-it";

  private static @Nullable SparkCluster cluster;
  private static SparkHome home;
  private static Path submit;
  private static ThinJar thin;

  @BeforeAll
  static void startCluster() throws Exception {
    assertThat(JAR).as("target/sluice.jar, which the build of this profile makes").exists();
    delete(DIRECTORY);
    home = SparkHome.ofSparkAlone(Files.createDirectories(DIRECTORY).resolve("spark"));
    submit = home.withLauncher();
    thin = ThinJar.in(DIRECTORY);
    cluster =
        SparkCluster.start(
            DIRECTORY,
            home,
            new SparkCluster.Worker(4, "2500m"),
            // To compile takes longer than to run.
            Map.of("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"));
    FlightsPublisher.createTopic(BROKER.adminUrl(), QuickstartTables.FLIGHTS, 4);
    publishFlights();
    ShopPublisher.publish(BROKER.serviceUrl(), QuickstartTables.SHOP);
    QuickstartTables all = QuickstartTables.ofTopics(BROKER.client());
    assertThat(all.flights().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(FLIGHTS);
    assertThat(all.orders()).hasSizeGreaterThan(40);
  }

  @AfterAll
  static void stopCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void noFile_holdsTheToken() throws IOException {
    assertThat(holding(TOKEN)).isEmpty();
  }

  @Test
  void launcher_clientMode_readsOnBothWorkers_andItsEventLogHasNoSecret() throws Exception {
    ClusterRun run = run("launcher");

    assertThat(run.launch()).as(run.output()).isZero();

    run.assertComplete();
    assertThat(run.events().readers()).containsExactlyElementsOf(cluster().workers());
    assertThat(run.events().plans()).anyMatch(plan -> plan.contains("pulsar"));
    assertThat(holding(QuickstartTables.FLIGHTS))
        .anyMatch(file -> file.startsWith(DIRECTORY.resolve("events")));
  }

  @Test
  void page_everyCommand_fillsTheTable() throws Exception {
    PageShell shell = PageShell.in(Files.createDirectory(DIRECTORY.resolve("page")), BROKER);
    Path lake = DIRECTORY.resolve("lakes/page");
    shell
        .environment()
        .putAll(
            Map.of(
                "SPARK_HOME", home.directory().toString(),
                "SPARK_LOCAL_IP", "127.0.0.1",
                "MASTER", cluster().url(),
                "PULSAR_SERVICE_URL", BROKER.serviceUrl(),
                "PULSAR_ADMIN_URL", BROKER.adminUrl(),
                "LAKE", lake.toString()));

    shell.type(Path.of("docs", "clusters.md"));

    assertThat(QuickstartTables.flightsOfLake(lake))
        .isEqualTo(QuickstartTables.ofTopics(BROKER.client()).flights());
  }

  @Test
  void packages_clientMode_executorsDieWhileTheyRead_loseNothing() throws Exception {
    ClusterRun run = run("packages");
    List<String> options = new ArrayList<>(thin.packages());
    options.addAll(
        List.of(
            "--conf",
            "spark.executor.extraJavaOptions=-Dsluice.fault=source.read@" + (mostEntries() + 1),
            "--conf",
            "spark.task.maxFailures=10"));

    assertThat(run.submit("client", options, "spark-internal")).as(run.output()).isZero();

    run.assertComplete();
    assertThat(run.events().lostTasks()).isPositive();
  }

  @Test
  void jar_clusterMode_resultFileTellsWhatTheExitCodeDoesNot() throws Exception {
    List<String> wait = List.of("--conf", "spark.standalone.submit.waitAppCompletion=true");
    ClusterRun run = run("jar");

    assertThat(run.submit("cluster", wait, JAR.toString())).as(run.output()).isZero();

    assertThat(run.result().path("exit_code").asInt(-1)).isZero();
    run.assertComplete();

    ClusterRun failing = run("failing");
    String[] wrong = {"--set", "pulsar.service_url=pulsar://127.0.0.1:1"};
    assertThat(failing.submit("cluster", wait, JAR.toString(), wrong))
        .as("a driver's failure, for spark-submit")
        .isZero();
    assertThat(failing.output()).contains("is FAILED");
    assertThat(failing.result().path("exit_code").asInt()).isEqualTo(10);
  }

  @Test
  void thinJar_clusterMode_workerOfTheDriverDies_goesOnElsewhereUntilItIsStopped()
      throws Exception {
    ClusterRun run = run("supervised");
    List<String> options = new ArrayList<>(thin.jars(cluster(), submit));
    options.add("--supervise");
    String[] always = {"--trigger", "every=500ms"};

    assertThat(run.submit("cluster", options, thin.file().toString(), always))
        .as(run.output())
        .isZero();
    await(() -> Files.exists(log("quickstart/flights", 1, run)));
    Path driver = run.drivers().get(0);
    String host = run.host(driver);
    cluster().killWorker(host);
    try {
      publishFlights();
      await(() -> run.drivers().size() == 2);
      await(() -> Files.exists(log("ecommerce/orders", 0, run)) && run.differences().isEmpty());
    } finally {
      cluster().startWorker(host);
    }

    List<Path> drivers = new ArrayList<>(run.drivers());
    assertThat(drivers)
        .extracting(run::host)
        .containsExactlyInAnyOrderElementsOf(cluster().workers());
    drivers.remove(driver);
    String id = String.valueOf(drivers.get(0).getFileName());
    assertThat(cluster().exitCode("stop", cluster().stopDriver("stop", id)))
        .as(cluster().output("stop"))
        .isZero();
    assertThat(cluster().output("stop")).contains("is KILLED");
    assertThat(run.drivers()).hasSize(2);
    run.assertComplete();
  }

  private static ClusterRun run(String name) {
    return new ClusterRun(cluster(), BROKER, submit, DIRECTORY, TOKEN, name);
  }

  /** The log entry of a table's version. */
  private static Path log(String table, int version, ClusterRun run) {
    return run.lake().resolve(table).resolve("_delta_log/%020d.json".formatted(version));
  }

  private static SparkCluster cluster() {
    return Objects.requireNonNull(cluster);
  }

  private static void publishFlights() {
    FlightsPublisher.publish(
        BROKER.serviceUrl(), QuickstartTables.FLIGHTS, FLIGHTS, false, sent -> {});
  }

  /**
   * How many entries a task reads at most. An executor that lives for one more survives its first
   * task, but not that the changes of orders are read twice.
   */
  private static long mostEntries() throws Exception {
    List<String> topics = new ArrayList<>(List.of(QuickstartTables.SHOP + ".orders"));
    topics.addAll(BROKER.client().getPartitionsForTopic(QuickstartTables.FLIGHTS, false).join());
    long most = 0;
    for (String topic : topics) {
      most = Math.max(most, BROKER.admin().topics().getInternalStats(topic).numberOfEntries);
    }
    return most;
  }

  /** The files of the cluster, of its programs and of the lakes that have a text in them. */
  private static List<Path> holding(String text) throws IOException {
    List<Path> holding = new ArrayList<>();
    try (Stream<Path> files = Files.walk(DIRECTORY)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text)) {
          holding.add(file);
        }
      }
    }
    return holding;
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(PATIENCE).until(condition);
  }

  private static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
