package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.delta.KeyRanges.Range;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeyRangesTest {

  @Test
  void few_ofNoKeys_isNone() {
    assertThat(new KeyRanges().few()).isEmpty();
  }

  @Test
  void few_ofTwoPlaces_leavesOutWhatLiesBetween() {
    KeyRanges ranges = new KeyRanges();
    LongStream.range(0, 5_000).forEach(i -> ranges.add(i * 7_919 % 5_000));
    LongStream.range(0, 5_000).forEach(i -> ranges.add(1_000_000_000 + 3 * i));

    List<Range> few = ranges.few();

    assertThat(few).hasSizeLessThanOrEqualTo(KeyRanges.FEW);
    assertThat(few).contains(new Range(0, 4_999));
    assertThat(few.get(1).first()).isEqualTo(1_000_000_000);
    assertThat(few.get(few.size() - 1).last()).isEqualTo(1_000_000_000 + 3 * 4_999);
  }

  @Test
  void few_ofTheExtremes_keepsThemApart() {
    KeyRanges ranges = new KeyRanges();
    ranges.add(Long.MAX_VALUE);
    ranges.add(Long.MIN_VALUE);
    ranges.add(0);

    assertThat(ranges.few())
        .containsExactly(
            new Range(Long.MIN_VALUE, Long.MIN_VALUE),
            new Range(0, 0),
            new Range(Long.MAX_VALUE, Long.MAX_VALUE));
  }

  @Test
  void few_ofRandomKeysInTwoParts_holdsEveryKeyInRisingRangesApart() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      long[] keys =
          random
              .longs(1 + random.nextInt(4_000))
              .map(key -> key >> random.nextInt(Long.SIZE))
              .toArray();
      KeyRanges ranges = new KeyRanges();
      KeyRanges others = new KeyRanges();
      for (long key : keys) {
        (random.nextBoolean() ? ranges : others).add(key);
      }
      ranges.addAll(others);

      List<Range> few = ranges.few();

      assertThat(few).as("seed %d", seed).hasSizeBetween(1, KeyRanges.FEW);
      for (int i = 1; i < few.size(); i++) {
        assertThat(few.get(i).first()).as("seed %d", seed).isGreaterThan(few.get(i - 1).last());
      }
      assertThat(LongStream.of(keys))
          .as("seed %d", seed)
          .allMatch(
              key -> few.stream().anyMatch(range -> range.first() <= key && key <= range.last()));
      assertThat(few.get(0).first()).isEqualTo(LongStream.of(keys).min().orElseThrow());
      assertThat(few.get(few.size() - 1).last()).isEqualTo(LongStream.of(keys).max().orElseThrow());
    }
  }
}
