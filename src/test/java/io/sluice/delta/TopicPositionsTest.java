package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TopicPositionsTest {

  private static final String FROZEN =
      "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"123:456\",\"1\":\"124:0\"},\"persistent://t/n/b\":{\"-1\":\"9:0\"}}}";

  @Test
  void toJson_ofParsedOffset_isTheSameText() {
    assertThat(TopicPositions.parse(FROZEN).toJson()).isEqualTo(FROZEN);
  }

  @Test
  void equals_otherOrderOfPartitions_isTrue() {
    String other =
        "{\"v\":1,\"t\":{\"persistent://t/n/b\":{\"-1\":\"9:0\"},\"persistent://t/n/a\":{\"1\":\"124:0\",\"0\":\"123:456\"}}}";
    assertThat(TopicPositions.parse(other)).isEqualTo(TopicPositions.parse(FROZEN));
  }

  @Test
  void parse_otherVersion_namesTheVersionItReads() {
    assertThatThrownBy(() -> TopicPositions.parse("{\"v\":2,\"t\":{}}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("version 1")
        .hasMessageContaining("\"v\":2");
  }

  @Test
  void parse_notJson_showsTheText() {
    assertThatThrownBy(() -> TopicPositions.parse("-"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Not an offset of the pulsar source: -");
  }
}
