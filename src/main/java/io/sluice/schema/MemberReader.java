package io.sluice.schema;

import java.util.function.Supplier;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Puts one branch of a union into its member of the struct; the other members stay null.
 *
 * @param rows gives a row that nothing but this reader sets
 */
record MemberReader(ValueReader branch, int member, Supplier<InternalRow> rows)
    implements ValueReader {

  @Override
  public void read(PayloadInput in, InternalRow row, int ordinal) {
    InternalRow members = rows.get();
    branch.read(in, members, member);
    row.update(ordinal, members);
  }
}
