package io.sluice.schema;

import io.sluice.pulsar.RawEntry;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * A decoder whose rows have one more column: what the others do not hold, null if they hold all.
 *
 * @param decoder decodes into the other columns
 * @param rescued where it puts what they do not hold
 * @param ordinal the column's
 */
record RescuingDecoder(PayloadDecoder decoder, Rescued rescued, int ordinal)
    implements PayloadDecoder {

  @Override
  public InternalRow decode(byte[] bytes, int offset, int length) {
    rescued.clear();
    return completed(decoder.decode(bytes, offset, length));
  }

  @Override
  public @Nullable InternalRow decode(RawEntry message) {
    rescued.clear();
    InternalRow row = decoder.decode(message);
    return row == null ? null : completed(row);
  }

  private InternalRow completed(InternalRow row) {
    String text = rescued.text();
    row.update(ordinal, text == null ? null : UTF8String.fromString(text));
    return row;
  }
}
