package io.sluice.testing;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A standalone Spark cluster of processes on loopback: a master and two workers, which have a host
 * address and two cores each.
 */
public final class SparkCluster implements AutoCloseable {

  private static final String MASTER_HOST = "127.0.0.1";

  /** Spark runs the copy of a slow task on another host only. */
  private static final List<String> WORKER_HOSTS = List.of("127.0.0.1", "127.0.0.2");

  private static final long PATIENCE_SECONDS = 600;

  private final Path directory;
  private final SparkHome home;
  private final int port;
  private final List<Process> processes = new ArrayList<>();

  private SparkCluster(Path directory, SparkHome home, int port) {
    this.directory = directory;
    this.home = home;
    this.port = port;
  }

  /** Starts master and workers on this JVM's class path, with all their files in a directory. */
  public static SparkCluster start(Path directory) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    SparkHome home = SparkHome.create(directory.resolve("home"));
    SparkCluster cluster = new SparkCluster(directory, home, port);
    cluster.launch(
        "master",
        MASTER_HOST,
        List.of("-Xmx256m", "-Dspark.master.rest.enabled=false"),
        "org.apache.spark.deploy.master.Master",
        List.of("--host", MASTER_HOST, "--port", Integer.toString(port), "--webui-port", "0"));
    for (String host : WORKER_HOSTS) {
      cluster.launch(
          "worker-" + host,
          host,
          List.of("-Xmx256m"),
          "org.apache.spark.deploy.worker.Worker",
          List.of(
              "--host",
              host,
              "--webui-port",
              "0",
              "--cores",
              "2",
              "--memory",
              "1g",
              "--work-dir",
              directory.resolve("work-" + host).toString(),
              cluster.url()));
    }
    return cluster;
  }

  private String url() {
    return "spark://" + MASTER_HOST + ":" + port;
  }

  /**
   * Starts a driver of the cluster, whose executors have two cores.
   *
   * @param settings Spark's settings
   */
  public Process drive(Class<?> main, Map<String, String> settings, List<String> arguments)
      throws IOException {
    List<String> flags = new ArrayList<>();
    flags.add("-Dspark.master=" + url());
    flags.add("-Dspark.driver.host=" + MASTER_HOST);
    flags.add("-Dspark.driver.bindAddress=" + MASTER_HOST);
    flags.add("-Dspark.ui.enabled=false");
    flags.add("-Dspark.executor.cores=2");
    flags.add("-Dspark.executor.memory=512m");
    flags.add("-Dspark.executor.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    flags.add("-Dspark.scheduler.minRegisteredResourcesRatio=1.0");
    settings.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    return launch("driver", MASTER_HOST, flags, main.getName(), arguments);
  }

  /** Waits until a process has ended well. */
  public void awaitSuccess(Process process) throws InterruptedException, IOException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError("The driver did not end well:\n" + output("driver"));
    }
  }

  /** What a process has printed so far. */
  public String output(String name) throws IOException {
    return Files.readString(directory.resolve(name + ".log"));
  }

  private Process launch(
      String name, String host, List<String> flags, String main, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-Dsurefire"))
        .forEach(command::add);
    command.addAll(flags);
    command.addAll(List.of("-cp", home.jar().toString()));
    command.add(main);
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(name + ".log").toFile());
    Map<String, String> environment = builder.environment();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("SPARK_HOME", home.directory().toString());
    environment.put("SPARK_SCALA_VERSION", "2.13");
    environment.put("SPARK_LOCAL_IP", host);
    environment.put("SPARK_LOCAL_HOSTNAME", host);
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** Ends all processes, those of the executors too. */
  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>();
    for (Process process : processes) {
      process.descendants().forEach(all::add);
      all.add(process.toHandle());
    }
    all.forEach(ProcessHandle::destroyForcibly);
    processes.forEach(process -> process.onExit().join());
  }
}
