package io.sluice.source;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.pulsar.common.policies.data.RetentionPolicies;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Streaming queries over random topics to which random things happen, while the queries fail, stop
 * and start again: what they give together is the model, message by message.
 *
 * <p>{@code -Dsluice.model.runs=500} plays more seeds and kills the broker in some of them; a
 * failure names its seed, which {@code -Dsluice.model.seed=N -Dsluice.model.runs=1
 * -Dsluice.model.kills=true} plays again.
 */
class QueryModelIT {

  private static final int RUNS = Integer.getInteger("sluice.model.runs", 10);
  private static final int FIRST_SEED = Integer.getInteger("sluice.model.seed", 0);

  /** A broker that others use, too, is never killed. */
  private static final boolean MORTAL = RUNS > 100 || Boolean.getBoolean("sluice.model.kills");

  private static final int RUNS_PER_KILL = 50;

  /** A query lists all the topics of its namespace again and again. */
  private static final int RUNS_PER_NAMESPACE = 25;

  /** More than cores: most of the time something waits for the broker. */
  private static final int PLAYERS = 4;

  @RegisterExtension
  static final PulsarBroker BROKER =
      MORTAL ? PulsarBroker.dedicated(settings -> settings) : PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  @BeforeAll
  static void startSpark() {
    SparkSessions.compiling();
  }

  @Test
  void query_overRandomTopics_givesTheModel() throws Exception {
    ExecutorService players = Executors.newFixedThreadPool(PLAYERS);
    try {
      List<Callable<Void>> together = new ArrayList<>();
      List<Callable<Void>> alone = new ArrayList<>();
      Map<Boolean, String> namespaces = Map.of();
      for (int seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
        if (namespaces.isEmpty() || seed % RUNS_PER_NAMESPACE == 0) {
          namespaces = namespaces();
        }
        boolean brokerDies = MORTAL && seed % RUNS_PER_KILL == RUNS_PER_KILL - 1;
        // Nothing protects a topic from a broker's death before the query has subscribed to it.
        boolean retained = brokerDies || new Random(seed).nextInt(3) == 0;
        int number = seed;
        String namespace = namespaces.getOrDefault(retained, "");
        (brokerDies ? alone : together)
            .add(
                () -> {
                  play(number, namespace, retained, brokerDies);
                  return null;
                });
      }
      SoftAssertions all = new SoftAssertions();
      for (Future<Void> played : players.invokeAll(together)) {
        all.assertThatCode(played::get).doesNotThrowAnyException();
      }
      for (Callable<Void> each : alone) {
        all.assertThatCode(each::call).doesNotThrowAnyException();
      }
      all.assertAll();
    } finally {
      players.shutdownNow();
    }
  }

  /** A namespace that keeps what everybody has read, under true, and one that does not. */
  private static Map<Boolean, String> namespaces() throws Exception {
    String forgetting = BROKER.uniqueNamespace();
    BROKER.admin().namespaces().setRetention(forgetting, new RetentionPolicies(0, 0));
    return Map.of(true, BROKER.uniqueNamespace(), false, forgetting);
  }

  private void play(int seed, String namespace, boolean retained, boolean brokerDies)
      throws Exception {
    var run = new QueryModelRun(seed, BROKER, lake, namespace, retained, brokerDies);
    try {
      run.play();
    } catch (Exception | AssertionError failure) {
      throw new AssertionError("Seed " + seed + ":\n  " + run.history(), failure);
    }
  }
}
