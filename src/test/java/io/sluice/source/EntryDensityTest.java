package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.Test;

/** The estimate of messages per entry. */
class EntryDensityTest {

  private final EntryDensity density =
      new EntryDensity(new LongAccumulator(), new LongAccumulator());

  @Test
  void messagesPerEntry_beforeAnyTask_isTheSample_atLeastOne() {
    assertThat(density.messagesPerEntry(() -> 7)).isEqualTo(7);
    assertThat(density.messagesPerEntry(() -> 0)).isEqualTo(1);
  }

  @Test
  void messagesPerEntry_afterTasks_isTheirMean_withoutAskingForASample() {
    density.add(10, 25);
    density.add(10, 15);

    assertThat(density.messagesPerEntry(EntryDensityTest::noSample)).isEqualTo(2);
  }

  @Test
  void messagesPerEntry_ofEntriesWithoutMessages_isOne() {
    density.add(10, 0);

    assertThat(density.messagesPerEntry(EntryDensityTest::noSample)).isEqualTo(1);
  }

  private static double noSample() {
    throw new AssertionError("A sample costs a request");
  }
}
