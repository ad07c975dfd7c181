package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The stored form of positions, which checkpoints hold: these texts must never change. */
class PositionsTest {

  private static final TopicPartition A0 = new TopicPartition("persistent://t/n/a", 0);
  private static final TopicPartition A2 = new TopicPartition("persistent://t/n/a", 2);
  private static final TopicPartition A10 = new TopicPartition("persistent://t/n/a", 10);
  private static final TopicPartition SINGLE =
      new TopicPartition("persistent://t/n/single", TopicPartition.NOT_PARTITIONED);

  @Test
  void toJson_isTheFrozenForm() {
    Map<TopicPartition, Pos> given = new LinkedHashMap<>();
    given.put(SINGLE, new Pos(99, 7));
    given.put(A10, Pos.EARLIEST);
    given.put(A2, new Pos(124, 0));
    given.put(A0, new Pos(123, 456));

    assertThat(Positions.of(given).toJson())
        .isEqualTo(
            "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"123:456\",\"2\":\"124:0\","
                + "\"10\":\"-1:-1\"},\"persistent://t/n/single\":{\"-1\":\"99:7\"}}}");
    assertThat(Positions.of(Map.of()).toJson()).isEqualTo("{\"v\":1,\"t\":{}}");
  }

  @Test
  void fromJson_ofAnyLayout_givesTheCanonicalText() {
    String loose =
        """
        {"t": {"persistent://t/n/b": {"-1": "1:1"},
               "persistent://t/n/a": {"10": "5:0", "2": "4:3"}},
         "v": 1}
        """;

    assertThat(Positions.fromJson(loose).toJson())
        .isEqualTo(
            "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"2\":\"4:3\",\"10\":\"5:0\"},"
                + "\"persistent://t/n/b\":{\"-1\":\"1:1\"}}}");
  }

  @Test
  void randomPositions_roundTrip_andAreEqualExactlyWhenTheirTextIs() {
    Random random = new Random(20);
    Positions last = Positions.of(Map.of());
    for (int round = 0; round < 300; round++) {
      Map<TopicPartition, Pos> given = new LinkedHashMap<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        String topic = "persistent://t/n/" + "xy\"\\ü".charAt(random.nextInt(5));
        given.put(
            new TopicPartition(topic, random.nextInt(3) - 1),
            random.nextInt(5) == 0 ? Pos.EARLIEST : new Pos(random.nextInt(3), random.nextInt(2)));
      }
      Positions positions = Positions.of(given);

      assertThat(Positions.fromJson(positions.toJson())).isEqualTo(positions);
      assertThat(positions.equals(last)).isEqualTo(positions.toJson().equals(last.toJson()));
      last = positions;
    }
  }

  @Test
  void get_ofAnUnknownPartition_isNullOrTheEarliest() {
    Positions positions = Positions.of(Map.of(A0, new Pos(1, 2)));

    assertThat(positions.get(A0)).isEqualTo(new Pos(1, 2));
    assertThat(positions.get(A2)).isNull();
    assertThat(positions.getOrEarliest(A2)).isEqualTo(Pos.EARLIEST);
  }

  @Test
  void positions_areCopied() {
    TreeMap<TopicPartition, Pos> given = new TreeMap<>(Map.of(A0, new Pos(1, 2)));
    Positions positions = Positions.of(given);
    given.clear();

    assertThat(positions.get(A0)).isEqualTo(new Pos(1, 2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{~v~:2,~t~:{}}| version 2",
        "{~v~:~1~,~t~:{}}| VALUE_STRING",
        "{~t~:{}}| without a version",
        "{~v~:1}| without topics",
        "{~v~:1,~t~:[]}| START_ARRAY",
        "{~v~:1,~t~:{},~at~:5}| Unexpected field 'at'",
        "{~v~:1,~t~:{~a~:~1:1~}}| VALUE_STRING",
        "{~v~:1,~t~:{~a~:{~x~:~1:1~}}}| Invalid partition 'x'",
        "{~v~:1,~t~:{~a~:{~-2~:~1:1~}}}| Invalid partition '-2'",
        "{~v~:1,~t~:{~a~:{~0~:7}}}| VALUE_NUMBER_INT",
        "{~v~:1,~t~:{~a~:{~0~:~7~}}}| Invalid position '7'",
        "{~v~:1,~t~:{~a~:{~0~:~1:1~,~0~:~2:2~}}}| not JSON of the form",
        "{~v~:1,~t~:{}| not JSON of the form",
        "{~v~:1,~t~:{}} {}| instead of the end",
        "[]| START_ARRAY",
        "earlest| not JSON of the form",
        "``| the end instead of START_OBJECT"
      })
  void fromJson_ofAnotherForm_saysWhatIsWrong(String text, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Positions.fromJson(text.replace('~', '"')))
        .withMessageContaining(message);
  }
}
