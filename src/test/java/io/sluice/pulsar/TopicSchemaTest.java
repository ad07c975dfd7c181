package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.pulsar.common.schema.SchemaType;
import org.junit.jupiter.api.Test;

class TopicSchemaTest {

  private static TopicSchema schema(byte... definition) {
    return new TopicSchema(1, SchemaType.AVRO, definition, Map.of("a", "b"));
  }

  @Test
  void equals_sameContentInAnotherArray_isTrue() {
    assertThat(schema((byte) 1)).isEqualTo(schema((byte) 1)).hasSameHashCodeAs(schema((byte) 1));
    assertThat(schema((byte) 1)).isNotEqualTo(schema((byte) 2));
  }

  @Test
  void definition_callersArrayChanges_staysAsItWas() {
    byte[] definition = {1};
    TopicSchema schema = schema(definition);
    definition[0] = 2;
    schema.definition()[0] = 3;

    assertThat(schema.definition()).containsExactly(1);
  }
}
