package io.sluice.testing;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory that stands for an installed Spark: its one jar names this JVM's class path, Sluice
 * included.
 *
 * @param directory what {@code SPARK_HOME} is
 */
public record SparkHome(Path directory) {

  /** Makes it in a directory that is not there yet. */
  public static SparkHome create(Path directory) throws IOException {
    SparkHome home = new SparkHome(directory);
    Files.createDirectories(home.jar().getParent());
    Files.createFile(directory.resolve("RELEASE"));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator))
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
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                    .filter(
                        flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-Dsurefire")),
                Stream.of(
                    // It lives for half a minute: much of what is compiled would never pay.
                    "-XX:CompileThresholdScaling=3",
                    "-Dspark.ui.enabled=false",
                    "-Dspark.driver.host=127.0.0.1",
                    "-Dspark.driver.bindAddress=127.0.0.1"))
            .map(flag -> "'" + flag + "'")
            .collect(Collectors.joining(" "));
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path script =
        Files.writeString(
            bin.resolve("spark-submit"),
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
