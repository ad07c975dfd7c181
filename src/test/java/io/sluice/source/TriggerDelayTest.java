package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When a batch is held back, by a clock of the test's own. */
class TriggerDelayTest {

  private static final Duration MAX = Duration.ofSeconds(10);

  private long now = Long.MAX_VALUE - 5;
  private final TriggerDelay delay = new TriggerDelay(() -> now);

  @Test
  void isDue_ofTheFirstBatch_isTrueWhateverWaits() {
    assertThat(due(false)).isTrue();
    assertThat(due(false)).isFalse();
  }

  @Test
  void isDue_whenEnoughWaits_isTrueAndTheDelayBeginsAnew() {
    due(false);
    pass(9);
    assertThat(due(true)).isTrue();
    pass(9);
    assertThat(due(false)).isFalse();
    pass(1);
    assertThat(due(false)).isTrue();
  }

  @Test
  void isDue_afterTheDelay_doesNotAskHowMuchWaits() {
    due(false);
    pass(10);
    assertThat(
            delay.isDue(
                () -> {
                  throw new AssertionError("asked");
                },
                MAX))
        .isTrue();
  }

  private boolean due(boolean enough) {
    return delay.isDue(() -> enough, MAX);
  }

  private void pass(long seconds) {
    now += Duration.ofSeconds(seconds).toNanos();
  }
}
