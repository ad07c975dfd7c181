package io.sluice.bench;

import io.sluice.broker.PulsarStandalone;
import io.sluice.broker.StandaloneSettings;
import io.sluice.quickstart.FlightsPublisher;
import io.sluice.testing.SparkSessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.Trigger;

/**
 * Measures the source against a plain Pulsar reader, in turn, on one broker and one topic.
 *
 * <p>Every round runs all ways, so that what else the machine does falls on all of them; the first
 * round is cold and is shown but left out of the medians.
 */
final class SourceBenchmark {

  private static final String TOPIC = "persistent://public/default/bench-flights";
  private static final int PARTITIONS = 4;

  /** The ways to read the topic. */
  private enum Way {
    READER("plain Reader per partition"),
    NOOP("format(\"pulsar\") to noop"),
    DELTA("format(\"pulsar\") to Delta");

    private final String title;

    Way(String title) {
      this.title = title;
    }
  }

  private final PulsarStandalone broker;
  private final Path directory;

  private SourceBenchmark(PulsarStandalone broker, Path directory) {
    this.broker = broker;
    this.directory = directory;
  }

  /**
   * Runs the benchmark.
   *
   * @param args how many flights, then how many rounds
   */
  public static void main(String[] args) throws Exception {
    long flights = Long.parseLong(args[0]);
    int rounds = Integer.parseInt(args[1]);
    Path directory =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "bench")), "source-")
            .toAbsolutePath();
    try (PulsarStandalone broker =
        PulsarStandalone.start(
            StandaloneSettings.in(Path.of("target", "pulsar"), directory.resolve("broker"))
                .with("defaultRetentionTimeInMinutes", "-1")
                .with("defaultRetentionSizeInMB", "-1"))) {
      FlightsPublisher.createTopic(broker.adminUrl(), TOPIC, PARTITIONS);
      long start = System.nanoTime();
      FlightsPublisher.publish(broker.serviceUrl(), TOPIC, flights, true, sent -> {});
      System.out.printf(
          "published %,d flights to %d partitions: %,.0f messages/s%n",
          flights, PARTITIONS, flights * 1e9 / (System.nanoTime() - start));
      new SourceBenchmark(broker, directory).run(flights, rounds);
    }
  }

  private void run(long flights, int rounds) throws Exception {
    Map<Way, List<ProcessCost>> warm = new EnumMap<>(Way.class);
    for (int round = 1; round <= rounds; round++) {
      for (Way way : Way.values()) {
        int number = round;
        ProcessCost cost = ProcessCost.of(() -> read(way, number));
        if (cost.messages() != flights) {
          throw new IllegalStateException(way + " read " + cost.messages() + " of " + flights);
        }
        print("round " + round + (round == 1 ? " (cold)" : ""), way, cost);
        if (round > 1) {
          warm.computeIfAbsent(way, key -> new ArrayList<>()).add(cost);
        }
      }
    }
    if (!warm.isEmpty()) {
      printMedians(warm);
    }
  }

  private long read(Way way, int round) throws Exception {
    Path place = directory.resolve(way + "-" + round);
    return switch (way) {
      case READER -> ReaderCount.of(broker.serviceUrl(), TOPIC);
      case NOOP -> stream(source(round, way).writeStream().format("noop"), place);
      case DELTA ->
          stream(
              source(round, way).writeStream().format("delta").option("path", place.toString()),
              place);
    };
  }

  private Dataset<Row> source(int round, Way way) {
    return SparkSessions.local()
        .readStream()
        .format("pulsar")
        .option("service.url", broker.serviceUrl())
        .option("admin.url", broker.adminUrl())
        .option("topic", TOPIC)
        .option("startingOffsets", "earliest")
        .option("subscription", "bench-" + way + "-" + round)
        .load()
        .select("date", "delay", "distance", "origin", "destination");
  }

  private static long stream(DataStreamWriter<Row> writer, Path place) throws Exception {
    var query =
        writer
            .option("checkpointLocation", place + "-checkpoint")
            .trigger(Trigger.AvailableNow())
            .start();
    query.awaitTermination();
    return Arrays.stream(query.recentProgress())
        .mapToLong(progress -> progress.numInputRows())
        .sum();
  }

  private static void print(String when, Way way, ProcessCost cost) {
    System.out.printf(
        "%-15s %-28s %,10.0f messages/s  %6.2f CPU s/million  heap %,5d MB  RSS %,5d MB%n",
        when,
        way.title,
        cost.rate(),
        cost.cpuPerMillion(),
        cost.heapMegabytes(),
        cost.residentMegabytes());
  }

  private static void printMedians(Map<Way, List<ProcessCost>> warm) {
    System.out.printf(
        "%n%-28s %14s %16s %10s %10s%n",
        "median of warm rounds", "messages/s", "CPU s/million", "rate", "CPU");
    double rate = median(warm.getOrDefault(Way.READER, List.of()), true);
    double cpu = median(warm.getOrDefault(Way.READER, List.of()), false);
    warm.forEach(
        (way, costs) ->
            System.out.printf(
                "%-28s %,14.0f %16.2f %9.2fx %9.2fx%n",
                way.title,
                median(costs, true),
                median(costs, false),
                median(costs, true) / rate,
                median(costs, false) / cpu));
  }

  private static double median(List<ProcessCost> costs, boolean rate) {
    double[] sorted =
        costs.stream()
            .mapToDouble(cost -> rate ? cost.rate() : cost.cpuPerMillion())
            .sorted()
            .toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
