package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.TopicPartition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which executor a partition goes to. */
class ExecutorChoiceTest {

  private static final List<String> EXECUTORS =
      IntStream.range(0, 5).mapToObj(i -> "executor_host" + i % 2 + "_" + i).toList();
  private static final List<TopicPartition> PARTITIONS =
      IntStream.range(0, 1000).mapToObj(i -> new TopicPartition("persistent://t/n/a", i)).toList();

  @Test
  void of_withoutExecutors_isAnywhere() {
    assertThat(new ExecutorChoice(List.of()).of(PARTITIONS.get(0))).isEmpty();
  }

  @Test
  void of_isTheSameInAnyOrderOfExecutors_andSpreadsPartitions() {
    List<String> other = new ArrayList<>(EXECUTORS);
    Collections.reverse(other);
    ExecutorChoice choice = new ExecutorChoice(EXECUTORS);

    assertThat(PARTITIONS)
        .allSatisfy(
            partition ->
                assertThat(choice.of(partition))
                    .hasSize(1)
                    .isEqualTo(new ExecutorChoice(other).of(partition)));
    for (String executor : EXECUTORS) {
      assertThat(PARTITIONS.stream().filter(each -> choice.of(each).contains(executor)).count())
          .isBetween(140L, 260L);
    }
  }

  @Test
  void of_whenAnExecutorIsLost_movesOnlyItsPartitions() {
    ExecutorChoice before = new ExecutorChoice(EXECUTORS);
    ExecutorChoice after = new ExecutorChoice(EXECUTORS.subList(0, 4));
    String lost = EXECUTORS.get(4);

    assertThat(PARTITIONS)
        .filteredOn(partition -> !before.of(partition).contains(lost))
        .allSatisfy(partition -> assertThat(after.of(partition)).isEqualTo(before.of(partition)));
  }
}
