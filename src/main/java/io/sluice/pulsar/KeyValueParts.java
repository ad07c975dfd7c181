package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import org.apache.pulsar.client.impl.schema.KeyValueSchemaInfo;
import org.apache.pulsar.common.schema.KeyValue;
import org.apache.pulsar.common.schema.KeyValueEncodingType;
import org.apache.pulsar.common.schema.SchemaInfo;

/**
 * The two schemas that a schema of type KEY_VALUE is made of.
 *
 * @param key the schema of the keys
 * @param value the schema of the values
 * @param separated whether the message's key is the key, and not a part of the payload
 */
public record KeyValueParts(TopicSchema key, TopicSchema value, boolean separated) {

  /**
   * Takes a schema of type KEY_VALUE apart.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA if its definition is not one of two schemas
   */
  public static KeyValueParts of(TopicSchema schema) {
    SchemaInfo whole =
        SchemaInfo.builder()
            .name("")
            .type(schema.type())
            .schema(schema.definition())
            .properties(schema.properties())
            .build();
    try {
      KeyValue<SchemaInfo, SchemaInfo> parts = KeyValueSchemaInfo.decodeKeyValueSchemaInfo(whole);
      return new KeyValueParts(
          part(schema.version(), parts.getKey()),
          part(schema.version(), parts.getValue()),
          KeyValueSchemaInfo.decodeKeyValueEncodingType(whole) == KeyValueEncodingType.SEPARATED);
    } catch (RuntimeException e) {
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          "Version "
              + schema.version()
              + " of the KEY_VALUE schema cannot be read: its definition is not one of a key and a"
              + " value. Register a valid schema, or read the topic as bytes",
          e);
    }
  }

  private static TopicSchema part(long version, SchemaInfo info) {
    return new TopicSchema(version, info.getType(), info.getSchema(), info.getProperties());
  }
}
