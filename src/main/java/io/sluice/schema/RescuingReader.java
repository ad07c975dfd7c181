package io.sluice.schema;

import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Reads a value that its column may not hold, or not all of. The column is null where it does not.
 *
 * @param rescued where the value goes that the column does not hold
 * @param field the value's name there
 * @param written the value's type
 * @param reader reads the value into the column
 * @param partial whether the column never holds all of a value
 */
record RescuingReader(
    Rescued rescued, String field, Schema written, ValueReader reader, boolean partial)
    implements ValueReader {

  @Override
  public void read(PayloadInput in, InternalRow row, int ordinal) {
    rescued.put(field, in.readOrText(this, row, ordinal));
  }

  /** Whether the column holds the value at the input's position; if not, the column is null. */
  boolean holds(PayloadInput in, InternalRow row, int ordinal) {
    try {
      reader.read(in, row, ordinal);
      return true;
    } catch (UndecodablePayloadException e) {
      if (e.kind() != UndecodablePayloadException.Kind.VALUE_DOES_NOT_FIT) {
        throw e;
      }
      row.setNullAt(ordinal);
      return false;
    }
  }
}
