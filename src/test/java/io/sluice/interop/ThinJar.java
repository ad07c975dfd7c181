package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.SparkCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Sluice without what it needs: Spark's Ivy finds it in a repository of its own, as {@code mvn
 * install} makes one, and the rest in Maven's.
 *
 * @param directory for the repository and what Ivy keeps
 * @param version that of Sluice
 */
record ThinJar(Path directory, String version) {

  /** Makes the repository, of what the build has packed. */
  static ThinJar in(Path directory) throws IOException {
    Properties versions = new Properties();
    try (InputStream file =
        Files.newInputStream(Path.of("target/classes/io/sluice/cli/version.properties"))) {
      versions.load(file);
    }
    ThinJar jar = new ThinJar(directory, versions.getProperty("sluice"));
    Path repository = directory.resolve("repository");
    Path place = Files.createDirectories(repository.resolve("io/sluice/sluice/" + jar.version()));
    Files.copy(jar.file(), place.resolve(jar.file().getFileName()));
    Files.copy(Path.of("pom.xml"), place.resolve("sluice-" + jar.version() + ".pom"));
    Files.writeString(
        jar.settings(),
        """
        <ivysettings>
          <settings defaultResolver="both"/>
          <resolvers>
            <chain name="both">
              <ibiblio name="sluice" m2compatible="true" root="%s"/>
              <ibiblio name="maven" m2compatible="true" root="%s"/>
            </chain>
          </resolvers>
        </ivysettings>
        """
            .formatted(repository.toUri(), maven().toUri()));
    return jar;
  }

  /** The jar itself. */
  Path file() {
    return Path.of("target", "sluice-" + version + ".jar").toAbsolutePath();
  }

  /** The options of {@code spark-submit} that fetch it with all that it needs. */
  List<String> packages() {
    return List.of(
        "--packages",
        "io.sluice:sluice:" + version,
        "--conf",
        "spark.jars.ivySettings=" + settings(),
        "--conf",
        "spark.jars.ivy=" + directory.resolve("ivy"));
  }

  /**
   * The options that name each jar that it needs, where Ivy has put it: packages of a driver on a
   * worker do not reach the executors.
   */
  List<String> jars(SparkCluster cluster, Path submit) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(submit.toString()));
    command.addAll(packages());
    command.addAll(List.of("--class", "io.sluice.cli.Sluice", "spark-internal", "--version"));
    int code = cluster.exitCode("fetch", cluster.program("fetch", Map.of(), command));
    assertThat(code).as(cluster.output("fetch")).isZero();
    try (Stream<Path> jars = Files.list(directory.resolve("ivy/jars"))) {
      return List.of(
          "--jars",
          String.join(
              ",",
              jars.map(Path::toString).filter(jar -> !jar.contains("io.sluice_sluice")).toList()));
    }
  }

  private Path settings() {
    return directory.resolve("ivysettings.xml");
  }

  /** Maven's local repository, which it tells the tests. */
  private static Path maven() {
    String told = System.getProperty("localRepository", "");
    return told.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".m2", "repository")
        : Path.of(told);
  }
}
