package io.sluice.schema;

import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Reads bytes that are one value.
 *
 * @param ordinal the value's column
 */
record PrimitiveReader(PrimitivePayload payload, int ordinal) implements PayloadReader {

  @Override
  public void readInto(byte[] bytes, int offset, int length, InternalRow row) {
    if (payload.size() != PrimitivePayload.ANY_SIZE && payload.size() != length) {
      throw new UndecodablePayloadException(
          "the payload has %d bytes, but its type takes %d".formatted(length, payload.size()));
    }
    payload.reader().read(bytes, offset, length, row, ordinal);
  }
}
