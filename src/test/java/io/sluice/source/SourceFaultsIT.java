package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.CollectedBatches;
import io.sluice.testing.FaultProxy;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.util.Map;
import java.util.Random;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The source while brokers and networks fail under it: nothing is lost, nothing comes twice. */
class SourceFaultsIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  /** One that may be killed. */
  @RegisterExtension
  static final PulsarBroker MORTAL = PulsarBroker.dedicated(settings -> settings);

  private static final int FAULTS = 12;

  @RegisterExtension final TempLake lake = new TempLake();

  private final Random random = new Random(7);

  @Test
  void stream_topicsUnloadedAtRandomPoints_neitherLosesNorRepeats() throws Exception {
    String topic = published(BROKER, "unload");
    int faults =
        whileReading(
            BROKER,
            topic,
            Map.of(),
            () -> BROKER.admin().topics().unload(topic + "-partition-" + random.nextInt(2)));
    assertThat(faults).isPositive();
  }

  @Test
  void stream_connectionsCutAtRandomPoints_neitherLosesNorRepeats() throws Exception {
    String topic = published(BROKER, "cut");
    try (FaultProxy proxy = FaultProxy.to(BROKER.serviceUrl())) {
      int faults =
          whileReading(BROKER, topic, Map.of("service.url", proxy.serviceUrl()), proxy::cut);
      assertThat(faults).isPositive();
    }
  }

  @Test
  void stream_brokerKilledWhileReading_neitherLosesNorRepeats() throws Exception {
    String topic = published(MORTAL, "kill");
    int faults =
        whileReading(
            MORTAL,
            topic,
            Map.of(),
            new Fault() {
              private boolean done;

              @Override
              public void strike() throws Exception {
                if (!done) {
                  done = true;
                  MORTAL.server().kill();
                  MORTAL.server().restart();
                }
              }
            });
    assertThat(faults).isPositive();
  }

  /** Something that goes wrong while a query runs. */
  private interface Fault {
    void strike() throws Exception;
  }

  private String published(PulsarBroker broker, String name) throws Exception {
    TopicStreams streams = new TopicStreams(broker, lake);
    String topic = broker.createTopic(name, 2);
    for (int i = 0; i < 40; i++) {
      streams.publishBatch(topic + "-partition-" + i % 2, CompressionType.LZ4, 500, "m" + i + "-");
    }
    return topic;
  }

  /** Reads a topic in many small batches while a fault strikes again and again. */
  private int whileReading(PulsarBroker broker, String topic, Map<String, String> more, Fault fault)
      throws Exception {
    TopicStreams streams = new TopicStreams(broker, lake);
    Map<String, String> options = streams.options(topic, more);
    options.put("maxBytesPerTrigger", "15000");
    options.put("receiverQueueSize", "10");
    CollectedBatches batches = new CollectedBatches();
    StreamingQuery query =
        streams.stream(topic, options)
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("checkpoint"))
            .trigger(Trigger.AvailableNow())
            .start();
    int faults = 0;
    // A topic that is unloaded faster than it can be loaded is never read, whoever reads.
    while (!query.awaitTermination(faults < FAULTS ? 200 + random.nextInt(400) : 120_000)) {
      if (faults == FAULTS) {
        query.stop();
        throw new AssertionError("The query did not end: " + query.lastProgress());
      }
      fault.strike();
      faults++;
    }
    streams.assertHoldsTopic(batches, topic);
    assertThat(batches.values()).hasSize(20_000);
    return faults;
  }
}
