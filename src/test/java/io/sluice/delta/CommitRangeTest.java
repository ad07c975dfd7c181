package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import org.junit.jupiter.api.Test;

class CommitRangeTest {

  private static final String FROZEN =
      "{\"sluice\":1,\"job\":\"orders\",\"epoch\":\"e-1\",\"batch\":41,\"spec\":\"0123456789abcdef\","
          + "\"from\":{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:0\"}}},"
          + "\"to\":{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:7\"}}}}";

  @Test
  void toJson_ofParsedRange_isTheSameText() {
    assertThat(CommitRange.parse(FROZEN).orElseThrow().toJson()).isEqualTo(FROZEN);
  }

  @Test
  void parse_frozenText_hasEveryField() {
    assertThat(CommitRange.parse(FROZEN))
        .contains(
            new CommitRange(
                "orders",
                "e-1",
                41,
                "0123456789abcdef",
                TopicPositions.parse("{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:0\"}}}"),
                TopicPositions.parse("{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:7\"}}}")));
  }

  @Test
  void parse_frozenTextWithDepartedRows_isTheSameText() {
    String text =
        FROZEN.substring(0, FROZEN.length() - 1)
            + ",\"departed\":[{\"file\":\"gone.parquet\",\"version\":3}]}";

    CommitRange parsed = CommitRange.parse(text).orElseThrow();

    assertThat(parsed.departed()).containsExactly(new Departed("gone.parquet", 3));
    assertThat(parsed.toJson()).isEqualTo(text);
  }

  @Test
  void end_ofARange_isReadAgainWithItsSuccessor() {
    CommitRange end = CommitRange.parse(FROZEN).orElseThrow().end("e-2");

    assertThat(CommitRange.parse(end.toJson())).contains(end);
    assertThat(end.from()).isEqualTo(end.to());
    assertThat(end.toJson()).endsWith(",\"successor\":\"e-2\"}");
  }

  @Test
  void parse_metadataOfOtherWriters_isEmpty() {
    assertThat(CommitRange.parse("nightly load")).isEmpty();
    assertThat(CommitRange.parse("{\"job\":\"orders\"}")).isEmpty();
    assertThat(CommitRange.parse("42")).isEmpty();
  }

  @Test
  void parse_newerVersion_isRefusedWithTheWayOut() {
    assertThatThrownBy(() -> CommitRange.parse("{\"sluice\":2}"))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.CHECKPOINT_MISMATCH))
        .hasMessageContaining("version 2; this Sluice reads version 1")
        .hasMessageContaining("or a newer one");
  }
}
