package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.Schema;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs from a real topic into a real table, and what they say when they cannot. */
class JobRunIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final int PARTITIONS = 2;

  @RegisterExtension final TempLake lake = new TempLake();

  private final Recorder recorder = new Recorder();

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  @Test
  void run_twice_appendsWhatIsNewAndReportsEachBatch() throws Exception {
    String topic = topic(120);
    JobText job = job(topic).with("source.max_rows_per_batch", "50");

    run(job, false);
    TopicAndTable.publish(BROKER, topic, 120, 30);
    Instant published = Instant.now();
    run(job, false);

    assertThat(TopicAndTable.ofTable(table()))
        .hasSize(150)
        .isEqualTo(TopicAndTable.ofTopic(BROKER, topic, PARTITIONS));
    assertThat(recorder.batches.stream().mapToLong(BatchProgress::rows).sum()).isEqualTo(150);
    BatchProgress last = recorder.batches.get(recorder.batches.size() - 1);
    assertThat(last.version()).isEqualTo(recorder.batches.size());
    assertThat(last.lagEntries()).isEqualTo(0);
    assertThat(recorder.ended).hasSize(2);
    assertThat(recorder.ended.get(1)).endsWith(" 30 rows");
    JobSummary summary = recorder.summaries.get(1);
    assertThat(summary.location()).isEqualTo("file:" + table());
    assertThat(summary.version()).isEqualTo(last.version());
    assertThat(summary.completeUntil()).isBetween(published, Instant.now());
  }

  @Test
  void run_stepsOverPayloadAndMetadata_shapeTheTable() throws Exception {
    String topic = topic(20);
    run(
        job(topic)
            .with(
                "transform",
                "[{sql: \"SELECT *, decode(_meta.key, 'UTF-8') AS key FROM input\"}, {sql: \"SELECT * FROM input WHERE key <> 'k3'\"}]"),
        false);

    var rows = SparkSessions.local().read().format("delta").load(table());
    assertThat(rows.columns()).containsExactly("value", "_position", "key");
    assertThat(rows.where("value = concat('message ', substr(key, 2))").count()).isEqualTo(19);
  }

  @Test
  void run_jsonPayload_becomesColumns() throws Exception {
    String topic = BROKER.createTopic("json", PARTITIONS);
    try (var producer = BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      producer.send("{\"id\": 7, \"name\": \"seven\"}");
    }
    run(
        job(topic)
            .with("source.format", "json")
            .with("source.schema", "id BIGINT, name STRING")
            .with("transform", "[{sql: \"SELECT id, upper(name) AS name, _position FROM input\"}]"),
        false);

    var rows = SparkSessions.local().read().format("delta").load(table());
    assertThat(rows.select("id", "name").collectAsList().toString()).isEqualTo("[[7,SEVEN]]");
  }

  @Test
  void run_payloadThatIsNoJson_isNamedAndNothingIsWritten() throws Exception {
    String topic = topic(5);
    refused(
        () ->
            run(
                job(topic)
                    .with("source.format", "json")
                    .with("source.schema", "id BIGINT")
                    .with("source.on_bad_record", "fail"),
                false),
        Condition.UNDECODABLE_MESSAGE,
        "is not JSON of the columns in source.schema");
    assertThat(SparkSessions.local().read().format("delta").load(table()).count()).isZero();
  }

  @Test
  void run_topicThatDoesNotExist_isNamed() {
    refused(
        () -> run(job(BROKER.uniqueTopic("nowhere")), false), Condition.TOPIC_NOT_FOUND, "nowhere");
  }

  @Test
  void run_brokerThatIsNotThere_isNamed() throws Exception {
    String topic = topic(1);
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    refused(
        () ->
            run(
                job(topic)
                    .with("pulsar.service_url", "pulsar://127.0.0.1:" + free)
                    .with("pulsar.admin_url", "http://127.0.0.1:" + free),
                false),
        Condition.BROKER_UNREACHABLE,
        "127.0.0.1:" + free);
  }

  @Test
  void run_checkpointDeleted_isRefusedAndANewEpochGoesOnExactly() throws Exception {
    String topic = topic(60);
    // Where the table has nothing yet, this is the job's first epoch.
    run(job(topic), true);
    TopicAndTable.publish(BROKER, topic, 60, 40);
    delete(lake.path().resolve("_sluice"));

    refused(
        () -> run(job(topic), false),
        Condition.CHECKPOINT_MISMATCH,
        "run the job once with --new-epoch");
    run(job(topic), true);
    run(job(topic), true);
    TopicAndTable.publish(BROKER, topic, 100, 10);
    run(job(topic), false);

    assertThat(lake.path().resolve("_sluice/orders/checkpoint/epochs")).isDirectory();
    assertThat(TopicAndTable.ofTable(table()))
        .hasSize(110)
        .isEqualTo(TopicAndTable.ofTopic(BROKER, topic, PARTITIONS));
  }

  @Test
  void run_checkpointDamaged_isRefusedAndANewEpochGoesOnExactly() throws Exception {
    String topic = topic(20);
    run(job(topic), false);
    TopicAndTable.publish(BROKER, topic, 20, 10);
    Path checkpoint = lake.path().resolve("_sluice/orders/checkpoint");
    delete(checkpoint.resolve(".sluice.json.crc"));
    Files.writeString(checkpoint.resolve("sluice.json"), "{");

    refused(() -> run(job(topic), false), Condition.CHECKPOINT_MISMATCH, "is damaged");
    run(job(topic), true);
    run(job(topic), false);

    assertThat(TopicAndTable.ofTable(table()))
        .hasSize(30)
        .isEqualTo(TopicAndTable.ofTopic(BROKER, topic, PARTITIONS));
  }

  @Test
  void run_checkpointOfAnotherTable_isRefused() throws Exception {
    String topic = topic(10);
    run(job(topic).with("checkpoint", lake.path("cp")), false);

    refused(
        () ->
            run(
                job(topic)
                    .with("checkpoint", lake.path("cp"))
                    .with("target.table", lake.path("other")),
                false),
        Condition.CHECKPOINT_MISMATCH,
        "it belongs to the job orders with the table " + table());
  }

  @Test
  void run_tableWithOtherColumns_isRefusedBeforeAnythingIsRead() throws Exception {
    SparkSessions.local().range(1).toDF("value").write().format("delta").save(table());

    refused(
        () -> run(job(topic(5)), false),
        Condition.TABLE_MISMATCH,
        "column `value` is bigint in the table and string in the rows");
  }

  @Test
  void run_oneOfTwoJobsFails_stopsBoth() throws Exception {
    JobSpec endless =
        spec(job("endless", topic(10), lake.path("endless")).with("trigger", "{every: 1s}"));
    JobSpec broken =
        spec(
            job("broken", topic(10), lake.path("broken"))
                .with(
                    "transform",
                    "[{sql: \"SELECT 1 / (length(value) - length(value)) AS x FROM input\"}]"));

    refused(
        () -> JobRunner.run(List.of(endless, broken), false, Duration.ofSeconds(30), recorder),
        Condition.TRANSFORM_FAILED,
        "The transform of the job broken fails");
    assertThat(SparkSessions.local().newSession().streams().active()).isEmpty();
  }

  @Test
  void run_twoJobsOfOneName_isRefused() throws Exception {
    JobSpec spec = spec(job(topic(1)));
    refused(
        () -> JobRunner.run(List.of(spec, spec), false, Duration.ofSeconds(30), recorder),
        Condition.INVALID_JOB,
        "Two of the jobs have the name orders");
  }

  /** On a real small disk, which takes the right to mount one; skipped without it. */
  @Test
  void run_diskFull_isNamedAndTheNextRunGoesOn() throws Exception {
    Path disk = Files.createDirectory(lake.path().resolve("disk"));
    assumeTrue(
        command("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk.toString()) == 0,
        "may not mount a small disk here");
    try {
      String topic = topic(300);
      JobText job =
          job(topic)
              .with("source.max_rows_per_batch", "10")
              .with("target.table", disk.resolve("table").toString());

      refused(() -> run(job, false), Condition.STORAGE_FAILED, "the storage is full");
      assertThat(recorder.batches).isNotEmpty();
      assertThat(command("mount", "-o", "remount,size=64m", disk.toString())).isZero();
      run(job.with("source.max_rows_per_batch", "1000"), false);

      assertThat(TopicAndTable.ofTable(disk.resolve("table").toString()))
          .hasSize(300)
          .isEqualTo(TopicAndTable.ofTopic(BROKER, topic, PARTITIONS));
    } finally {
      assertThat(command("umount", "-l", disk.toString())).isZero();
    }
  }

  private static int command(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private String topic(int messages) throws Exception {
    String topic = BROKER.createTopic("run", PARTITIONS);
    TopicAndTable.publish(BROKER, topic, 0, messages);
    return topic;
  }

  private String table() {
    return lake.path("table");
  }

  private JobText job(String topic) {
    return job("orders", topic, table());
  }

  private static JobText job(String name, String topic, String table) {
    return JobText.of(name, BROKER, topic, table);
  }

  private JobSpec spec(JobText text) throws IOException {
    return new JobSpecParser(Environment.ofProcess())
        .read(text.write(lake.path()).toString(), List.of())
        .require();
  }

  private void run(JobText text, boolean newEpoch) throws Exception {
    JobRunner.run(List.of(spec(text)), newEpoch, Duration.ofSeconds(30), recorder);
  }

  private static void refused(ThrowingCallable call, Condition condition, String reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).as("%s", e).isEqualTo(condition))
        .hasMessageContaining(reason);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
