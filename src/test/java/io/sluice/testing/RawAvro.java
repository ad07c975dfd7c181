package io.sluice.testing;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.apache.pulsar.common.schema.SchemaType;

/**
 * Registers an Avro schema for a topic and passes encoded records through untouched.
 *
 * <p>Pulsar's own {@code NATIVE_AVRO} takes the Avro classes that are relocated inside its client,
 * which a test does not have.
 */
public final class RawAvro implements Schema<byte[]> {

  private final SchemaInfo info;

  /**
   * A schema of type AVRO.
   *
   * @param definition the record's schema as Avro JSON
   */
  public RawAvro(org.apache.avro.Schema definition) {
    this(SchemaType.AVRO, definition);
  }

  /**
   * A schema of a type that is described by Avro JSON.
   *
   * @param type AVRO, or JSON for payloads that are JSON text
   * @param definition the record's schema as Avro JSON
   */
  public RawAvro(SchemaType type, org.apache.avro.Schema definition) {
    this.info =
        SchemaInfo.builder()
            .name(definition.getName())
            .type(type)
            .schema(definition.toString().getBytes(StandardCharsets.UTF_8))
            .properties(Map.of())
            .build();
  }

  @Override
  public byte[] encode(byte[] message) {
    return message;
  }

  @Override
  public byte[] decode(byte[] bytes) {
    return bytes;
  }

  @Override
  public SchemaInfo getSchemaInfo() {
    return info;
  }

  @Override
  public Schema<byte[]> clone() {
    return this;
  }
}
