package io.sluice.schema;

import org.apache.spark.sql.catalyst.InternalRow;

/** Decodes payloads that are one value. */
final class PrimitiveDecoder implements PayloadDecoder {

  private final PrimitivePayload payload;
  private final int ordinal;
  private final InternalRow row;

  /**
   * Creates the decoder.
   *
   * @param ordinal the value's column, or {@link RecordReader.Field#SKIPPED}
   * @param row what every call returns
   */
  PrimitiveDecoder(PrimitivePayload payload, int ordinal, InternalRow row) {
    this.payload = payload;
    this.ordinal = ordinal;
    this.row = row;
  }

  @Override
  public InternalRow decode(byte[] bytes, int offset, int length) {
    if (payload.size() != PrimitivePayload.ANY_SIZE && payload.size() != length) {
      throw new UndecodablePayloadException(
          "the payload has %d bytes, but its type takes %d".formatted(length, payload.size()));
    }
    if (ordinal != RecordReader.Field.SKIPPED) {
      payload.reader().read(bytes, offset, length, row, ordinal);
    }
    return row;
  }
}
