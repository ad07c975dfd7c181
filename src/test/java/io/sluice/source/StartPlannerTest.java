package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.TopicPartition;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StartPlannerTest {

  private static final TopicPartition WHOLE =
      new TopicPartition("persistent://t/n/whole", TopicPartition.NOT_PARTITIONED);
  private static final TopicPartition FIRST = new TopicPartition("persistent://t/n/parted", 0);
  private static final TopicPartition SECOND = new TopicPartition("persistent://t/n/parted", 1);

  @Test
  void given_somePartitions_beginsTheOthersAtTheEarliestEntry() {
    assertThat(
            StartPlanner.given(Positions.of(Map.of(SECOND, new Pos(7, 3))), List.of(FIRST, SECOND)))
        .containsExactly(Map.entry(FIRST, Pos.EARLIEST), Map.entry(SECOND, new Pos(7, 3)));
  }

  @Test
  void given_partitionZeroOfATopicWithoutPartitions_meansTheTopic() {
    TopicPartition zero = new TopicPartition(WHOLE.topic(), 0);
    assertThat(StartPlanner.given(Positions.of(Map.of(zero, new Pos(7, 3))), List.of(WHOLE)))
        .containsExactly(Map.entry(WHOLE, new Pos(7, 3)));
  }

  @Test
  void given_aPartitionThatIsNotRead_isRefused() {
    assertThatThrownBy(
            () ->
                StartPlanner.given(
                    Positions.of(Map.of(SECOND, new Pos(7, 3))), List.of(FIRST, WHOLE)))
        .hasMessageContaining("[" + Condition.INVALID_JOB + "]")
        .hasMessageContaining(SECOND.toString());
  }
}
