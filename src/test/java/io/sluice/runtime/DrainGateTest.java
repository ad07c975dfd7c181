package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class DrainGateTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private final DrainGate gate = new DrainGate();

  @Test
  void awaitDrained_noBatchAndIdleQuery_returnsAtOnce() throws Exception {
    gate.close();
    assertThat(gate.awaitDrained(() -> true, LONG)).isTrue();
  }

  @Test
  void awaitDrained_batchInFlight_waitsForIt() throws Exception {
    gate.enter();
    gate.close();
    assertThat(gate.awaitDrained(() -> true, Duration.ofMillis(1))).isFalse();
    gate.leave();
    assertThat(gate.awaitDrained(() -> true, LONG)).isTrue();
  }

  @Test
  void enter_closedGate_holdsTheNextBatchUntilInterrupted() throws Exception {
    gate.enter();
    gate.leave();
    gate.close();
    AtomicBoolean passed = new AtomicBoolean();
    Thread next =
        new Thread(
            () -> {
              try {
                gate.enter();
                passed.set(true);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    next.start();

    assertThat(gate.awaitDrained(() -> false, LONG)).isTrue();
    next.interrupt();
    Awaitility.await().until(() -> !next.isAlive());
    assertThat(passed).isFalse();
  }
}
