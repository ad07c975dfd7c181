package io.sluice.schema;

import org.apache.spark.sql.catalyst.InternalRow;

/** Moves what some bytes hold into the columns of a row that stand for them. */
@FunctionalInterface
interface PayloadReader {

  /**
   * Sets every column that stands for these bytes, and no other.
   *
   * @throws UndecodablePayloadException if the bytes are not what the writer's schema says
   */
  void readInto(byte[] bytes, int offset, int length, InternalRow row);
}
