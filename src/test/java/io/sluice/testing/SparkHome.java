package io.sluice.testing;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory that stands for an installed Spark: its one jar names the jars of a class path.
 *
 * @param directory what {@code SPARK_HOME} is
 */
public record SparkHome(Path directory) {

  /** Makes it in a directory that is not there yet. */
  public static SparkHome create(Path directory) throws IOException {
    return create(directory, System.getProperty("java.class.path", ""));
  }

  /**
   * Makes one that has Spark's own jars only, as its distribution does: neither Sluice nor what
   * {@code sluice.jar} brings along.
   */
  public static SparkHome ofSparkAlone(Path directory) throws IOException {
    String jars =
        Arrays.stream(
                Files.readString(Path.of("target", "spark.classpath")).split(File.pathSeparator))
            .filter(jar -> !jar.contains("/protobuf-java/"))
            .collect(Collectors.joining(File.pathSeparator));
    return create(directory, jars);
  }

  private static SparkHome create(Path directory, String classPath) throws IOException {
    SparkHome home = new SparkHome(directory);
    Files.createDirectories(home.jar().getParent());
    Files.createFile(directory.resolve("RELEASE"));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Arrays.stream(classPath.split(File.pathSeparator))
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" ")));
    try (OutputStream out = Files.newOutputStream(home.jar())) {
      new JarOutputStream(out, manifest).close();
    }
    return home;
  }

  /** The jar, which is also an application that can be submitted. */
  public Path jar() {
    return directory.resolve("jars").resolve("class-path.jar");
  }

  /**
   * Makes {@code bin/spark-submit}: Spark's own {@code SparkSubmit} with this JVM's flags. If
   * {@code fault} is in this directory, the next driver halts at the fault point that the file
   * names.
   *
   * @return the directory to put on the {@code PATH}
   */
  public Path withSparkSubmit() throws IOException {
    String flags =
        Stream.concat(
                JvmFlags.forShortLives().stream(),
                Stream.of(
                    // Much of what even the first compiler makes would never pay.
                    "-XX:CompileThresholdScaling=3",
                    "-Dspark.ui.enabled=false",
                    "-Dspark.driver.host=127.0.0.1",
                    "-Dspark.driver.bindAddress=127.0.0.1"))
            .map(flag -> "'" + flag + "'")
            .collect(Collectors.joining(" "));
    return sparkSubmit(
        """
            #!/bin/sh
            fault=
            if [ -e '%1$s' ]; then
              fault=-Dsluice.fault=$(cat '%1$s')
              rm '%1$s'
            fi
            exec '%2$s/bin/java' %3$s $fault -cp '%4$s' org.apache.spark.deploy.SparkSubmit "$@"
            """
            .formatted(fault(), System.getProperty("java.home"), flags, jar()));
  }

  /**
   * Makes {@code bin/spark-submit} as a distribution has it: Spark's launcher says with which heap,
   * flags and class path the driver is to run.
   *
   * @return the script
   */
  public Path withLauncher() throws IOException {
    return sparkSubmit(
            """
            #!/bin/bash
            set -eu
            export SPARK_HOME='%1$s' SPARK_SCALA_VERSION=2.13 JAVA_HOME='%2$s'
            mapfile -d '' -t command < <(
              '%2$s/bin/java' -Xmx64m -cp '%3$s' org.apache.spark.launcher.Main \\
                org.apache.spark.deploy.SparkSubmit "$@")
            command=("${command[@]:1}")
            exec "${command[0]#$'\\n'}" "${command[@]:1}"
            """
                .formatted(directory, System.getProperty("java.home"), jar()))
        .resolve("spark-submit");
  }

  private Path sparkSubmit(String text) throws IOException {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path script = Files.writeString(bin.resolve("spark-submit"), text);
    if (!script.toFile().setExecutable(true)) {
      throw new IOException(script + " cannot be made executable");
    }
    return bin;
  }

  /** The file that names the fault point of the next driver. */
  public Path fault() {
    return directory.resolve("fault");
  }
}
