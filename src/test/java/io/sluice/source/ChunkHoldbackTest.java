package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.TopicPartition;
import io.sluice.source.ChunkHoldback.Report;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How long the first chunk of an unfinished message is kept from being acknowledged. */
class ChunkHoldbackTest {

  private static final TopicPartition A = new TopicPartition("persistent://t/n/a", 0);
  private static final TopicPartition B = new TopicPartition("persistent://t/n/a", 1);
  private static final Positions DONE = Positions.of(Map.of(A, new Pos(5, 9), B, new Pos(6, 2)));

  private long now;
  private final ChunkHoldback holdback = new ChunkHoldback(() -> now);

  @Test
  void limit_withoutUnfinishedMessages_isWhatIsDone() {
    holdback.add(List.of(new Report(A, null, true)));

    assertThat(holdback.limit(DONE)).isEqualTo(DONE);
  }

  @Test
  void limit_staysBehindTheOldestFirstChunk_ofItsPartition() {
    holdback.add(List.of(new Report(A, new Pos(5, 4), true), new Report(A, new Pos(4, 7), false)));

    assertThat(holdback.limit(DONE).get(A)).isEqualTo(new Pos(4, 7));
    assertThat(holdback.limit(DONE).get(B)).isEqualTo(new Pos(6, 2));
  }

  @Test
  void limit_whenAReaderThatHasSeenAllSaysItIsFinished_goesOn() {
    holdback.add(List.of(new Report(A, new Pos(5, 4), true)));
    holdback.add(List.of(new Report(A, null, true)));

    assertThat(holdback.limit(DONE)).isEqualTo(DONE);
  }

  @Test
  void limit_whenANewReaderKnowsOfNothing_stays() {
    holdback.add(List.of(new Report(A, new Pos(5, 4), true)));
    holdback.add(List.of(new Report(A, null, false)));

    assertThat(holdback.limit(DONE).get(A)).isEqualTo(new Pos(5, 4));
  }

  @Test
  void limit_whenTheProducerIsGone_goesOnAfterAWhile() {
    holdback.add(List.of(new Report(A, new Pos(5, 4), true)));
    now = Duration.ofMinutes(10).toNanos() + 1;
    holdback.add(List.of(new Report(A, null, false)));

    assertThat(holdback.limit(DONE)).isEqualTo(DONE);
  }
}
