package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.CollectedBatches;
import io.sluice.testing.MessageKey;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicContents;
import io.sluice.testing.TopicStreams;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One row object serves a whole task and its bytes are used again: wherever Spark keeps rows, it
 * keeps copies.
 */
class LazyRowIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static String topic = "";
  private static Map<MessageKey, String> contents = Map.of();

  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @BeforeAll
  static void publish() throws Exception {
    topic = BROKER.createTopic("rows", 2);
    TopicStreams publishing = new TopicStreams(BROKER, new TempLake());
    for (int i = 0; i < 6; i++) {
      publishing.publishBatch(
          topic + "-partition-" + i % 2, CompressionType.LZ4, 100, "m" + "x".repeat(i) + i + "-");
    }
    contents = TopicContents.read(BROKER.client(), topic);
  }

  private Dataset<Row> read() {
    return SparkSessions.compiling()
        .read()
        .format("pulsar")
        .options(streams.options(topic, Map.of()))
        .load();
  }

  private static Map<MessageKey, String> byKey(List<Row> rows) {
    Map<MessageKey, String> byKey = new TreeMap<>();
    for (Row row : rows) {
      assertThat(byKey.put(MessageKey.of(row), row.getAs("value"))).isNull();
    }
    return byKey;
  }

  @Test
  void cached_holdsEveryRow() {
    Dataset<Row> cached = read().cache();
    try {
      assertThat(cached.count()).isEqualTo(600);
      assertThat(byKey(cached.collectAsList())).isEqualTo(contents);
    } finally {
      cached.unpersist();
    }
  }

  @Test
  void shuffledAndSorted_holdsEveryRow() {
    List<Row> sorted = read().repartition(5).sort(functions.col("value").desc()).collectAsList();

    assertThat(byKey(sorted)).isEqualTo(contents);
    assertThat(sorted)
        .extracting(row -> row.<String>getAs("value"))
        .isSortedAccordingTo((left, right) -> right.compareTo(left));
  }

  @Test
  void collectedIntoGroups_holdsEveryRow() {
    List<Row> groups =
        read()
            .groupBy("__partition")
            .agg(functions.sort_array(functions.collect_list("value")).as("all"))
            .collectAsList();

    assertThat(groups).hasSize(2);
    assertThat(groups.stream().flatMap(row -> row.<String>getList(row.fieldIndex("all")).stream()))
        .containsExactlyInAnyOrderElementsOf(contents.values());
  }

  @Test
  void streamUnitedWithItself_givesEveryRowTwice() throws Exception {
    Dataset<Row> stream = streams.stream(topic, Map.of());
    CollectedBatches batches = new CollectedBatches();
    StreamingQuery query =
        stream
            .union(stream)
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("union"))
            .trigger(Trigger.AvailableNow())
            .start();
    assertThat(query.awaitTermination(60_000)).isTrue();

    assertThat(batches.rows())
        .extracting(row -> MessageKey.of(row) + "=" + row.getAs("value"))
        .containsExactlyInAnyOrderElementsOf(
            contents.entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue())
                .flatMap(each -> Stream.of(each, each))
                .toList());
  }

  @Test
  void metadataInWhereAndSelect_findsItsRows() {
    List<Row> rows =
        read()
            .where("__batchIndex = 7 and __partition = 1")
            .select("__ledgerId", "__entryId", "__batchIndex", "__partition", "value")
            .collectAsList();

    assertThat(rows).hasSize(3);
    assertThat(contents).containsAllEntriesOf(byKey(rows));
  }
}
