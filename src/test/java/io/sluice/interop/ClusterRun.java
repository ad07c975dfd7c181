package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Two jobs of the repository in one driver, with a lake and an event log of their own.
 *
 * @param submit the {@code spark-submit} of the cluster's Spark
 * @param directory for the lakes, event logs and results of all runs
 * @param token what the jobs show to the broker
 * @param name of the lake, and of the program that submits them
 */
record ClusterRun(
    SparkCluster cluster,
    PulsarBroker broker,
    Path submit,
    Path directory,
    String token,
    String name) {

  private static final Path SETTINGS = Path.of("conf", "spark-defaults.conf").toAbsolutePath();
  private static final Path JOBS = Path.of("jobs").toAbsolutePath();

  /** One small executor on each worker, interpreted plans, an event log in plain text. */
  private static final Map<String, String> SPARK =
      Map.of(
          "spark.cores.max", "2",
          "spark.executor.cores", "1",
          "spark.executor.memory", "512m",
          "spark.scheduler.minRegisteredResourcesRatio", "1.0",
          "spark.ui.enabled", "false",
          "spark.sql.shuffle.partitions", "2",
          "spark.sql.codegen.wholeStage", "false",
          "spark.sql.codegen.factoryMode", "NO_CODEGEN",
          "spark.eventLog.enabled", "true",
          "spark.eventLog.compress", "false");

  Path lake() {
    return directory.resolve("lakes").resolve(name);
  }

  /** Has {@code ./sluice} run the jobs, and gives its exit code. */
  int launch() throws IOException, InterruptedException {
    Map<String, String> environment = environment();
    environment.put("SLUICE_DRIVER_MEMORY", "700m");
    environment.put(
        "SLUICE_SPARK_ARGS", "--master " + cluster.url() + " " + String.join(" ", settings()));
    return end(List.of(Path.of("sluice").toAbsolutePath().toString()), environment);
  }

  /**
   * Has {@code spark-submit} run the jobs, and gives its exit code.
   *
   * @param mode client or cluster
   * @param options further ones of {@code spark-submit}
   * @param application the jar
   * @param further arguments of {@code sluice run}
   */
  int submit(String mode, List<String> options, String application, String... further)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                submit.toString(),
                "--master",
                cluster.url(),
                "--deploy-mode",
                mode,
                "--driver-memory",
                "700m",
                "--class",
                "io.sluice.cli.Sluice",
                "--properties-file",
                SETTINGS.toString()));
    command.addAll(settings());
    command.addAll(options);
    command.add(application);
    return end(command, environment(), further);
  }

  /** What was printed here. */
  String output() throws IOException {
    return cluster.output(name);
  }

  /** What the driver says of its run. */
  JsonNode result() throws IOException {
    return new JsonMapper().readTree(resultFile().toFile());
  }

  EventLog events() throws IOException {
    return EventLog.of(eventDirectory());
  }

  /** The directories that workers have made for drivers of this run, by the drivers' names. */
  List<Path> drivers() throws IOException {
    List<Path> drivers = new ArrayList<>();
    for (String host : cluster.workers()) {
      try (Stream<Path> directories = Files.list(cluster.work(host))) {
        for (Path each : directories.toList()) {
          Path printed = each.resolve("stdout");
          if (Files.exists(printed) && Files.readString(printed).contains(lake().toString())) {
            drivers.add(each);
          }
        }
      }
    }
    return drivers;
  }

  /** The worker that a driver has run on. */
  String host(Path driver) {
    return cluster.workers().stream()
        .filter(host -> driver.startsWith(cluster.work(host)))
        .findFirst()
        .orElseThrow();
  }

  /** The tables hold all that the topics have, and nothing else. */
  void assertComplete() throws IOException {
    assertThat(differences()).isEmpty();
  }

  /** Some of what the tables lack or have too much. */
  List<String> differences() throws IOException {
    return QuickstartTables.ofTopics(broker.client()).differences(QuickstartTables.ofLake(lake()));
  }

  private int end(List<String> runner, Map<String, String> environment, String... further)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(runner);
    command.addAll(
        List.of(
            "run",
            JOBS.resolve("quickstart.yaml").toString(),
            JOBS.resolve("ecommerce/orders.yaml").toString(),
            "--set",
            "pulsar.token=${env:PULSAR_TOKEN}",
            "--result",
            resultFile().toString()));
    command.addAll(List.of(further));
    return cluster.exitCode(name, cluster.program(name, environment, command));
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("PULSAR_SERVICE_URL", broker.serviceUrl());
    environment.put("PULSAR_ADMIN_URL", broker.adminUrl());
    environment.put("PULSAR_TOKEN", token);
    environment.put("LAKE", lake().toString());
    return environment;
  }

  private List<String> settings() throws IOException {
    List<String> settings = new ArrayList<>();
    SPARK.forEach((key, value) -> settings.addAll(List.of("--conf", key + "=" + value)));
    settings.add("--conf");
    settings.add("spark.eventLog.dir=" + Files.createDirectories(eventDirectory()).toUri());
    return settings;
  }

  private Path resultFile() {
    return directory.resolve(name + ".json");
  }

  private Path eventDirectory() {
    return directory.resolve("events").resolve(name);
  }
}
