package io.sluice.schema;

import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Reads the branch of a union that the payload names.
 *
 * @param union the writer's union
 * @param branches a reader for each of the union's branches, null among them, at the same index
 */
@SuppressWarnings("ArrayRecordComponent")
record UnionReader(Schema union, ValueReader[] branches) implements ValueReader {

  @Override
  public void read(PayloadInput in, InternalRow row, int ordinal) {
    branches[in.readBranch(union)].read(in, row, ordinal);
  }
}
