package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.TopicPartition;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How long the new partitions of a topic wait for the older ones. */
class PartitionHoldbackTest {

  private static final TopicPartition OLD = new TopicPartition("persistent://t/n/a", 0);
  private static final TopicPartition NEW = new TopicPartition("persistent://t/n/a", 1);
  private static final TopicPartition NEWER = new TopicPartition("persistent://t/n/a", 2);
  private static final TopicPartition NEWEST = new TopicPartition("persistent://t/n/a", 3);
  private static final TopicPartition OTHER = new TopicPartition("persistent://t/n/b", 0);
  private static final Pos TAIL = new Pos(9, 9);

  private final PartitionHoldback holdback = new PartitionHoldback();

  /** How far the older partition goes when it is asked again. */
  private Pos later = new Pos(5, 7);

  private Set<TopicPartition> held(Pos read, Map<TopicPartition, Pos> tails) {
    return held(Map.of(OLD, read), tails, Map.of(OLD, later));
  }

  private Set<TopicPartition> held(
      Map<TopicPartition, Pos> read,
      Map<TopicPartition, Pos> tails,
      Map<TopicPartition, Pos> ends) {
    return holdback.held(
        Positions.of(read),
        tails,
        older -> {
          assertThat(older).containsExactlyInAnyOrderElementsOf(ends.keySet());
          return ends;
        });
  }

  @Test
  void held_newPartition_waitsUntilTheOlderIsReadUpToWhereItWasAfterwards() {
    Map<TopicPartition, Pos> tails = Map.of(OLD, new Pos(5, 5), NEW, TAIL);

    assertThat(held(new Pos(5, 0), tails)).containsExactly(NEW);
    later = new Pos(6, 0);
    assertThat(held(new Pos(5, 6), tails)).containsExactly(NEW);
    assertThat(held(new Pos(5, 7), tails)).isEmpty();
  }

  @Test
  void held_olderPartitionIsReadAlready_doesNotWait() {
    assertThat(held(new Pos(5, 7), Map.of(OLD, new Pos(5, 7), NEW, TAIL))).isEmpty();
  }

  @Test
  void held_whileTheNewPartitionHasNothing_noEndIsNoted() {
    assertThat(held(new Pos(5, 7), Map.of(OLD, new Pos(5, 7), NEW, Pos.EARLIEST)))
        .containsExactly(NEW);
    later = new Pos(5, 9);
    assertThat(held(new Pos(5, 7), Map.of(OLD, new Pos(5, 7), NEW, TAIL))).containsExactly(NEW);
    assertThat(held(new Pos(5, 9), Map.of(OLD, new Pos(5, 9), NEW, TAIL))).isEmpty();
  }

  @Test
  void held_partitionsThatComeWhileOthersWait_waitForThoseToo() {
    assertThat(held(new Pos(5, 0), Map.of(OLD, TAIL, NEW, TAIL))).containsExactly(NEW);

    Map<TopicPartition, Pos> four = Map.of(OLD, TAIL, NEW, TAIL, NEWER, TAIL, NEWEST, TAIL);
    assertThat(held(new Pos(5, 1), four)).containsExactly(NEW, NEWER, NEWEST);
    assertThat(held(new Pos(5, 7), four)).containsExactly(NEWER, NEWEST);

    Map<TopicPartition, Pos> ends = Map.of(OLD, new Pos(7, 0), NEW, new Pos(8, 1));
    assertThat(held(Map.of(OLD, new Pos(5, 7), NEW, Pos.EARLIEST), four, ends))
        .containsExactly(NEWER, NEWEST);
    assertThat(held(Map.of(OLD, new Pos(7, 0), NEW, new Pos(8, 0)), four, ends))
        .containsExactly(NEWER, NEWEST);
    assertThat(held(Map.of(OLD, new Pos(7, 0), NEW, new Pos(8, 1)), four, ends)).isEmpty();
  }

  @Test
  void held_numberThatIsNoMultipleOfThatOfThoseThatWait_isRefused() {
    Map<TopicPartition, Pos> two = Map.of(OLD, TAIL, NEW, TAIL);
    assertThat(held(new Pos(5, 0), two)).containsExactly(NEW);

    Map<TopicPartition, Pos> three = Map.of(OLD, TAIL, NEW, TAIL, NEWER, TAIL);
    assertThatThrownBy(() -> held(new Pos(5, 0), three)).hasMessageContaining("had 2 partitions");
  }

  @Test
  void held_topicThatIsNewAsAWhole_doesNotWait() {
    assertThat(held(new Pos(5, 0), Map.of(OLD, TAIL, OTHER, TAIL))).isEmpty();
  }

  @Test
  void held_numberThatIsNoMultiple_isRefused() {
    Positions read = Positions.of(Map.of(OLD, TAIL, NEW, TAIL));

    assertThatThrownBy(
            () -> holdback.held(read, Map.of(OLD, TAIL, NEW, TAIL, NEWER, TAIL), older -> Map.of()))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.UNORDERED_EVENTS))
        .hasMessageContaining("Topic persistent://t/n/a had 2 partitions and has 3 now");
  }
}
