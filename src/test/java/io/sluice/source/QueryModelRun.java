package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RandomMessages.Sent;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;

/** One life of random topics and of a query that reads them, stopped and started again. */
final class QueryModelRun {

  private static final long PATIENCE_MILLIS = 120_000;

  private final Random random;
  private final TopicStreams streams;
  private final String checkpoint;
  private final boolean brokerDies;
  private final boolean pinned;
  private final RandomTopics topics;
  private final FaultyBatches batches;
  private boolean failOnDataLoss = true;
  private boolean outage;

  /**
   * Makes the topics; everything else is done by {@link #play}.
   *
   * @param seed what decides everything but the timing
   * @param namespace where the topics are
   * @param retained whether the namespace keeps what everybody has read
   * @param brokerDies whether the broker is killed once
   */
  QueryModelRun(
      long seed,
      PulsarBroker broker,
      TempLake lake,
      String namespace,
      boolean retained,
      boolean brokerDies)
      throws Exception {
    this.random = new Random(seed);
    this.streams = new TopicStreams(broker, lake);
    this.checkpoint = lake.path("checkpoint-" + seed);
    this.brokerDies = brokerDies;
    boolean lossy = random.nextInt(6) == 0;
    this.pinned = random.nextInt(4) > 0;
    this.topics = new RandomTopics(broker, random, namespace, retained, lossy);
    this.batches = new FaultyBatches(new Random(seed));
  }

  /** Everything that happened, for the report of a failure. */
  String history() {
    return String.join("\n  ", topics.history());
  }

  /** Plays the run to its end and compares what came with what must come. */
  void play() throws Exception {
    int phases = 1 + random.nextInt(2);
    for (int phase = 0; phase < phases; phase++) {
      steps(random.nextInt(4));
      boolean endless = random.nextInt(3) > 0;
      StreamingQuery query = start(endless ? Trigger.ProcessingTime(0) : Trigger.AvailableNow());
      try {
        steps(1 + random.nextInt(5));
        if (brokerDies && phase == 0) {
          topics.killBroker();
          steps(2);
        }
        if (random.nextBoolean()) {
          drain(query, endless);
        }
      } finally {
        query.stop();
      }
      judge(query);
    }
    topics.settle();
    batches.failNoMore();
    StreamingQuery last;
    do {
      last = start(Trigger.AvailableNow());
      drain(last, false);
      last.stop();
    } while (!judge(last));
    compare();
  }

  private void steps(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      topics.step();
    }
  }

  private StreamingQuery start(Trigger trigger) throws Exception {
    topics.note("start the query, " + trigger, topics.pattern());
    Map<String, String> options = new TreeMap<>();
    options.put("topicsPattern", topics.pattern());
    options.put("payload", "string");
    options.put("partitionDiscoveryIntervalMs", "50");
    options.put("failOnDataLoss", Boolean.toString(failOnDataLoss));
    options.put("retentionPin", Boolean.toString(pinned));
    options.put("readAheadBytes", Integer.toString(1 + random.nextInt(20_000)));
    switch (random.nextInt(4)) {
      case 0 -> options.put("maxBytesPerTrigger", Integer.toString(1000 + random.nextInt(30_000)));
      case 1 -> options.put("maxRowsPerTrigger", Integer.toString(1 + random.nextInt(100)));
      default -> {}
    }
    if (random.nextBoolean()) {
      options.put("minPartitions", Integer.toString(2 + random.nextInt(8)));
    }
    return streams.stream(null, options)
        .writeStream()
        .foreachBatch(batches)
        .option("checkpointLocation", checkpoint)
        .trigger(trigger)
        .start();
  }

  private static void drain(StreamingQuery query, boolean endless) throws Exception {
    try {
      if (endless) {
        query.processAllAvailable();
      } else if (!query.awaitTermination(PATIENCE_MILLIS)) {
        throw new AssertionError("The query did not end: " + query.lastProgress());
      }
    } catch (StreamingQueryException failure) {
      // Judged by what the query says of itself.
    }
  }

  /** Whether the query ended without failure; fails if the failure was none of the game's. */
  private boolean judge(StreamingQuery query) {
    if (query.exception().isEmpty()) {
      return true;
    }
    Throwable failure = query.exception().get();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof FaultyBatches.PlannedFailure) {
        topics.note("the sink fails", topics.pattern());
        return false;
      }
    }
    if (failOnDataLoss
        && (topics.deleted() || !topics.doomed().isEmpty())
        && failure.toString().contains("[" + Condition.DATA_LOSS + "]")) {
      topics.note("the query reports lost data", topics.pattern());
      failOnDataLoss = false;
      batches.allowLoss();
      return false;
    }
    if (!outage && failure.toString().contains("[" + Condition.BROKER_UNREACHABLE + "]")) {
      // A broker that finds deleted topics among its transactions cannot load others for 30 s.
      topics.note("the broker does not answer for", topics.pattern());
      outage = true;
      return false;
    }
    throw new AssertionError("The query failed", failure);
  }

  private void compare() {
    Map<String, Sent> actual = batches.messages();
    Map<String, Sent> missing = new TreeMap<>(topics.model());
    missing.keySet().removeAll(actual.keySet());
    Map<String, Sent> unexpected = new TreeMap<>(actual);
    unexpected.entrySet().removeAll(topics.model().entrySet());
    unexpected.entrySet().removeAll(topics.doomed().entrySet());
    assertThat(missing).as("missing").isEmpty();
    assertThat(unexpected).as("unexpected").isEmpty();
  }
}
