package io.sluice.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that a test runs. It is ended by its own process id, with this JVM at the latest. */
final class ChildProcess implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 30;

  private final Process process;
  private final Path output;
  private final Thread exitHook;

  private ChildProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
    exitHook = new Thread(process::destroyForcibly, "stop-" + process.pid());
    Runtime.getRuntime().addShutdownHook(exitHook);
  }

  /**
   * Starts a program.
   *
   * @param directory its working directory
   * @param output the file that gets all it prints, after what is there
   */
  static ChildProcess start(
      Path directory, Path output, Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder.environment().putAll(environment);
    return new ChildProcess(builder.start(), output);
  }

  /**
   * Runs a program to its end.
   *
   * @param output the file that gets what it prints; its messages go to one beside it
   * @return what it has printed
   * @throws AssertionError if it does not end well, with its messages
   */
  static String run(Path output, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path messages = output.resolveSibling(output.getFileName() + ".messages");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(messages.toFile());
    builder.environment().putAll(environment);
    int code = builder.start().waitFor();
    if (code != 0) {
      throw new AssertionError(
          "%s ended with code %d:%n%s%n%s"
              .formatted(command, code, Files.readString(messages), Files.readString(output)));
    }
    return Files.readString(output);
  }

  /** A port of loopback that nobody listens on at this moment. */
  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** Whether it runs. */
  boolean isAlive() {
    return process.isAlive();
  }

  /** All that was printed to its file. */
  String output() throws IOException {
    return Files.readString(output);
  }

  /** Ends it as {@code kill -9} does. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
    Runtime.getRuntime().removeShutdownHook(exitHook);
  }

  /** Asks it to end, and kills it if it does not. */
  @Override
  public void close() {
    process.destroy();
    process.onExit().completeOnTimeout(process, PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    kill();
  }
}
