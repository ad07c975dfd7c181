package io.sluice.pulsar;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import org.apache.pulsar.common.schema.SchemaType;

/**
 * One version of a topic's schema, as the registry holds it.
 *
 * @param version the registry's version number; {@link #NO_VERSION} for a topic without a schema
 * @param type how the payload is encoded
 * @param definition the schema's own text, Avro JSON for AVRO and JSON; empty for primitives
 * @param properties the schema's properties
 */
@SuppressWarnings("ArrayRecordComponent") // Copied in and out, compared by content.
public record TopicSchema(
    long version, SchemaType type, byte[] definition, Map<String, String> properties)
    implements Serializable {

  /** The version of a topic that has no schema. */
  public static final long NO_VERSION = -1;

  /** How many bytes precede Avro data, by the property with which Pulsar's connectors say so. */
  public static final String AVRO_READ_OFFSET = "__AVRO_READ_OFFSET__";

  private static final int FINGERPRINT_BYTES = 8;

  /** Copies the definition and the properties. */
  public TopicSchema {
    Objects.requireNonNull(type, "type");
    definition = definition.clone();
    properties = Map.copyOf(properties);
  }

  /** What a topic without a schema carries: bytes. */
  public static TopicSchema none() {
    return new TopicSchema(NO_VERSION, SchemaType.BYTES, new byte[0], Map.of());
  }

  /** A version that is not registered yet, as Avro JSON. */
  public static TopicSchema unregistered(String definition) {
    return new TopicSchema(
        NO_VERSION, SchemaType.AVRO, definition.getBytes(StandardCharsets.UTF_8), Map.of());
  }

  /**
   * What a topic carries whose payload is to be taken as UTF-8 text, whatever the registry says.
   */
  public static TopicSchema text() {
    return new TopicSchema(NO_VERSION, SchemaType.STRING, new byte[0], Map.of());
  }

  /** Whether payloads are JSON objects of the definition. */
  public boolean isJson() {
    return type == SchemaType.JSON;
  }

  /** Whether payloads are Avro data of the definition. */
  public boolean isAvro() {
    return type == SchemaType.AVRO;
  }

  /** Whether it is made of a schema of keys and one of values. */
  public boolean isKeyValue() {
    return type == SchemaType.KEY_VALUE;
  }

  /** The schema's own text. */
  public String definitionText() {
    return new String(definition, StandardCharsets.UTF_8);
  }

  /**
   * Tells this schema from another that has the same number: the first 16 hexadecimal digits of the
   * SHA-256 of its type's name and its definition.
   */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(type.name().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(definition), 0, FINGERPRINT_BYTES);
    } catch (NoSuchAlgorithmException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }

  /** A copy of the schema's own text. */
  @Override
  public byte[] definition() {
    return definition.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TopicSchema that
        && version == that.version
        && type == that.type
        && Arrays.equals(definition, that.definition)
        && properties.equals(that.properties);
  }

  @Override
  public int hashCode() {
    return Objects.hash(version, type, Arrays.hashCode(definition), properties);
  }

  @Override
  public String toString() {
    return "TopicSchema[version=%d, type=%s, definition=%d bytes]"
        .formatted(version, type, definition.length);
  }
}
