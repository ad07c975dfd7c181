package io.sluice.change;

import org.jspecify.annotations.Nullable;

/**
 * A message as it lies in the topic.
 *
 * @param topic its topic, without the partition's suffix
 * @param schema what the registry says about it
 * @param key the message's key
 * @param value the payload, null for a tombstone
 * @param oldKey the property {@code __debezium.oldkey}
 * @param newKey the property {@code __debezium.newkey}
 */
@SuppressWarnings("ArrayRecordComponent") // Neither kept nor compared.
record RawMessage(
    String topic,
    WriterSchema schema,
    byte @Nullable [] key,
    byte @Nullable [] value,
    @Nullable String oldKey,
    @Nullable String newKey) {}
