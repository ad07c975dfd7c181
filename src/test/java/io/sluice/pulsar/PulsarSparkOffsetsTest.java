package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Map;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.impl.BatchMessageIdImpl;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The stored form of pulsar-spark's offsets, which old checkpoints hold. */
class PulsarSparkOffsetsTest {

  private static final TopicPartition PARTED = new TopicPartition("persistent://t/n/a", 3);
  private static final TopicPartition WHOLE =
      new TopicPartition("persistent://t/n/whole", TopicPartition.NOT_PARTITIONED);

  @Test
  void orPositions_ofLastReadIds_beginsWithTheNextEntry() {
    String json =
        json(
            Map.of(
                "persistent://t/n/a-partition-3", new BatchMessageIdImpl(11, 300, 3, 4, 9, null),
                "persistent://t/n/whole", new MessageIdImpl(12, 0, -1)));

    assertThat(PulsarSparkOffsets.orPositions(json))
        .isEqualTo(Positions.of(Map.of(PARTED, new Pos(11, 301), WHOLE, new Pos(12, 1))));
  }

  @Test
  void orInitialPositions_ofIdsToBeginWith_beginsWithTheirMessages() {
    String json =
        json(
            Map.of(
                "persistent://t/n/a-partition-3", new BatchMessageIdImpl(11, 300, 3, 4, 9, null),
                "persistent://t/n/whole", new MessageIdImpl(12, 0, -1)));

    assertThat(PulsarSparkOffsets.orInitialPositions(json))
        .isEqualTo(Positions.of(Map.of(PARTED, new Pos(11, 300, 4), WHOLE, new Pos(12, 0))));
  }

  @Test
  void earliest_isTheEarliestInBoth() {
    String json = json(Map.of("persistent://t/n/whole", MessageId.earliest));
    Positions earliest = Positions.of(Map.of(WHOLE, Pos.EARLIEST));

    assertThat(PulsarSparkOffsets.orPositions(json)).isEqualTo(earliest);
    assertThat(PulsarSparkOffsets.orInitialPositions(json)).isEqualTo(earliest);
  }

  @Test
  void ownPositions_stayWhatTheyAre() {
    Positions own = Positions.of(Map.of(PARTED, new Pos(1, 2)));

    assertThat(PulsarSparkOffsets.orPositions(own.toJson())).isEqualTo(own);
    assertThat(PulsarSparkOffsets.orInitialPositions(own.toJson())).isEqualTo(own);
  }

  @Test
  void latest_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                PulsarSparkOffsets.orInitialPositions(
                    json(Map.of("persistent://t/n/whole", MessageId.latest))))
        .withMessageContaining("startingOffsets=latest");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{~a~:[]}",
        "{~a~:[255,255]}",
        "{~a~:[8,11,~x~]}",
        "{~a~:[8,11,16,0],~b~:5}",
        "{~a~:[8,11,16,0],~a~:[8,11,16,0]}",
        "{~a~:[8,11,16,0]} {}",
        "{~a~:[8,11,16,0]"
      })
  void orPositions_ofDamagedText_isRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PulsarSparkOffsets.orPositions(text.replace('~', '"')))
        .withMessageContaining("pulsar-spark");
  }

  /** As json4s writes a map of byte arrays: bytes are signed numbers. */
  private static String json(Map<String, MessageId> ids) {
    StringBuilder json = new StringBuilder("{");
    ids.forEach(
        (name, id) ->
            json.append(json.length() == 1 ? "" : ",")
                .append('"' + name + "\":")
                .append(Arrays.toString(id.toByteArray()).replace(" ", "")));
    return json.append('}').toString();
  }
}
