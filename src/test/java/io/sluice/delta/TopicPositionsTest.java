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

  @Test
  void orEarliest_partitionsThatOnlyTheEndKnows_beginWithTheirLog() {
    TopicPositions from =
        TopicPositions.parse("{\"v\":1,\"t\":{\"a\":{\"0\":\"5:7\"},\"gone\":{\"0\":\"1:0\"}}}");
    TopicPositions to =
        TopicPositions.parse(
            "{\"v\":1,\"t\":{\"a\":{\"0\":\"6:0\",\"1\":\"3:0\"},\"b\":{\"-1\":\"4:4\"}}}");
    assertThat(from.orEarliest(to).toJson())
        .isEqualTo(
            "{\"v\":1,\"t\":{\"a\":{\"0\":\"5:7\",\"1\":\"-1:-1\"},\"b\":{\"-1\":\"-1:-1\"}}}");
  }
}
