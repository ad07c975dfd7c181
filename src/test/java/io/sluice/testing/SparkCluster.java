package io.sluice.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A standalone Spark cluster of processes on loopback: a master and two workers, which have a host
 * address each.
 */
public final class SparkCluster implements AutoCloseable {

  private static final String MASTER_HOST = "127.0.0.1";

  /** Spark runs the copy of a slow task on another host only. */
  private static final List<String> WORKER_HOSTS = List.of("127.0.0.1", "127.0.0.2");

  private static final long PATIENCE_SECONDS = 600;

  /**
   * What a worker has to give.
   *
   * @param cores how many it says it has
   * @param memory for executors and drivers, such as {@code 1g}
   */
  public record Worker(int cores, String memory) {}

  private final Path directory;
  private final SparkHome home;
  private final Worker worker;
  private final Map<String, String> environment;
  private final int port;
  private final List<ProcessHandle> processes = new ArrayList<>();
  private final Map<String, Process> workers = new HashMap<>();

  private SparkCluster(
      Path directory, SparkHome home, Worker worker, Map<String, String> environment, int port) {
    this.directory = directory;
    this.home = home;
    this.worker = worker;
    this.environment = environment;
    this.port = port;
  }

  /** Starts master and workers on this JVM's class path, with all their files in a directory. */
  public static SparkCluster start(Path directory) throws IOException {
    return start(
        directory, SparkHome.create(directory.resolve("home")), new Worker(2, "1g"), Map.of());
  }

  /**
   * Starts master and workers of an installed Spark, with all their files in a directory.
   *
   * @param worker what each of the workers has
   * @param environment further environment of master and workers
   */
  public static SparkCluster start(
      Path directory, SparkHome home, Worker worker, Map<String, String> environment)
      throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    SparkCluster cluster = new SparkCluster(directory, home, worker, environment, port);
    Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "stop-spark"));
    cluster.launch(
        "master",
        MASTER_HOST,
        List.of("-Xmx256m", "-Dspark.master.rest.enabled=false"),
        "org.apache.spark.deploy.master.Master",
        List.of("--host", MASTER_HOST, "--port", Integer.toString(port), "--webui-port", "0"));
    for (String host : WORKER_HOSTS) {
      cluster.startWorker(host);
    }
    return cluster;
  }

  /** The master's address for {@code spark-submit}. */
  public String url() {
    return "spark://" + MASTER_HOST + ":" + port;
  }

  /** The addresses of the workers. */
  public List<String> workers() {
    return WORKER_HOSTS;
  }

  /** Where a worker has the files of drivers and executors. */
  public Path work(String host) {
    return directory.resolve("work-" + host);
  }

  /**
   * Starts the worker of an address, which must not run.
   *
   * @param host one of {@link #workers()}
   */
  public void startWorker(String host) throws IOException {
    workers.put(
        host,
        launch(
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
                Integer.toString(worker.cores()),
                "--memory",
                worker.memory(),
                "--work-dir",
                work(host).toString(),
                url())));
  }

  /** Ends a worker as {@code kill -9} does; its executors and drivers are left to themselves. */
  public void killWorker(String host) {
    Process process = Objects.requireNonNull(workers.remove(host), host);
    process.descendants().forEach(processes::add);
    process.destroyForcibly().onExit().join();
  }

  /**
   * Starts a driver of the cluster, which begins once every worker has given its cores; executors
   * have two.
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
    flags.add(
        "-Dspark.executor.extraJavaOptions="
            + "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC");
    // An executor that comes late, as on a busy machine, could find nothing left to do.
    flags.add("-Dspark.cores.max=" + WORKER_HOSTS.size() * worker.cores());
    flags.add("-Dspark.scheduler.minRegisteredResourcesRatio=1.0");
    flags.add("-Dspark.scheduler.maxRegisteredResourcesWaitingTime=10min");
    settings.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    return launch("driver", MASTER_HOST, flags, main.getName(), arguments);
  }

  /**
   * Asks the master to end a driver that runs on a worker.
   *
   * @param name gives the file of the output a name
   * @param driver what the master calls it
   */
  public Process stopDriver(String name, String driver) throws IOException {
    return launch(
        name,
        MASTER_HOST,
        List.of("-Xmx128m"),
        "org.apache.spark.deploy.Client",
        List.of("kill", url(), driver));
  }

  /** Waits until the driver has ended well. */
  public void awaitSuccess(Process process) throws InterruptedException, IOException {
    int code = exitCode("driver", process);
    if (code != 0) {
      throw new AssertionError("The driver ended with " + code + ":\n" + output("driver"));
    }
  }

  /** Waits until a program has ended, and gives its exit code. */
  public int exitCode(String name, Process process) throws InterruptedException, IOException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError(name + " does not end:\n" + output(name));
    }
    return process.exitValue();
  }

  /** What a program has printed so far. */
  public String output(String name) throws IOException {
    return Files.readString(directory.resolve(name + ".log"));
  }

  /**
   * Starts a program beside the master, such as {@code spark-submit}.
   *
   * @param name gives the file of its output a name
   * @param further its environment beside the cluster's
   */
  public Process program(String name, Map<String, String> further, List<String> command)
      throws IOException {
    return start(name, MASTER_HOST, further, command);
  }

  private Process launch(
      String name, String host, List<String> flags, String main, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JvmFlags.forShortLives());
    command.addAll(flags);
    command.addAll(List.of("-cp", home.jar().toString()));
    command.add(main);
    command.addAll(arguments);
    return start(name, host, Map.of(), command);
  }

  private Process start(String name, String host, Map<String, String> further, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve(name + ".log").toFile()));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("SPARK_HOME", home.directory().toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", host);
    builder.environment().put("SPARK_LOCAL_HOSTNAME", host);
    builder.environment().putAll(environment);
    builder.environment().putAll(further);
    Process process = builder.start();
    processes.add(process.toHandle());
    return process;
  }

  /** Ends all processes, those of the executors too. */
  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>();
    for (ProcessHandle process : processes) {
      process.descendants().forEach(all::add);
      all.add(process);
    }
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(process -> process.onExit().join());
  }
}
