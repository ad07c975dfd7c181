package io.sluice.testing;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.apache.pulsar.common.schema.SchemaType;

/**
 * Registers a schema for a topic and passes encoded payloads through untouched.
 *
 * <p>Pulsar's own schemas of these types take classes of Avro that are relocated inside its client,
 * or classes that an older compiler of protocol buffers has made; a test has neither.
 */
public final class RawSchema implements Schema<byte[]> {

  private final SchemaInfo info;

  /**
   * A schema of type AVRO.
   *
   * @param definition the record's schema as Avro JSON
   */
  public RawSchema(org.apache.avro.Schema definition) {
    this(SchemaType.AVRO, definition);
  }

  /**
   * A schema of a type that is described by Avro JSON.
   *
   * @param type AVRO, or JSON for payloads that are JSON text
   * @param definition the record's schema as Avro JSON
   */
  public RawSchema(SchemaType type, org.apache.avro.Schema definition) {
    this(type, definition.toString().getBytes(StandardCharsets.UTF_8), Map.of());
  }

  /**
   * A schema of any type.
   *
   * @param definition as the registry keeps it for this type
   * @param properties what the registry keeps beside the definition
   */
  public RawSchema(SchemaType type, byte[] definition, Map<String, String> properties) {
    this.info =
        SchemaInfo.builder()
            .name(type.name())
            .type(type)
            .schema(definition)
            .properties(properties)
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
