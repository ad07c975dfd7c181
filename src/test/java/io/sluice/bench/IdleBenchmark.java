package io.sluice.bench;

import io.sluice.broker.PulsarStandalone;
import io.sluice.broker.StandaloneSettings;
import io.sluice.testing.SparkSessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;

/** Measures what a stream of many partitions costs while nothing is published. */
final class IdleBenchmark {

  private static final String TOPIC = "persistent://public/default/bench-idle";
  private static final int SECONDS = 60;
  private static final int WARM_UP_MINUTES = 4;

  private IdleBenchmark() {}

  /**
   * Runs the benchmark.
   *
   * @param args how many partitions
   */
  public static void main(String[] args) throws Exception {
    int partitions = Integer.parseInt(args[0]);
    Path directory =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "bench")), "idle-")
            .toAbsolutePath();
    try (PulsarStandalone broker =
        PulsarStandalone.start(
            StandaloneSettings.in(Path.of("target", "pulsar"), directory.resolve("broker")))) {
      publishOneMessageTo(broker, partitions);
      StreamingQuery query = start(broker, directory.resolve("checkpoint"));
      try {
        query.processAllAvailable();
        // The compilers work for the first minutes; the last is what every other one costs.
        for (int minute = 0; minute < WARM_UP_MINUTES; minute++) {
          idle();
        }
        ProcessCost cost = ProcessCost.of(broker.pid(), IdleBenchmark::idle);
        var progress = query.lastProgress();
        System.out.printf(
            "%,d partitions, a trigger each second: %.1f %% of a core, the broker %.1f %%; the last"
                + " trigger asked for the tails in %s ms%n",
            partitions,
            100 * cost.cpuSeconds() / cost.seconds(),
            100 * cost.brokerCpuSeconds() / cost.seconds(),
            progress.sources()[0].metrics().get("planningMs"));
      } finally {
        query.stop();
      }
    }
  }

  private static void publishOneMessageTo(PulsarStandalone broker, int partitions)
      throws Exception {
    try (PulsarAdmin admin = PulsarAdmin.builder().serviceHttpUrl(broker.adminUrl()).build();
        PulsarClient client = PulsarClient.builder().serviceUrl(broker.serviceUrl()).build()) {
      admin.topics().createPartitionedTopic(TOPIC, partitions);
      try (var producer =
          client.newProducer(Schema.STRING).topic(TOPIC).enableBatching(false).create()) {
        for (int i = 0; i < partitions; i++) {
          var unused = producer.sendAsync("message " + i);
        }
        producer.flush();
      }
    }
  }

  private static StreamingQuery start(PulsarStandalone broker, Path checkpoint) throws Exception {
    return SparkSessions.compiling()
        .readStream()
        .format("pulsar")
        .option("service.url", broker.serviceUrl())
        .option("admin.url", broker.adminUrl())
        .option("topic", TOPIC)
        .option("startingOffsets", "latest")
        .load()
        .writeStream()
        .format("noop")
        .option("checkpointLocation", checkpoint.toString())
        .trigger(Trigger.ProcessingTime("1 second"))
        .start();
  }

  private static long idle() throws InterruptedException {
    TimeUnit.SECONDS.sleep(SECONDS);
    return 0;
  }
}
