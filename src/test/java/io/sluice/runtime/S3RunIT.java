package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import io.sluice.FaultPoint;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.DriverProcess;
import io.sluice.testing.FaultingS3LogStore;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.S3Server;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Encoders;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs whose tables and checkpoints lie on S3: two drivers of one job, and one that is killed. */
class S3RunIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension static final S3Server S3 = S3Server.shared();

  private static final int PARTITIONS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void run_twoDriversOfOneJobAndAKill_tableEqualsTheTopic() throws Exception {
    String bucket = S3.newBucket();
    String topic = BROKER.createTopic("s3", PARTITIONS);
    TopicAndTable.publish(BROKER, topic, 0, 20);
    JobText append =
        JobText.of("append", BROKER, topic, "s3a://" + bucket + "/lake/append")
            .with("source.max_rows_per_batch", "50");
    List<DriverProcess> drivers =
        List.of(driver("one", bucket, append), driver("two", bucket, append));
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> hasStartedOrEnded(drivers.get(0)) && hasStartedOrEnded(drivers.get(1)));
    TopicAndTable.publish(BROKER, topic, 20, 380);

    List<Integer> codes = new ArrayList<>();
    for (DriverProcess driver : drivers) {
      codes.add(driver.exitCode());
    }
    String printed = drivers.get(0).output() + drivers.get(1).output();
    assertThat(codes)
        .as(printed)
        .containsExactlyInAnyOrder(FaultPoint.EXIT_CODE, Condition.FENCED.exitCode());
    assertThat(printed).contains("Another running instance").doesNotContain(S3.secretKey());

    S3.hadoopSettings(bucket)
        .forEach(SparkSessions.local().sparkContext().hadoopConfiguration()::set);
    String changes = BROKER.createTopic("s3-changes", 0);
    send(changes, "1 10", "2 20", "1 11");
    JobText merge =
        JobText.of("merge", BROKER, changes, "s3a://" + bucket + "/lake/merge")
            .with(
                "transform",
                "[{sql: \"SELECT split(value, ' ')[0] AS id, split(value, ' ')[1] AS v, _position FROM input\"}]")
            .with("target.auto_cdc", "{keys: [id], apply_as_deletes: v = 'gone'}");
    run(append.with("source.max_rows_per_batch", "1000"), merge);
    send(changes, "2 gone", "3 30");
    run(merge);

    assertThat(TopicAndTable.ofTable("s3a://" + bucket + "/lake/append"))
        .hasSize(400)
        .isEqualTo(TopicAndTable.ofTopic(BROKER, topic, PARTITIONS));
    assertThat(
            SparkSessions.local()
                .read()
                .format("delta")
                .load("s3a://" + bucket + "/lake/merge")
                .selectExpr("concat(id, ' ', v)")
                .as(Encoders.STRING())
                .collectAsList())
        .containsExactlyInAnyOrder("1 11", "3 30");
  }

  private DriverProcess driver(String name, String bucket, JobText job) throws IOException {
    List<String> settings = new ArrayList<>();
    settings.add("-Dsluice.fault=delta.after-log@5");
    settings.add("-Dspark.delta.logStore.s3a.impl=" + FaultingS3LogStore.class.getName());
    S3.hadoopSettings(bucket)
        .forEach((key, value) -> settings.add("-Dspark.hadoop." + key + "=" + value));
    return DriverProcess.start(
        lake.path().resolve(name + ".log"),
        settings,
        List.of("run", job.write(lake.path()).toString(), "--trigger", "every=200ms"));
  }

  private static boolean hasStartedOrEnded(DriverProcess driver) throws IOException {
    return !driver.isAlive() || driver.output().contains("_sluice/append/checkpoint");
  }

  private void run(JobText... jobs) throws Exception {
    List<JobSpec> specs = new ArrayList<>();
    for (JobText job : jobs) {
      specs.add(
          new JobSpecParser(Environment.ofProcess())
              .read(job.write(lake.path()).toString(), List.of())
              .require());
    }
    JobRunner.run(specs, false, Duration.ofSeconds(30), new Recorder());
  }

  private static void send(String topic, String... messages) throws Exception {
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      for (String message : messages) {
        producer.send(message);
      }
    }
  }
}
