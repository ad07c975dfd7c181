package io.sluice.schema;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;

/** Puts one branch of a union into its member of the struct; the other members stay null. */
record MemberReader(ValueReader branch, int member, int width) implements ValueReader {

  @Override
  public void read(PayloadInput in, InternalRow row, int ordinal) {
    var members = new GenericInternalRow(width);
    branch.read(in, members, member);
    row.update(ordinal, members);
  }
}
