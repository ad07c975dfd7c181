package io.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * Publishing to topics of a broker and reading them back as Spark streams.
 *
 * @param broker where the topics are
 * @param lake where the checkpoints lie
 */
public record TopicStreams(PulsarBroker broker, TempLake lake) {

  /** Publishes one entry of so many messages, the prefix with its number from 0 behind it */
  public void publishBatch(String topic, CompressionType compression, int size, String prefix)
      throws Exception {
    try (Producer<String> producer =
        broker
            .client()
            .newProducer(Schema.STRING)
            .topic(topic)
            .compressionType(compression)
            .batchingMaxMessages(size)
            .batchingMaxPublishDelay(1, TimeUnit.HOURS)
            .create()) {
      List<CompletableFuture<MessageId>> sent = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        sent.add(producer.sendAsync(prefix + i));
      }
      producer.flush();
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    }
  }

  /** The options to read a topic of the broker, null to name none; the given ones win. */
  public Map<String, String> options(@Nullable String topic, Map<String, String> more) {
    Map<String, String> options = new HashMap<>();
    options.put("service.url", broker.serviceUrl());
    options.put("admin.url", broker.adminUrl());
    if (topic != null) {
      options.put("topic", topic);
    }
    options.putAll(more);
    return options;
  }

  /** The topic as a stream from its beginning, unless the options say otherwise. */
  public Dataset<Row> stream(@Nullable String topic, Map<String, String> more) {
    Map<String, String> options = options(topic, more);
    options.putIfAbsent("startingOffsets", "earliest");
    return SparkSessions.compiling().readStream().format("pulsar").options(options).load();
  }

  /** Reads all that is there with a checkpoint of that name, and returns it by batch. */
  public CollectedBatches runAvailableNow(
      @Nullable String topic, Map<String, String> more, String checkpoint) throws Exception {
    CollectedBatches batches = new CollectedBatches();
    runAvailableNow(topic, more, checkpoint, batches);
    return batches;
  }

  /** As the other, going on with batches collected before. */
  public void runAvailableNow(
      @Nullable String topic, Map<String, String> more, String checkpoint, CollectedBatches batches)
      throws Exception {
    StreamingQuery query =
        stream(topic, more)
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path(checkpoint))
            .trigger(Trigger.AvailableNow())
            .start();
    if (!query.awaitTermination(120_000)) {
      query.stop();
      throw new AssertionError("The query did not end: " + query.lastProgress());
    }
  }

  /** Compares by count first: a difference of thousands of rows is no readable message. */
  public void assertHoldsTopic(CollectedBatches batches, String topic) throws Exception {
    Map<MessageKey, String> expected = TopicContents.read(broker.client(), topic);
    Map<MessageKey, String> actual = batches.values();
    Map<MessageKey, String> missing = new TreeMap<>(expected);
    missing.entrySet().removeAll(actual.entrySet());
    Map<MessageKey, String> unexpected = new TreeMap<>(actual);
    unexpected.entrySet().removeAll(expected.entrySet());
    assertThat(missing.entrySet().stream().limit(5)).as("%s missing", missing.size()).isEmpty();
    assertThat(unexpected.entrySet().stream().limit(5))
        .as("%s unexpected", unexpected.size())
        .isEmpty();
    assertThat(expected).isNotEmpty();
  }
}
