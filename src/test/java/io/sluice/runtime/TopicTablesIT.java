package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Row;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A job with a table for each topic. */
class TopicTablesIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  private final Recorder recorder = new Recorder();

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  @Test
  void run_topicsOfDifferentSchemas_haveATableEach_andOneThatFailsLeavesTheOthers()
      throws Exception {
    String namespace = BROKER.uniqueNamespace();
    send(namespace, "a-orders", Schema.STRING, "order");
    send(namespace, "a-counts", Schema.INT64, 7L);
    send(namespace, "a-misfit", Schema.INT64, 8L);
    send(namespace, "b-orders", Schema.STRING, "of another name's table");
    SparkSessions.local()
        .sql("SELECT 'text' AS value")
        .write()
        .format("delta")
        .save(lake.path("misfit"));

    assertThatThrownBy(() -> JobRunner.run(List.of(job(namespace)), false, patience(), recorder))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isIn(Condition.INVALID_JOB, Condition.TABLE_MISMATCH));

    assertThat(values("orders")).containsExactly("order");
    assertThat(values("counts")).containsExactly(7L);
    assertThat(recorder.ended)
        .anyMatch(line -> line.startsWith("all.orders: 1 batches, 1 rows"))
        .anyMatch(line -> line.startsWith("all.counts: 1 batches, 1 rows"));
    assertThat(recorder.failed)
        .hasSize(2)
        .anyMatch(line -> line.startsWith("all.misfit: [TABLE_MISMATCH]"))
        .anyMatch(line -> line.contains("/a-orders and") && line.contains("/b-orders of the job"));
    assertThat(Path.of(lake.path("_sluice"), "all.orders", "checkpoint")).exists();
  }

  @Test
  void run_topicThatAppearsLater_getsItsTable() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    JobSpec job =
        job(
            namespace,
            "trigger={every: 200ms}",
            "source.options={partitionDiscoveryIntervalMs: 300}");
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    Thread jobs =
        new Thread(
            () -> {
              try {
                JobRunner.run(List.of(job), false, patience(), recorder);
                ended.complete(true);
              } catch (InterruptedException stopped) {
                ended.complete(false);
              } catch (RuntimeException failure) {
                ended.completeExceptionally(failure);
              }
            });
    jobs.start();
    try {
      send(namespace, "a-first", Schema.STRING, "one");
      awaitRows(ended, 1);
      send(namespace, "a-second", Schema.STRING, "two");
      awaitRows(ended, 2);
    } finally {
      jobs.interrupt();
    }
    assertThat(ended.get(1, TimeUnit.MINUTES)).as("ended by itself").isFalse();
    assertThat(values("first")).containsExactly("one");
    assertThat(values("second")).containsExactly("two");
  }

  private void awaitRows(CompletableFuture<Boolean> ended, long rows) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () ->
                ended.isDone()
                    || recorder.batches.stream().mapToLong(BatchProgress::rows).sum() == rows);
    assertThat(ended).isNotDone();
  }

  private static <T> void send(String namespace, String name, Schema<T> schema, T value)
      throws Exception {
    try (Producer<T> producer =
        BROKER
            .client()
            .newProducer(schema)
            .topic("persistent://" + namespace + "/" + name)
            .create()) {
      producer.send(value);
    }
  }

  private List<Object> values(String table) {
    return SparkSessions.local()
        .read()
        .format("delta")
        .load(lake.path(table))
        .collectAsList()
        .stream()
        .map((Row row) -> row.getAs("value"))
        .toList();
  }

  private static Duration patience() {
    return Duration.ofSeconds(30);
  }

  private JobSpec job(String namespace, String... overrides) throws Exception {
    Path file =
        Files.writeString(
            lake.path().resolve("all.yaml"),
            """
            version: 1
            name: all
            pulsar: {service_url: "%s", admin_url: "%s"}
            source: {topics_pattern: "persistent://%s/[ab]-(.*)"}
            target: {table: "%s/$1"}
            trigger: available_now
            """
                .formatted(BROKER.serviceUrl(), BROKER.adminUrl(), namespace, lake.path()));
    return new JobSpecParser(Environment.ofProcess())
        .read(file.toString(), List.of(overrides))
        .require();
  }
}
