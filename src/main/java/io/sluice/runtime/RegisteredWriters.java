package io.sluice.runtime;

import io.sluice.change.WriterSchema;
import io.sluice.change.WriterSchema.Part;
import io.sluice.change.WriterSchemas;
import io.sluice.pulsar.KeyValueParts;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicSchema;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the registry says about messages that are changes of rows, asked by executors.
 *
 * @param connection how the brokers are reached; may hold a token
 */
record RegisteredWriters(PulsarOptions.Connection connection) implements WriterSchemas {

  @Override
  public WriterSchema of(String topic, @Nullable Long version) {
    byte[] number =
        version == null ? null : ByteBuffer.allocate(Long.BYTES).putLong(version).array();
    return of(SchemaCatalog.writtenWith(connection, topic, number));
  }

  private static WriterSchema of(TopicSchema schema) {
    if (!schema.isKeyValue()) {
      return WriterSchema.separated(Part.text(), part(schema));
    }
    KeyValueParts parts = KeyValueParts.of(schema);
    return parts.separated()
        ? WriterSchema.separated(part(parts.key()), part(parts.value()))
        : WriterSchema.inlined(part(parts.key()), part(parts.value()));
  }

  private static Part part(TopicSchema schema) {
    if (schema.isAvro()) {
      String offset = schema.properties().getOrDefault(TopicSchema.AVRO_READ_OFFSET, "0");
      return Part.avro(schema.definitionText(), Integer.parseInt(offset));
    }
    return schema.isJson() ? Part.json(schema.definitionText()) : Part.text();
  }

  /** Nothing of the connection: it may hold a token. */
  @Override
  public String toString() {
    return "registered schemas";
  }
}
