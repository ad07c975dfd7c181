package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.policies.data.RetentionPolicies;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Brokers up to 4.0.6 may skip the first entry of an empty ledger, if a reader comes while it is
 * written and everything before was trimmed (apache/pulsar#24737).
 *
 * <p>{@code -Dsluice.first.entries=1000} tries it more often.
 */
class FirstEntryIT {

  private static final int RUNS = Integer.getInteger("sluice.first.entries", 9);

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @Test
  void readerThatComesWithTheFirstEntryOfATrimmedTopic_getsIt() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    BROKER.admin().namespaces().setRetention(namespace, new RetentionPolicies(0, 0));
    String topic = "persistent://" + namespace + "/first";
    BROKER.admin().topics().createNonPartitionedTopic(topic);
    PulsarOptions options =
        PulsarOptions.parse(
            Map.of(
                "service.url", BROKER.serviceUrl(),
                "admin.url", BROKER.adminUrl(),
                "topic", topic));
    Random random = new Random(12);
    Pos behindTheLast = Pos.EARLIEST;
    for (int run = 0; run < RUNS; run++) {
      BROKER.admin().topics().unload(topic);
      try (Producer<String> producer =
          BROKER.client().newProducer(Schema.STRING).topic(topic).enableBatching(false).create()) {
        long open = onlyLedger(topic);
        Pos start =
            switch (run % 3) {
              case 0 -> Pos.EARLIEST;
              case 1 -> new Pos(open, 0);
              default -> behindTheLast;
            };
        ReadRange range =
            new ReadRange(
                new TopicPartition(topic, TopicPartition.NOT_PARTITIONED),
                start,
                new Pos(open, 1),
                List.of(new Segment(open, 0, 1, 0)));
        long delayMicros = random.nextInt(8000);
        String value = "first " + run;
        CompletableFuture<MessageId> sent =
            CompletableFuture.supplyAsync(
                    () -> value,
                    CompletableFuture.delayedExecutor(delayMicros, TimeUnit.MICROSECONDS))
                .thenCompose(producer::sendAsync);
        List<String> read = read(options, range);
        MessageIdAdv id = (MessageIdAdv) sent.get(30, TimeUnit.SECONDS);
        assertThat(id.getLedgerId() + ":" + id.getEntryId()).isEqualTo(open + ":0");
        assertThat(read).as("run %s, from %s", run, start).containsExactly(value);
        behindTheLast = range.end();
      }
    }
  }

  /** The open ledger, once all before it are trimmed. */
  private static long onlyLedger(String topic) throws Exception {
    BROKER.admin().topics().trimTopic(topic);
    return Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> BROKER.admin().topics().getInternalStats(topic).ledgers,
            ledgers -> ledgers.size() == 1)
        .get(0)
        .ledgerId;
  }

  private static List<String> read(PulsarOptions options, ReadRange range) throws Exception {
    List<String> values = new ArrayList<>();
    try (RangeReader reader =
        RangeReader.open(options, range, /* keep= */ false, /* fresh= */ true)) {
      for (RawEntry entry = reader.next(); entry != null; entry = reader.next()) {
        while (entry.advance()) {
          values.add(
              new String(
                  entry.payload(),
                  entry.payloadOffset(),
                  entry.payloadLength(),
                  StandardCharsets.UTF_8));
        }
      }
    }
    return values;
  }
}
