package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.testing.FaultProxy;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a trigger asks the broker for, and what it lets into a batch. */
class PlanningIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @BeforeAll
  static void startSpark() {
    SparkSessions.compiling();
  }

  @Test
  void latestOffset_idleWithAThousandPartitions_asksForTailsOnly() throws Exception {
    String topic = BROKER.createTopic("wide", 1000);
    streams.publishBatch(topic + "-partition-7", CompressionType.NONE, 1, "first");
    try (FaultProxy admin = FaultProxy.to(BROKER.adminUrl())) {
      PulsarMicroBatchStream stream =
          stream(
              topic,
              Map.of(
                  "startingOffsets", "earliest", "admin.url", "http://127.0.0.1:" + admin.port()));
      try {
        ReadLimit limit = ReadLimit.maxRows(10);
        Offset first = stream.latestOffset(stream.initialOffset(), limit);
        assertThat(first.json()).isNotEqualTo(stream.initialOffset().json());
        stream.commit(first);
        admin.refuse();

        assertThat(stream.latestOffset(first, limit).json()).isEqualTo(first.json());
        streams.publishBatch(topic + "-partition-7", CompressionType.NONE, 1, "second");
        Offset second = stream.latestOffset(first, ReadLimit.allAvailable());
        assertThat(second.json()).isNotEqualTo(first.json());
        assertThat(stream.planInputPartitions(first, second)).hasSize(1);
      } finally {
        stream.stop();
      }
    }
  }

  @Test
  void latestOffset_withMinRows_waitsUntilTheyAreThereOrTheDelayHasPassed() throws Exception {
    String topic = BROKER.createTopic("patience", 2);
    PulsarMicroBatchStream stream = stream(topic, Map.of("startingOffsets", "earliest"));
    try {
      streams.publishBatch(topic + "-partition-0", CompressionType.LZ4, 10, "a");
      ReadLimit patient = ReadLimit.minRows(25, 3_600_000);
      Offset first = stream.latestOffset(stream.initialOffset(), patient);
      assertThat(first.json()).isNotEqualTo(stream.initialOffset().json());

      streams.publishBatch(topic + "-partition-0", CompressionType.LZ4, 10, "b");
      streams.publishBatch(topic + "-partition-1", CompressionType.LZ4, 10, "c");
      assertThat(stream.latestOffset(first, patient).json()).isEqualTo(first.json());
      assertThat(stream.latestOffset(first, ReadLimit.minRows(25, 0)).json())
          .isNotEqualTo(first.json());

      streams.publishBatch(topic + "-partition-1", CompressionType.LZ4, 10, "d");
      ReadLimit both = ReadLimit.compositeLimit(new ReadLimit[] {patient, ReadLimit.maxRows(20)});
      Offset second = stream.latestOffset(first, both);
      assertThat(second.json()).isNotEqualTo(first.json());
      assertThat(stream.latestOffset(second, both).json()).isEqualTo(second.json());

      stream.prepareForTriggerAvailableNow();
      assertThat(stream.latestOffset(second, both).json()).isNotEqualTo(second.json());
    } finally {
      stream.stop();
    }
  }

  @Test
  void stream_onePartitionCutIntoManyTasks_readsEveryMessageOnce() throws Exception {
    String topic = BROKER.createTopic("cut", 1);
    String partition = topic + "-partition-0";
    Random random = new Random(23);
    for (int ledger = 0; ledger < 5; ledger++) {
      for (int entry = random.nextInt(8); entry >= 0; entry--) {
        streams.publishBatch(
            partition, CompressionType.LZ4, 1 + random.nextInt(30), ledger + "-" + entry + "-");
      }
      BROKER.admin().topics().unload(partition);
    }
    Map<String, String> options = Map.of("minPartitions", "7");
    PulsarMicroBatchStream planned =
        stream(topic, Map.of("startingOffsets", "earliest", "minPartitions", "7"));
    try {
      Offset start = planned.initialOffset();
      Offset end = planned.latestOffset(start, ReadLimit.allAvailable());
      assertThat(planned.planInputPartitions(start, end)).hasSizeBetween(7, 20);
    } finally {
      planned.stop();
    }

    streams.assertHoldsTopic(streams.runAvailableNow(topic, options, "cut"), topic);
    Map<String, String> entryByEntry = Map.of("maxBytesPerPartition", "1", "minPartitions", "2");
    streams.assertHoldsTopic(streams.runAvailableNow(topic, entryByEntry, "entries"), topic);
  }

  @Test
  void metrics_tellTheBacklogItsAgeAndWhatIsNotAcknowledgedYet() throws Exception {
    String topic = BROKER.createTopic("figures", 0);
    PulsarMicroBatchStream stream = stream(topic, Map.of("startingOffsets", "earliest"));
    try {
      Offset start = stream.initialOffset();
      for (int i = 0; i < 6; i++) {
        streams.publishBatch(topic, CompressionType.NONE, 10, "m" + i);
      }
      Offset first = stream.latestOffset(start, ReadLimit.maxRows(20));
      Map<String, String> figures = stream.metrics(Optional.of(first));
      assertThat(figures)
          .containsEntry("partitions", "1")
          .containsEntry("backlogEntries", "4")
          .containsEntry("ackLagEntries", "2")
          .containsEntry("ackFailures", "0");
      assertThat(Long.parseLong(figures.getOrDefault("backlogBytes", ""))).isGreaterThan(40);
      assertThat(Long.parseLong(figures.getOrDefault("backlogSeconds", ""))).isBetween(0L, 600L);
      assertThat(Long.parseLong(figures.getOrDefault("planningMs", ""))).isNotNegative();
      String page = Files.readString(Path.of("docs/reference/metrics.md"));
      assertThat(figures.keySet()).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));

      Offset last = stream.latestOffset(first, ReadLimit.allAvailable());
      assertThat(stream.metrics(Optional.of(last)))
          .containsEntry("backlogEntries", "0")
          .containsEntry("backlogSeconds", "0")
          .containsEntry("ackLagEntries", "6");
      stream.commit(last);
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(stream.metrics(Optional.of(last)))
                      .containsEntry("ackLagEntries", "1"));
    } finally {
      stream.stop();
    }
  }

  private PulsarMicroBatchStream stream(String topic, Map<String, String> more) {
    return new PulsarMicroBatchStream(
        PulsarOptions.parse(streams.options(topic, more)),
        new org.apache.spark.sql.types.StructType(),
        lake.path("checkpoint/sources/0"));
  }
}
