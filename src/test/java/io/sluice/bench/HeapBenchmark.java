package io.sluice.bench;

import com.sun.management.UnixOperatingSystemMXBean;
import io.sluice.broker.PulsarStandalone;
import io.sluice.broker.StandaloneSettings;
import io.sluice.testing.SparkSessions;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.spark.sql.streaming.StreamingQuery;

/**
 * Measures whether anything grows with the number of micro-batches: one query over a topic that is
 * published to all the time, its live heap, threads, files and consumers sampled as it goes.
 */
final class HeapBenchmark {

  private static final BenchTopic TOPIC = new BenchTopic(100, CompressionType.LZ4, 4);
  private static final int SAMPLES = 10;
  private static final int MESSAGES_AT_ONCE = 10;
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(60);

  private final PulsarStandalone broker;
  private final PulsarAdmin admin;

  private HeapBenchmark(PulsarStandalone broker, PulsarAdmin admin) {
    this.broker = broker;
    this.admin = admin;
  }

  /** What there was after so many batches. */
  private record Sample(
      long batches, double heapMegabytes, long threads, long files, int consumers) {}

  /**
   * Runs the benchmark.
   *
   * @param args how many batches, then the sink, {@code noop} or {@code delta}
   */
  public static void main(String[] args) throws Exception {
    long batches = Long.parseLong(args[0]);
    Path directory =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "bench")), "heap-")
            .toAbsolutePath();
    try (PulsarStandalone broker =
            PulsarStandalone.start(
                StandaloneSettings.in(Path.of("target", "pulsar"), directory.resolve("broker")));
        PulsarAdmin admin = PulsarAdmin.builder().serviceHttpUrl(broker.adminUrl()).build()) {
      new HeapBenchmark(broker, admin).run(batches, args[1], directory);
    }
  }

  private void run(long batches, String sink, Path directory) throws Exception {
    TOPIC.publish(broker, MESSAGES_AT_ONCE);
    AtomicBoolean done = new AtomicBoolean();
    try (PulsarClient client = PulsarClient.builder().serviceUrl(broker.serviceUrl()).build()) {
      Thread publisher = TOPIC.publishSteadily(client, MESSAGES_AT_ONCE, done);
      StreamingQuery query = start(sink, directory);
      try {
        List<Sample> samples = new ArrayList<>();
        long every = Math.max(1, batches / SAMPLES);
        System.out.println(
            "| batches | heap after collection MB | threads | open files | consumers |");
        System.out.println("|---|---|---|---|---|");
        for (long next = every; next <= batches; next += every) {
          samples.add(sampleAfter(query, next));
        }
        printGrowth(samples);
      } finally {
        query.stop();
        done.set(true);
        publisher.join();
      }
    }
  }

  private StreamingQuery start(String sink, Path directory) throws Exception {
    var writer =
        SparkSessions.compiling()
            .readStream()
            .format("pulsar")
            .option("service.url", broker.serviceUrl())
            .option("admin.url", broker.adminUrl())
            .option("topic", TOPIC.name())
            .option("startingOffsets", "earliest")
            .load()
            .writeStream()
            .format(sink)
            .option("checkpointLocation", directory.resolve("checkpoint").toString());
    return "delta".equals(sink)
        ? writer.start(directory.resolve("table").toString())
        : writer.start();
  }

  private Sample sampleAfter(StreamingQuery query, long batches) throws Exception {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (query.lastProgress() == null || query.lastProgress().batchId() + 1 < batches) {
      if (System.nanoTime() > deadline || !query.isActive()) {
        throw new IllegalStateException("the query does not go on: " + query.exception());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    // The first collection lets go of what Spark's cleaner then frees.
    System.gc();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
    System.gc();
    Sample sample =
        new Sample(
            query.lastProgress().batchId() + 1,
            GarbageLog.used() / 1048576.0,
            threads(),
            ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getOpenFileDescriptorCount(),
            consumers());
    System.out.printf(
        "| %,d | %.1f | %d | %d | %d |%n",
        sample.batches, sample.heapMegabytes, sample.threads, sample.files, sample.consumers);
    return sample;
  }

  /**
   * The living threads but those of Spark's block manager, whose pools fill whatever a job does.
   */
  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().startsWith("block-manager-"))
        .count();
  }

  /** How many consumers the broker has on all partitions of the topic. */
  private int consumers() throws Exception {
    return admin.topics().getPartitionedStats(TOPIC.name(), true).getPartitions().values().stream()
        .flatMap(partition -> partition.getSubscriptions().values().stream())
        .mapToInt(subscription -> subscription.getConsumers().size())
        .sum();
  }

  private static void printGrowth(List<Sample> samples) {
    System.out.printf(
        "| growth per 1,000 batches | %s | %s | %s | %s |%n",
        growth(samples, Sample::heapMegabytes),
        growth(samples, Sample::threads),
        growth(samples, Sample::files),
        growth(samples, Sample::consumers));
  }

  /** The slope of the straight line with the least squares, and its standard error. */
  private static String growth(List<Sample> samples, ToDoubleFunction<Sample> figure) {
    double x = samples.stream().mapToDouble(Sample::batches).average().orElse(0);
    double y = samples.stream().mapToDouble(figure).average().orElse(0);
    double xx = samples.stream().mapToDouble(each -> square(each.batches - x)).sum();
    double xy =
        samples.stream()
            .mapToDouble(each -> (each.batches - x) * (figure.applyAsDouble(each) - y))
            .sum();
    double slope = xy / xx;
    double rest =
        samples.stream()
            .mapToDouble(
                each -> square(figure.applyAsDouble(each) - y - slope * (each.batches - x)))
            .sum();
    double error = Math.sqrt(rest / (samples.size() - 2) / xx);
    return "%+.2f ± %.2f".formatted(slope * 1_000, error * 1_000);
  }

  private static double square(double value) {
    return value * value;
  }
}
