package io.sluice.schema;

import io.sluice.pulsar.RawEntry;
import org.apache.spark.sql.catalyst.InternalRow;
import org.jspecify.annotations.Nullable;

/**
 * Payload bytes of one writer schema to rows of one Spark type. Not safe for use by two threads.
 */
public interface PayloadDecoder {

  /**
   * Decodes one payload.
   *
   * <p>The next call may reuse the row, and the row's strings may point into {@code bytes}: copy
   * the row before either changes.
   *
   * @param bytes holds the payload; unchanged
   * @param offset where the payload begins
   * @param length its size in bytes
   * @return the values of this payload alone
   * @throws UndecodablePayloadException if the bytes are not what the writer's schema says
   */
  InternalRow decode(byte[] bytes, int offset, int length);

  /**
   * Decodes the message that the entry stands at: its payload, and its key where the schema
   * describes that too. The row is as that of {@link #decode(byte[], int, int)}.
   *
   * @return null if the message holds nothing that the schema describes
   * @throws UndecodablePayloadException if the bytes are not what the writer's schema says
   */
  default @Nullable InternalRow decode(RawEntry message) {
    return message.isNull()
        ? null
        : decode(message.payload(), message.payloadOffset(), message.payloadLength());
  }
}
