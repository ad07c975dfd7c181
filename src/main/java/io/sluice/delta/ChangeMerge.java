package io.sluice.delta;

import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** One way in which events become rows of a table. */
interface ChangeMerge {

  /**
   * Merges a batch, unless the table has it.
   *
   * @param events the events with kind and order
   * @return the commit, with the number of events that could not be merged
   */
  CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception;

  /**
   * The events that the merge of a batch has left out because nobody knows any more whether they
   * are late, with {@link LateEvents#PARTS}; empty if there are none.
   */
  default Optional<Dataset<Row>> late(Dataset<Row> events) {
    return Optional.empty();
  }
}
