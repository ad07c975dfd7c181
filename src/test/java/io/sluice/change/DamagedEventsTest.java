package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.sluice.change.ChangeDecoder.Outcome;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Messages that something has damaged: refused by name, or what another reader of them says too.
 */
class DamagedEventsTest {

  /** In eight captures of three tables: 20,400 damaged messages. */
  private static final int PER_TABLE = 850;

  /** Columns of text whose values a schema has made of bytes. */
  private static final Set<String> WRITTEN_OTHERWISE =
      Set.of("flags", "c_bit8", "c_bit10", "c_bit64", "c_varbit", "c_dec_65_30");

  private static final ChangeOptions DEBEZIUM = ChangeOptions.of(ChangeFormat.DEBEZIUM);
  private static final ObjectMapper OTHER_READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pg-rec",
        "my-json",
        "pg-schema",
        "pg-flat",
        "my-nar",
        "my-nar-env",
        "pg-nar-avro",
        "my-nar-avro"
      })
  void decode_damagedMessage_isRefusedOrWhatItSays(String name) {
    Random random = new Random(name.hashCode());
    Capture capture = Capture.of(name);
    boolean avro = name.endsWith("avro");
    int good = 0;
    int bad = 0;
    for (String table : List.of("customers", "types_all", "carts")) {
      List<RawMessage> whole = capture.table(table);
      StructType columns = ReplayedTable.of(whole, DEBEZIUM).columns();
      var decoder = new ChangeDecoder(columns, DEBEZIUM, Set.of());
      for (int i = 0; i < PER_TABLE; i++) {
        RawMessage message = damaged(whole.get(random.nextInt(whole.size())), random);
        for (Outcome outcome : decoder.decode(message)) {
          if (outcome.error() != null) {
            bad++;
            continue;
          }
          good++;
          if (!avro) {
            assertSaysTheSame(columns, message, outcome);
          }
        }
      }
    }
    assertThat(bad).isGreaterThan(100);
    assertThat(good).isGreaterThan(100);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pg-rec", "pg-schema", "my-flat", "pg-nar", "pg-nar-env", "pg-nar-avro"})
  void decode_messageCutOffAnywhere_isRefused(String name) {
    RawMessage message = Capture.of(name).table("carts").get(0);
    byte[] value = message.value();
    if (value == null) {
      throw new AssertionError();
    }
    var decoder = new ChangeDecoder(new StructType(), DEBEZIUM, Set.of());
    assertThat(decoder.decode(message).get(0).error()).isNull();
    for (int length = 0; length < value.length; length++) {
      Outcome outcome = decoder.decode(with(message, Arrays.copyOf(value, length))).get(0);
      assertThat(outcome.error()).as("%d of %d bytes", length, value.length).isNotNull();
    }
  }

  @Test
  void decode_noise_isRefused() {
    Random random = new Random(7);
    for (ChangeFormat format : ChangeFormat.values()) {
      var decoder = new ChangeDecoder(new StructType(), ChangeOptions.of(format), Set.of());
      for (int i = 0; i < 2_000; i++) {
        byte[] noise = new byte[random.nextInt(64)];
        random.nextBytes(noise);
        RawMessage message = new RawMessage("t", WriterSchema.none(), noise, noise, null, null);
        assertThat(decoder.decode(message)).allMatch(outcome -> outcome.error() != null);
      }
    }
  }

  @Test
  void decode_deepJson_isRefused() {
    String deep = "[".repeat(200_000);
    var decoder = new ChangeDecoder(new StructType(), DEBEZIUM, Set.of());

    assertThat(
            decoder
                .decode(
                    new RawMessage(
                        "t",
                        WriterSchema.none(),
                        null,
                        DatabaseText.utf8("{\"op\":\"c\",\"after\":{\"x\":" + deep),
                        null,
                        null))
                .get(0)
                .error())
        .isNotNull();
  }

  /** Compares with what Jackson's own tree says, and with types made here. */
  private static void assertSaysTheSame(StructType columns, RawMessage message, Outcome outcome) {
    var row = outcome.row();
    var change = outcome.change();
    if (row == null || change == null || change.op() == ChangeEvent.Op.DELETE) {
      return;
    }
    JsonNode event = otherwiseRead(message);
    if (event == null) {
      throw new AssertionError("only one reader understands the message");
    }
    JsonNode payload = event.size() == 2 && event.has("payload") ? event.path("payload") : event;
    JsonNode after = payload.has("__deleted") ? payload : payload.path("after");
    for (int i = 0; i < columns.length(); i++) {
      String column = columns.apply(i).name();
      JsonNode said = field(after, column);
      Object value = row.values()[i];
      if (said.isNull() || said.isMissingNode()) {
        assertThat(value).as(column).isNull();
      } else if (!row.unwritten().contains(column)) {
        assertSame(columns.apply(i), said, value);
      }
    }
  }

  /** A field by its name without regard to case, as tables have it. */
  private static JsonNode field(JsonNode row, String column) {
    return row.properties().stream()
        .filter(field -> field.getKey().equalsIgnoreCase(column))
        .map(java.util.Map.Entry::getValue)
        .findFirst()
        .orElse(MissingNode.getInstance());
  }

  private static void assertSame(StructField column, JsonNode said, @Nullable Object value) {
    DataType type = column.dataType();
    if (type instanceof BooleanType) {
      assertThat(value).isEqualTo(said.booleanValue());
    } else if (type instanceof DecimalType decimal && said.isTextual()) {
      byte[] unscaled = Base64.getDecoder().decode(said.textValue());
      assertThat(value).isEqualTo(new BigDecimal(new BigInteger(unscaled), decimal.scale()));
    } else if (type instanceof DateType && said.isNumber()) {
      assertThat(value).isEqualTo(LocalDate.ofEpochDay(said.longValue()));
    } else if (said.isIntegralNumber() && value instanceof Number number) {
      assertThat(new BigDecimal(number.toString())).isEqualByComparingTo(said.decimalValue());
    } else if (said.isTextual()
        && type instanceof StringType
        && !WRITTEN_OTHERWISE.contains(column.name())) {
      assertThat(value).as(column.name()).isEqualTo(said.textValue());
    } else {
      assertThat(value).isNotNull();
    }
  }

  private static @Nullable JsonNode otherwiseRead(RawMessage message) {
    byte[] value = message.value();
    if (value == null) {
      return null;
    }
    int from = 0;
    if (message.schema().inline()) {
      int key = java.nio.ByteBuffer.wrap(value).getInt();
      from = 2 * Integer.BYTES + Math.max(0, key);
    }
    try {
      return OTHER_READER.readTree(value, from, value.length - from);
    } catch (JsonProcessingException e) {
      return null;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static RawMessage damaged(RawMessage message, Random random) {
    byte[] value = message.value();
    if (value == null) {
      return message;
    }
    byte[] copy = value.clone();
    int from = Math.max(0, payloadStart(copy));
    switch (random.nextInt(6)) {
      case 0 -> copy = Arrays.copyOf(copy, random.nextInt(copy.length));
      case 1 -> {
        int at = from + random.nextInt(copy.length - from);
        byte[] longer = Arrays.copyOf(copy, copy.length + 1);
        System.arraycopy(copy, at, longer, at + 1, copy.length - at);
        copy = longer;
      }
      case 2 -> {
        int at = from + random.nextInt(copy.length - from);
        copy[at] = (byte) "0123456789{}[]\",:=nte-+.".charAt(random.nextInt(24));
      }
      default -> {
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
          copy[from + random.nextInt(copy.length - from)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return with(message, copy);
  }

  /** Where the payload begins behind an embedded schema: a damaged schema says something else. */
  private static int payloadStart(byte[] value) {
    String text = new String(value, java.nio.charset.StandardCharsets.ISO_8859_1);
    return text.lastIndexOf(",\"payload\":");
  }

  private static RawMessage with(RawMessage message, byte[] value) {
    return new RawMessage(message.topic(), message.schema(), message.key(), value, null, null);
  }
}
