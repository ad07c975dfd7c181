package io.sluice.schema;

import org.apache.spark.sql.catalyst.InternalRow;

/** Moves one value from a payload to a place in a row; it always sets that place or throws. */
@FunctionalInterface
interface ValueReader {

  /**
   * Reads the value at the input's position.
   *
   * @throws UndecodablePayloadException if there is no such value
   */
  void read(PayloadInput in, InternalRow row, int ordinal);
}
