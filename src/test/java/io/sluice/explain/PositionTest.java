package io.sluice.explain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PositionTest {

  @Test
  void isBefore_placeOfAnEntryOrWithinOne_comparesDownToTheMessage() {
    Position alone = new Position("t", 0, 7, 3, -1);
    Position third = new Position("t", 0, 7, 3, 2);

    assertThat(alone.isBefore("7:4")).isTrue();
    assertThat(alone.isBefore("7:3")).isFalse();
    assertThat(third.isBefore("8:0")).isTrue();
    assertThat(third.isBefore("7:3")).isFalse();
    assertThat(third.isBefore("7:3:2")).isFalse();
    assertThat(third.isBefore("7:3:3")).isTrue();
    assertThat(third.isBefore("-1:-1")).isFalse();
  }
}
