package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.MessageKey;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkCluster;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicContents;
import io.sluice.testing.TopicStreams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.spark.sql.Row;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The source on executors of a cluster, which run tasks twice and die. */
class ClusterReadIT {

  private static final int LEDGERS = 5;
  private static final int ENTRIES = 8;
  private static final int MESSAGES = 50;

  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.speculation", "true",
          "spark.speculation.interval", "50ms",
          "spark.speculation.quantile", "0.5",
          "spark.speculation.multiplier", "1.01",
          "spark.speculation.minTaskRuntime", "50ms",
          "spark.databricks.delta.snapshotPartitions", "1",
          "spark.sql.shuffle.partitions", "1",
          "spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension",
          "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void onePartition_splitOverExecutors_oneOfThemKilledWithTheCopyOfASlowTask_isReadOnce()
      throws Exception {
    String topic = publishedInLedgers();
    try (SparkCluster cluster = SparkCluster.start(lake.path())) {
      Process driver =
          cluster.drive(
              ClusterReadJob.class,
              SETTINGS,
              List.of(BROKER.serviceUrl(), BROKER.adminUrl(), topic, lake.path().toString()));
      Path copy = lake.path().resolve(ClusterReadJob.COPY);
      Awaitility.await()
          .atMost(Duration.ofMinutes(10))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> Files.exists(copy) || !driver.isAlive());
      assertThat(copy).as(() -> output(cluster)).exists();
      ProcessHandle executor =
          ProcessHandle.of(Long.parseLong(Files.readString(copy))).orElseThrow();
      executor.destroyForcibly();
      executor.onExit().get();
      ClusterReadJob.write(lake.path().resolve(ClusterReadJob.KILLED), "");
      cluster.awaitSuccess(driver);
    }
    assertHolds(lake.path("table"), topic);
    try (Stream<Path> executors = Files.list(lake.path().resolve(ClusterReadJob.EXECUTORS))) {
      assertThat(executors).as("executors that tasks are given to").hasSizeGreaterThanOrEqualTo(2);
    }
  }

  private static void assertHolds(String table, String topic) throws Exception {
    List<Row> rows = SparkSessions.compiling().read().format("delta").load(table).collectAsList();
    Map<MessageKey, String> read = new TreeMap<>();
    for (Row row : rows) {
      read.put(MessageKey.of(row), row.getAs("value"));
    }
    assertThat(rows).hasSize(LEDGERS * ENTRIES * MESSAGES);
    assertThat(read.equals(TopicContents.read(BROKER.client(), topic))).as("the model").isTrue();
    assertThat(rows).extracting(row -> row.<Integer>getAs("task")).contains(0, 1, 2, 3, 4, 5, 6, 7);
  }

  private String publishedInLedgers() throws Exception {
    TopicStreams streams = new TopicStreams(BROKER, lake);
    String topic = BROKER.createTopic("cluster", 0);
    for (int ledger = 0; ledger < LEDGERS; ledger++) {
      for (int entry = 0; entry < ENTRIES; entry++) {
        streams.publishBatch(topic, CompressionType.LZ4, MESSAGES, ledger + "." + entry + ".");
      }
      BROKER.admin().topics().unload(topic);
    }
    return topic;
  }

  private static String output(SparkCluster cluster) {
    try {
      return cluster.output("driver");
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }
}
