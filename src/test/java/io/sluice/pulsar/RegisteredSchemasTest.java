package io.sluice.pulsar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.pulsar.RegisteredSchemas.Version;
import java.util.Map;
import org.apache.pulsar.common.schema.SchemaType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The versions that somebody has seen, as text and back. */
class RegisteredSchemasTest {

  private static final String JSON =
      "{\"persistent://public/default/x\":{\"version\":3,\"fingerprint\":\"00ff\"}}";

  @Test
  void parse_ofWhatToJsonWrites_isTheSame() {
    RegisteredSchemas schemas =
        new RegisteredSchemas(Map.of("persistent://public/default/x", new Version(3, "00ff")));

    assertThat(schemas.toJson()).isEqualTo(JSON);
    assertThat(RegisteredSchemas.parse(JSON)).isEqualTo(schemas);
    assertThat(RegisteredSchemas.parse("{}")).isEqualTo(RegisteredSchemas.none());
    assertThat(
            RegisteredSchemas.parse("{\"x\":{\"version\":3,\"fingerprint\":\"00ff\"}}")
                .of("persistent://public/default/x"))
        .isEqualTo(new Version(3, "00ff"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"x\":3}",
        "{\"x\":{\"version\":3}}",
        "{\"x\":{\"version\":-1,\"fingerprint\":\"0\"}}",
        "{\"x\":{\"version\":3,\"fingerprint\":\"0\",\"more\":1}}",
        "{} {}"
      })
  void parse_ofAnythingElse_isRefused(String json) {
    assertThatThrownBy(() -> RegisteredSchemas.parse(json))
        .hasMessageContaining("[INVALID_JOB] Invalid acceptedSchemas '" + json + "'");
  }

  @Test
  void of_topicWithoutASchema_leavesItOut() {
    TopicSchema text = new TopicSchema(0, SchemaType.STRING, new byte[0], Map.of());

    assertThat(RegisteredSchemas.of(Map.of("a", TopicSchema.none(), "b", text)).byTopic())
        .isEqualTo(Map.of("b", Version.of(text)));
  }

  @Test
  void fingerprint_tellsTypesAndDefinitionsApart_butNotNumbers() {
    TopicSchema one = new TopicSchema(0, SchemaType.AVRO, "{}".getBytes(UTF_8), Map.of());

    assertThat(one.fingerprint())
        .hasSize(16)
        .isEqualTo(
            new TopicSchema(7, SchemaType.AVRO, "{}".getBytes(UTF_8), Map.of("p", "q"))
                .fingerprint())
        .isNotEqualTo(
            new TopicSchema(0, SchemaType.JSON, "{}".getBytes(UTF_8), Map.of()).fingerprint())
        .isNotEqualTo(
            new TopicSchema(0, SchemaType.AVRO, "[]".getBytes(UTF_8), Map.of()).fingerprint());
  }
}
