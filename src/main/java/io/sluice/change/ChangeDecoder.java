package io.sluice.change;

import io.sluice.change.ChangeEvent.RowChange;
import io.sluice.change.ChangeEvent.SkipReason;
import io.sluice.change.ChangeEvent.Skipped;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Messages as rows of known columns. Made for one thread. */
final class ChangeDecoder {

  private final ChangeReader reader;
  private final RowReader rows;

  /**
   * What became of a message, or of one of its rows.
   *
   * @param change the change, null if there is none
   * @param row the change in columns, null if it has none
   * @param skipped why the message is no change, null if it is one
   * @param error why it cannot be told, null if it can
   */
  record Outcome(
      @Nullable RowChange change,
      RowReader.@Nullable Decoded row,
      @Nullable SkipReason skipped,
      @Nullable BadEventException error) {}

  /**
   * A decoder into columns.
   *
   * @param reserved names that no field may have, in lower case
   */
  ChangeDecoder(StructType columns, ChangeOptions options, Set<String> reserved) {
    this.reader = new ChangeReader(options);
    this.rows = new RowReader(columns, options, reserved);
  }

  /** What the message says; never empty. A message is bad as a whole or not at all. */
  List<Outcome> decode(RawMessage message) {
    List<Outcome> outcomes = new ArrayList<>(1);
    try {
      for (ChangeEvent event : reader.read(message)) {
        outcomes.add(outcome(event));
      }
    } catch (BadEventException e) {
      return List.of(new Outcome(null, null, null, e));
    }
    return outcomes.size() == 1 ? outcomes : wholeOrBad(outcomes);
  }

  /** The rows of a message, or one bad outcome that tells what all of them need. */
  private static List<Outcome> wholeOrBad(List<Outcome> outcomes) {
    StructType needed = new StructType();
    Outcome bad = null;
    for (Outcome each : outcomes) {
      RowReader.Decoded row = each.row();
      if (row != null) {
        needed = ColumnGrowth.union(needed, row.needed());
      }
      if (bad == null && each.error() != null) {
        bad = each;
      }
    }
    if (bad == null) {
      return outcomes;
    }
    RowReader.Decoded row =
        new RowReader.Decoded(new Object[0], List.of(), List.of(), needed, bad.error(), null);
    return List.of(new Outcome(bad.change(), row, null, bad.error()));
  }

  private Outcome outcome(ChangeEvent event) {
    if (event instanceof Skipped skipped) {
      return new Outcome(null, null, skipped.reason(), null);
    }
    RowChange change = (RowChange) event;
    RowReader.Decoded row = rows.read(change);
    return new Outcome(change, row, null, row.error());
  }
}
