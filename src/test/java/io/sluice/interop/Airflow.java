package io.sluice.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.testing.SparkHome;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Airflow with a database of its own on SQLite, without servers: DAGs are run one by one. */
final class Airflow {

  private static final Path SOURCES = Path.of("airflow").toAbsolutePath();

  private final Path home;
  private final SparkHome spark;
  private final Map<String, String> environment = new HashMap<>();

  private Airflow(Path directory, SparkHome spark) {
    this.home = directory.resolve("airflow");
    this.spark = spark;
  }

  /**
   * Makes an Airflow whose jobs are the files below {@code jobs} of a directory.
   *
   * @param directory gets the settings, Airflow's database, and what commands print
   */
  static Airflow in(Path directory, Programs programs) throws IOException, InterruptedException {
    SparkHome spark = SparkHome.create(directory.resolve("spark"));
    Path settings =
        Files.writeString(
            directory.resolve("sluice.yaml"),
            """
            jobs: jobs
            retry_delay_seconds: 1
            conf: # to compile a plan takes longer than to run it over a few rows
              spark.sql.codegen.wholeStage: "false"
              spark.sql.codegen.factoryMode: NO_CODEGEN
            """);
    Airflow airflow = new Airflow(directory, spark);
    Files.createDirectories(airflow.home);
    airflow.environment.putAll(
        Map.of(
            "PYTHONPATH",
            programs.airflow().toString(),
            "PYTHONDONTWRITEBYTECODE",
            "1",
            "PATH",
            spark.withSparkSubmit() + File.pathSeparator + System.getenv("PATH"),
            "AIRFLOW_HOME",
            airflow.home.toString(),
            "AIRFLOW__CORE__DAGS_FOLDER",
            SOURCES.resolve("dags").toString(),
            "AIRFLOW__CORE__LOAD_EXAMPLES",
            "False",
            "AIRFLOW_CONN_SPARK_DEFAULT",
            "{\"conn_type\": \"spark\", \"host\": \"local[2]\"}",
            "SLUICE_AIRFLOW_SETTINGS",
            settings.toString(),
            "SLUICE_JAR",
            spark.jar().toString()));
    airflow.run("migrate", "db", "migrate");
    return airflow;
  }

  /** Runs the tests of the DAGs, and gives what they print. */
  static String tests(Path directory, Programs programs) throws IOException, InterruptedException {
    return ChildProcess.run(
        directory.resolve("pytest.out"),
        Map.of("PYTHONPATH", programs.airflow().toString(), "PYTHONDONTWRITEBYTECODE", "1"),
        List.of(
            "python3",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            SOURCES.toString(),
            SOURCES.resolve("tests").toString()));
  }

  /** Ends the next driver at a fault point, as {@code kill -9} would. */
  void haltNextDriverAt(String fault) throws IOException {
    Files.writeString(spark.fault(), fault);
  }

  /** Runs a DAG to its end and gives what was printed. */
  String test(String dag) throws IOException, InterruptedException {
    return run(dag, "dags", "test", dag);
  }

  /** What Airflow knows of tasks and asset events. */
  JsonNode facts() throws IOException, InterruptedException {
    return new JsonMapper()
        .readTree(
            ChildProcess.run(
                home.resolve("facts.json"),
                Map.of(),
                List.of(
                    "python3",
                    Path.of("src/test/interop/airflow-facts.py").toAbsolutePath().toString(),
                    home.resolve("airflow.db").toString())));
  }

  private String run(String name, String... arguments) throws IOException, InterruptedException {
    Path output = home.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
                Stream.concat(Stream.of("python3", "-m", "airflow"), Stream.of(arguments)).toList())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.waitFor();
    return Files.readString(output);
  }
}
