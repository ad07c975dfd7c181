package io.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A {@code sluice} process of its own, which a test may kill. */
public final class DriverProcess {

  private static final long PATIENCE_SECONDS = 900;

  private final Process process;
  private final Path output;

  private DriverProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /**
   * Starts {@code sluice} with this JVM's classpath and flags.
   *
   * @param output where all it prints goes
   * @param settings further flags, such as {@code -Dsluice.fault=...} or {@code -Dspark...}
   * @param arguments the command line
   */
  public static DriverProcess start(Path output, List<String> settings, List<String> arguments)
      throws IOException {
    return start(output, settings, arguments, System.getProperty("java.class.path"));
  }

  /**
   * Starts {@code sluice} with a classpath of its own and this JVM's flags.
   *
   * @param classpath where its classes are
   */
  public static DriverProcess start(
      Path output, List<String> settings, List<String> arguments, String classpath)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JvmFlags.forShortLives());
    command.addAll(
        List.of(
            // Much of what even the first compiler makes would never pay.
            "-XX:CompileThresholdScaling=3",
            "-Dspark.master=local[2]",
            "-Dspark.ui.enabled=false",
            "-Dspark.driver.host=127.0.0.1",
            "-Dspark.driver.bindAddress=127.0.0.1",
            "-Dspark.databricks.delta.snapshotPartitions=1",
            "-Dspark.sql.shuffle.partitions=1",
            "-Dspark.sql.codegen.wholeStage=false",
            "-Dspark.sql.codegen.factoryMode=NO_CODEGEN"));
    command.addAll(settings);
    command.addAll(List.of("-cp", classpath, "io.sluice.cli.Sluice"));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new DriverProcess(process, output);
  }

  /** Waits for the end and gives the exit code; kills a process that does not end. */
  public int exitCode() throws InterruptedException, IOException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError("the driver did not end:\n" + output());
    }
    return process.exitValue();
  }

  /** Asks the process to end, as {@code kill} does. */
  public void terminate() {
    process.destroy();
  }

  /** Ends the process at once, as {@code kill -9} does. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Waits until the process stops itself, as {@link FaultingLogStore} lets it do. */
  public void awaitPause() throws IOException {
    Awaitility.await()
        .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> !process.isAlive() || output().contains(FaultingLogStore.PAUSED));
    assertThat(process.isAlive()).as(output()).isTrue();
  }

  /** Lets a process go on that has stopped. */
  public void resume() throws IOException, InterruptedException {
    new ProcessBuilder("sh", "-c", "kill -CONT " + process.pid()).inheritIO().start().waitFor();
  }

  /** Whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it has printed so far. */
  public String output() throws IOException {
    return Files.readString(output);
  }
}
