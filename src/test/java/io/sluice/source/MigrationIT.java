package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.CollectedBatches;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.impl.BatchMessageIdImpl;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Checkpoints as pulsar-spark leaves them, continued by this connector. */
class MigrationIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @Test
  void stream_fromACheckpointOfPulsarSpark_goesOnBehindItsLastBatch() throws Exception {
    String topic = BROKER.createTopic("migrated", 3);
    for (String batch : List.of("a", "b", "c")) {
      streams.publishBatch(topic + "-partition-0", CompressionType.LZ4, 3, "0" + batch);
      streams.publishBatch(topic + "-partition-1", CompressionType.LZ4, 3, "1" + batch);
    }
    Map<String, MessageId> first = new HashMap<>();
    first.put(topic + "-partition-0", entry(topic, 0, 0));
    first.put(topic + "-partition-1", lastOfBatch(topic, 1, 1, 3));
    first.put(topic + "-partition-2", MessageId.earliest);
    Path checkpoint = checkpoint(Map.of(topic + "-partition-0", MessageId.earliest), first);
    commit(checkpoint, 0);

    streams.publishBatch(topic + "-partition-2", CompressionType.NONE, 2, "2x");
    assertThat(read(topic, checkpoint))
        .containsExactlyInAnyOrder(
            "0b0", "0b1", "0b2", "0c0", "0c1", "0c2", "1c0", "1c1", "1c2", "2x0", "2x1");
  }

  @Test
  void stream_fromABatchThatPulsarSparkLoggedButDidNotFinish_readsItAgain() throws Exception {
    String topic = BROKER.createTopic("unfinished", 1);
    String partition = topic + "-partition-0";
    for (String batch : List.of("a", "b", "c", "d")) {
      streams.publishBatch(partition, CompressionType.NONE, 2, batch);
    }
    Path checkpoint =
        checkpoint(
            Map.of(partition, MessageId.earliest),
            Map.of(partition, entry(topic, 0, 0)),
            Map.of(partition, lastOfBatch(topic, 0, 2, 2)));
    commit(checkpoint, 0);
    CollectedBatches batches = new CollectedBatches();
    run(topic, checkpoint, batches);

    assertThat(batches.byBatch().keySet()).containsExactly(1L, 2L);
    assertThat(batches.byBatch().getOrDefault(1L, List.of()))
        .extracting(row -> row.<String>getAs("value"))
        .containsExactly("b0", "b1", "c0", "c1");
    assertThat(batches.values().values()).hasSize(6);
  }

  @Test
  void stream_fromAnInitialOffsetOfPulsarSpark_beginsWithTheMessageItNames() throws Exception {
    String topic = BROKER.createTopic("initial", 0);
    for (String batch : List.of("a", "b", "c")) {
      streams.publishBatch(topic, CompressionType.NONE, 2, batch);
    }
    Path checkpoint = checkpoint(Map.of(topic, entry(topic, -1, 1)));

    assertThat(read(topic, checkpoint)).containsExactly("b0", "b1", "c0", "c1");
  }

  private List<String> read(String topic, Path checkpoint) throws Exception {
    CollectedBatches batches = new CollectedBatches();
    run(topic, checkpoint, batches);
    return List.copyOf(batches.values().values());
  }

  private void run(String topic, Path checkpoint, CollectedBatches batches) throws Exception {
    var query =
        SparkSessions.compiling()
            .readStream()
            .format("pulsar")
            .options(streams.options(topic, Map.of("predefinedSubscription", "migrated")))
            .load()
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", checkpoint.toString())
            .trigger(Trigger.AvailableNow())
            .start();
    assertThat(query.awaitTermination(60_000)).isTrue();
  }

  /**
   * A checkpoint with this initial offset and the ends of these batches, none of them committed.
   */
  @SafeVarargs
  private Path checkpoint(Map<String, MessageId> initial, Map<String, MessageId>... ends)
      throws IOException {
    Path checkpoint = lake.path().resolve("checkpoint");
    Files.createDirectories(checkpoint.resolve("sources/0"));
    Files.createDirectories(checkpoint.resolve("offsets"));
    Files.createDirectories(checkpoint.resolve("commits"));
    Files.writeString(checkpoint.resolve("metadata"), "{\"id\":\"" + UUID.randomUUID() + "\"}");
    Files.writeString(checkpoint.resolve("sources/0/0"), "v1\n" + json(initial));
    for (int batch = 0; batch < ends.length; batch++) {
      Files.writeString(
          checkpoint.resolve("offsets/" + batch),
          "v1\n{\"batchWatermarkMs\":0,\"batchTimestampMs\":1750000000000,\"conf\":{}}\n"
              + json(ends[batch]));
    }
    return checkpoint;
  }

  private static void commit(Path checkpoint, int batch) throws IOException {
    Files.writeString(checkpoint.resolve("commits/" + batch), "v1\n{\"nextBatchWatermarkMs\":0}");
  }

  /** As json4s writes a map of byte arrays. */
  private static String json(Map<String, MessageId> ids) {
    return ids.entrySet().stream()
        .map(
            each ->
                "\"%s\":%s"
                    .formatted(
                        each.getKey(),
                        Arrays.toString(each.getValue().toByteArray()).replace(" ", "")))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static MessageId entry(String topic, int partition, long entry) throws Exception {
    return new MessageIdImpl(ledger(topic, partition), entry, partition);
  }

  private static MessageId lastOfBatch(String topic, int partition, long entry, int size)
      throws Exception {
    return new BatchMessageIdImpl(ledger(topic, partition), entry, partition, size - 1, size, null);
  }

  private static long ledger(String topic, int partition) throws Exception {
    String name = partition < 0 ? topic : topic + "-partition-" + partition;
    return ((MessageIdAdv) BROKER.admin().topics().getLastMessageId(name)).getLedgerId();
  }
}
