package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.FaultPoint;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.CommitRange;
import io.sluice.delta.DeltaTarget;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.DriverProcess;
import io.sluice.testing.FaultingLogStore;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Kills the driver at every step of a batch, as {@code kill -9} would, and starts it again: the
 * table then equals the topic, message by message, and its commits tell one gapless story.
 */
class KillRecoveryIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final int PARTITIONS = 2;
  private static final int MESSAGES = 400;

  /** In the order of a batch; the count lets an earlier batch pass where there is one. */
  private static final List<String> STEPS =
      List.of(
          "source.plan@1",
          "source.plan@3",
          "source.after-wal@2",
          "runtime.batch-start@2",
          "runtime.before-commit@1",
          "source.read@15",
          "delta.before-log@3",
          "delta.after-log@3",
          "runtime.after-commit@2",
          "source.before-ack@1",
          "source.after-ack@1");

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void run_killedAtEveryStepOfABatch_bringsEachMessageOnce() throws Exception {
    String topic = BROKER.createTopic("kill", PARTITIONS);
    TopicAndTable.publish(BROKER, topic, 0, MESSAGES);
    List<String> files = new ArrayList<>();
    for (int i = 0; i < STEPS.size(); i++) {
      files.add(job(topic, i).toString());
    }
    killTwoAtATime(files);
    TopicAndTable.publish(BROKER, topic, MESSAGES, MESSAGES);

    List<String> arguments = new ArrayList<>(files);
    arguments.addAll(List.of("--set", "source.max_rows_per_batch=300"));
    DriverProcess again = driver("again", List.of(), arguments);

    assertThat(again.exitCode()).as(again.output()).isZero();
    Map<String, String> published = TopicAndTable.ofTopic(BROKER, topic, PARTITIONS);
    assertThat(published).hasSize(2 * MESSAGES);
    for (int i = 0; i < STEPS.size(); i++) {
      assertThat(TopicAndTable.ofTable(table(i))).as(STEPS.get(i)).isEqualTo(published);
      assertGapless(i);
    }
  }

  /** A driver of its own job has a core of its own. */
  private void killTwoAtATime(List<String> files) throws Exception {
    List<DriverProcess> running = new ArrayList<>();
    for (int i = 0; i < STEPS.size(); i++) {
      running.add(
          driver("killed-" + i, List.of("-Dsluice.fault=" + STEPS.get(i)), List.of(files.get(i))));
      if (i > 0) {
        assertKilled(i - 1, running.get(i - 1));
      }
    }
    assertKilled(STEPS.size() - 1, running.get(STEPS.size() - 1));
  }

  private static void assertKilled(int i, DriverProcess driver) throws Exception {
    assertThat(driver.exitCode())
        .as("%s%n%s", STEPS.get(i), driver.output())
        .isEqualTo(FaultPoint.EXIT_CODE);
  }

  private void assertGapless(int i) {
    SparkSession spark = SparkSessions.local();
    TargetSpec spec = TargetSpec.of(table(i));
    DeltaTarget target = DeltaTarget.find(spark, spec).orElseThrow();
    List<CommitRange> ranges = new CommitLedger(spark, target).ranges("kill-" + i);
    assertThat(ranges).as(STEPS.get(i)).hasSizeGreaterThan(1);
    for (int n = 1; n < ranges.size(); n++) {
      assertThat(ranges.get(n).batch()).isEqualTo(n);
      assertThat(ranges.get(n).epoch()).isEqualTo(ranges.get(0).epoch());
      assertThat(ranges.get(n).from()).as(STEPS.get(i)).isEqualTo(ranges.get(n - 1).to());
    }
  }

  private DriverProcess driver(String name, List<String> settings, List<String> options)
      throws Exception {
    List<String> all = new ArrayList<>(settings);
    all.add("-Dspark.delta.logStore.file.impl=" + FaultingLogStore.class.getName());
    List<String> arguments = new ArrayList<>(List.of("run"));
    arguments.addAll(options);
    return DriverProcess.start(lake.path().resolve(name + ".log"), all, arguments);
  }

  private String table(int i) {
    return lake.path("table-" + i);
  }

  private Path job(String topic, int i) throws Exception {
    return JobText.of("kill-" + i, BROKER, topic, table(i))
        .with("source.max_rows_per_batch", "100")
        .write(lake.path());
  }
}
