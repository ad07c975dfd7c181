package io.sluice.maintain;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.maintain.Compaction.Partition;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompactionTest {

  private static final long MIB = 1 << 20;
  private static final long SIZE = 128 * MIB;

  @Test
  void of_partitionsWhoseFilesBecomeFew_areCompacted() {
    Partition many = new Partition("d = 1", 5, 5 * MIB);
    Partition few = new Partition("d = 2", 4, 4 * MIB);
    Partition filling = new Partition("d = 3", 8, 4 * SIZE);
    Partition tooBig = new Partition("d = 4", 7, 4 * SIZE - MIB);
    Partition empty = new Partition("d = 5", 5, 0);

    Compaction plan = Compaction.of(SIZE, List.of(many, few, filling, tooBig, empty));

    assertThat(plan.partitions()).containsExactly(many, filling, empty);
    assertThat(plan.files()).isEqualTo(18);
    assertThat(plan.bytes()).isEqualTo(5 * MIB + 4 * SIZE);
  }

  @Test
  void of_tableWithoutSmallFiles_isLeftAlone() {
    assertThat(Compaction.of(SIZE, List.of()).partitions()).isEmpty();
  }
}
