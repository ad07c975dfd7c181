package io.sluice.bench;

import io.sluice.broker.PulsarStandalone;
import io.sluice.broker.StandaloneSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the source against a plain Pulsar reader, in turn, on one broker.
 *
 * <p>Every turn reads every topic in every way, so that what else the machine does falls on all of
 * them, and each turn begins with another way. A topic of each size is read twice in every way
 * before, so that no figure includes the start of Spark and little of the compiler.
 */
final class SourceBenchmark {

  private static final int WARM_UPS = 2;

  private final PulsarStandalone broker;
  private final Path directory;
  private final SourceArguments arguments;

  private SourceBenchmark(PulsarStandalone broker, Path directory, SourceArguments arguments) {
    this.broker = broker;
    this.directory = directory;
    this.arguments = arguments;
  }

  /**
   * Runs the benchmark: tables on standard output, each reading on standard error.
   *
   * @param args as {@code bench/source --help} says
   */
  public static void main(String[] args) throws Exception {
    SourceArguments arguments = SourceArguments.parse(args);
    Path directory =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "bench")), "source-")
            .toAbsolutePath();
    try (PulsarStandalone broker =
        PulsarStandalone.start(
            StandaloneSettings.in(Path.of("target", "pulsar"), directory.resolve("broker"))
                .with("defaultRetentionTimeInMinutes", "-1")
                .with("defaultRetentionSizeInMB", "-1"))) {
      new SourceBenchmark(broker, directory, arguments).run();
    }
  }

  private void run() throws Exception {
    for (BenchTopic topic : arguments.topics()) {
      long start = System.nanoTime();
      long messages = arguments.messagesOf(topic);
      topic.publish(broker, messages);
      System.err.printf(
          "published %,d to %s: %,.0f messages/s, %.0f bytes stored per message%n",
          messages,
          topic.name(),
          messages * 1e9 / (System.nanoTime() - start),
          topic.storedBytes(broker) / (double) messages);
    }
    for (int i = 0; i < WARM_UPS; i++) {
      for (BenchTopic topic : arguments.firstOfEachSize()) {
        for (ReadWay way : arguments.ways()) {
          read("warm-up", topic, way);
        }
      }
    }
    Map<BenchTopic, Map<ReadWay, List<ProcessCost>>> costs = new LinkedHashMap<>();
    int ways = arguments.ways().size();
    for (int turn = 0; turn < arguments.turns(); turn++) {
      for (BenchTopic topic : arguments.topics()) {
        for (int i = 0; i < ways; i++) {
          ReadWay way = arguments.ways().get((turn + i) % ways);
          costs
              .computeIfAbsent(topic, key -> new EnumMap<>(ReadWay.class))
              .computeIfAbsent(way, key -> new ArrayList<>())
              .add(read("turn " + (turn + 1), topic, way));
        }
      }
    }
    new SourceReport(costs).print(System.out);
  }

  private ProcessCost read(String when, BenchTopic topic, ReadWay way) throws Exception {
    ProcessCost cost =
        ProcessCost.of(broker.pid(), () -> way.read(broker, topic.name(), directory));
    if (cost.messages() != arguments.messagesOf(topic)) {
      throw new IllegalStateException(
          "%s read %,d of %,d".formatted(way, cost.messages(), arguments.messagesOf(topic)));
    }
    System.err.printf(
        "%-8s %5d B %-4s %2d partitions %-18s %,10.0f messages/s  CPU s/million %6.2f, broker"
            + " %5.2f  %,7.0f B allocated  live %,5.0f MB  RSS %,5d MB%n",
        when,
        topic.bytes(),
        topic.compression(),
        topic.partitions(),
        way.title(),
        cost.rate(),
        cost.cpuPerMillion(),
        cost.brokerCpuPerMillion(),
        cost.allocatedPerMessage(),
        cost.liveMegabytes(),
        cost.residentMegabytes());
    return cost;
  }
}
