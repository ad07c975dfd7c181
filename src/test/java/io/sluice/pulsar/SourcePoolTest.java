package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which resting source is found again, and when one is closed. */
class SourcePoolTest {

  private static final TopicPartition TP = new TopicPartition("persistent://t/n/a", 0);
  private static final String CLUSTER = "cluster";

  /** Stands for a reader at a broker. */
  private static final class Source implements EntrySource {
    private boolean canRest = true;
    private boolean canResume = true;
    private boolean closed;
    private long held;

    @Override
    public @Nullable RawEntry poll(Duration timeout) {
      return null;
    }

    @Override
    public void giveBack() {
      throw new AssertionError("Nothing was polled");
    }

    @Override
    public @Nullable Pos passed() {
      return null;
    }

    @Override
    public @Nullable Pos oldestOpenChunk() {
      return null;
    }

    @Override
    public long heldBytes() {
      return held;
    }

    @Override
    public boolean rest() {
      return canRest;
    }

    @Override
    public boolean resume() {
      return canResume;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private long now;
  private final SourcePool pool = new SourcePool(() -> now, false);
  private final Source source = new Source();

  @Test
  void resume_findsOnlyTheSourceThatStandsThere_andOnlyOnce() {
    pool.leave(CLUSTER, TP, new Pos(5, 3), source);

    assertThat(pool.resume(CLUSTER, TP, new Pos(5, 4))).isNull();
    assertThat(pool.resume("another", TP, new Pos(5, 3))).isNull();
    assertThat(pool.resume(CLUSTER, new TopicPartition(TP.topic(), 1), new Pos(5, 3))).isNull();
    assertThat(pool.resume(CLUSTER, TP, new Pos(5, 3))).isSameAs(source);
    assertThat(pool.resume(CLUSTER, TP, new Pos(5, 3))).isNull();
    assertThat(source.closed).isFalse();
  }

  @Test
  void resume_whenTheConnectionHasChanged_closesTheSource() {
    pool.leave(CLUSTER, TP, new Pos(5, 3), source);
    source.canResume = false;

    assertThat(pool.resume(CLUSTER, TP, new Pos(5, 3))).isNull();
    assertThat(source.closed).isTrue();
  }

  @Test
  void leave_ofASourceThatCannotRest_closesIt() {
    source.canRest = false;
    pool.leave(CLUSTER, TP, new Pos(5, 3), source);

    assertThat(source.closed).isTrue();
    assertThat(pool.resume(CLUSTER, TP, new Pos(5, 3))).isNull();
  }

  @Test
  void leave_atAPlaceThatIsTaken_closesTheFormer() {
    Source second = new Source();
    pool.leave(CLUSTER, TP, new Pos(5, 3), source);
    pool.leave(CLUSTER, TP, new Pos(5, 3), second);

    assertThat(source.closed).isTrue();
    assertThat(pool.resume(CLUSTER, TP, new Pos(5, 3))).isSameAs(second);
  }

  @Test
  void sweep_closesWhatHasRestedTooLong() {
    Source young = new Source();
    pool.leave(CLUSTER, TP, new Pos(5, 3), source);
    now = Duration.ofMinutes(2).toNanos();
    pool.leave(CLUSTER, TP, new Pos(5, 9), young);
    pool.sweep();
    assertThat(source.closed).isFalse();

    now++;
    pool.sweep();
    assertThat(source.closed).isTrue();
    assertThat(young.closed).isFalse();
  }

  @Test
  void sweep_whenTooMuchIsHeld_closesTheLongestRestingFirst() {
    Source second = new Source();
    source.held = 200L << 20;
    second.held = 100L << 20;
    pool.leave(CLUSTER, TP, new Pos(5, 3), source);
    now = 5;
    pool.leave(CLUSTER, TP, new Pos(5, 9), second);
    pool.sweep();

    assertThat(source.closed).isTrue();
    assertThat(second.closed).isFalse();
  }

  @Test
  void forget_closesWhatRestsAtThosePartitions() {
    Source other = new Source();
    TopicPartition elsewhere = new TopicPartition(TP.topic(), 1);
    pool.leave(CLUSTER, TP, new Pos(5, 3), source);
    pool.leave(CLUSTER, elsewhere, new Pos(5, 3), other);
    pool.forget(CLUSTER, Set.of(TP));

    assertThat(source.closed).isTrue();
    assertThat(other.closed).isFalse();
    assertThat(pool.resume(CLUSTER, elsewhere, new Pos(5, 3))).isSameAs(other);
  }
}
