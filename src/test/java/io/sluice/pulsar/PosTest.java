package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Positions as text and in order. */
class PosTest {

  @ParameterizedTest
  @ValueSource(strings = {"0:0", "123:456", "9223372036854775807:1", "-1:-1"})
  void parse_ofItsOwnText_givesTheSamePosition(String text) {
    assertThat(Pos.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "1",
        "1:",
        ":1",
        "1:2:3:4",
        "1:2:",
        "a:b",
        "1:x",
        "1 : 2",
        "99999999999999999999:0"
      })
  void parse_ofAnythingElse_saysWhatIsNeeded(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Pos.parse(text))
        .withMessageContaining("'" + text + "'")
        .withMessageContaining("123:0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1:0", "0:-1", "-2:-2", "5:-1", "1:2:-1", "-1:-1:1"})
  void parse_ofNumbersThatAreNoPosition_isRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Pos.parse(text))
        .withMessageContaining("Invalid position " + text);
  }

  @Test
  void batchIndex_isAPlaceWithinAnEntry() {
    Pos within = Pos.parse("4:7:2");
    assertThat(within).isEqualTo(new Pos(4, 7, 2)).hasToString("4:7:2");
    assertThat(Pos.parse("4:7:0")).isEqualTo(new Pos(4, 7)).hasToString("4:7");
    assertThat(within).isGreaterThan(new Pos(4, 7)).isLessThan(new Pos(4, 8));
    assertThat(within.atEntry()).isEqualTo(new Pos(4, 7));
    assertThat(within.atNextEntry()).isEqualTo(new Pos(4, 8));
    assertThat(new Pos(4, 7).atNextEntry()).isEqualTo(new Pos(4, 7));
    assertThat(within.behind()).isEqualTo(new Pos(4, 7, 3));
    assertThat(new Pos(4, 7).behind()).isEqualTo(new Pos(4, 8));
    assertThat(Pos.EARLIEST.behind()).isEqualTo(Pos.EARLIEST);
  }

  @Test
  void order_isByLedgerThenEntry_withTheEarliestFirst() {
    assertThat(new Pos(2, 0)).isGreaterThan(new Pos(1, 999));
    assertThat(new Pos(10, 3)).isGreaterThan(new Pos(10, 2));
    assertThat(Pos.EARLIEST).isLessThan(new Pos(0, 0));
    assertThat(Pos.EARLIEST.isEarliest()).isTrue();
    assertThat(new Pos(0, 0).isEarliest()).isFalse();
    assertThat(new Pos(1, 1).isBefore(new Pos(1, 1))).isFalse();
    assertThat(Pos.min(new Pos(1, 5), new Pos(2, 0))).isEqualTo(new Pos(1, 5));
    assertThat(Pos.min(new Pos(2, 0), new Pos(1, 5))).isEqualTo(new Pos(1, 5));
    assertThat(Pos.max(new Pos(1, 5), new Pos(2, 0))).isEqualTo(new Pos(2, 0));
    assertThat(Pos.max(new Pos(2, 0), new Pos(1, 5))).isEqualTo(new Pos(2, 0));
  }

  @Test
  void after_isTheNextEntryOfTheLedger() {
    assertThat(Pos.after(4, 7)).isEqualTo(new Pos(4, 8));
    assertThat(Pos.after(4, -1)).isEqualTo(new Pos(4, 0));
  }
}
