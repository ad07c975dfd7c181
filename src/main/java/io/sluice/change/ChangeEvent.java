package io.sluice.change;

import io.sluice.change.Document.Fields;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a message says, before its values are put into columns. */
sealed interface ChangeEvent {

  /** A kind of change, by Debezium's letter. */
  enum Op {
    /** A row that is read. */
    READ("r"),
    /** A row that is new. */
    CREATE("c"),
    /** A row that has changed. */
    UPDATE("u"),
    /** A row that is gone. */
    DELETE("d"),
    /** All rows are gone. */
    TRUNCATE("t");

    private final String letter;

    Op(String letter) {
      this.letter = letter;
    }

    String letter() {
      return letter;
    }

    /** The change of a letter, null if it is none. */
    static @Nullable Op of(String letter) {
      for (Op op : values()) {
        if (op.letter.equals(letter)) {
          return op;
        }
      }
      return null;
    }
  }

  /** Messages that are no change of a row. */
  enum SkipReason {
    /** A null value behind a delete, which has said it all. */
    TOMBSTONE,
    /** A sign of life. */
    HEARTBEAT,
    /** A change of a table's definition. */
    SCHEMA_CHANGE,
    /** The begin or the end of a transaction. */
    TRANSACTION,
    /** A message that somebody wrote into the database's log. */
    LOGICAL_MESSAGE,
    /** What a connector remembers for itself. */
    CONNECTOR_STATE,
    /** The begin or the end of a bootstrap. */
    BOOTSTRAP_MARK
  }

  /**
   * A change of a row, or of all of them.
   *
   * @param index its place among the changes of its message
   * @param keys the key's columns, empty if the row has no key
   * @param values the row; of a row that is gone its key, or all there is if it has none
   * @param complete whether {@code values} are all fields of their type
   * @param source where the change comes from
   * @param otherKey the key that the row had until now; of a row that is gone, the key that it has
   *     from now on; null if it keeps its key
   */
  record RowChange(
      Op op,
      int index,
      List<String> keys,
      List<Fields> values,
      boolean complete,
      SourceFacts source,
      @Nullable Fields otherKey)
      implements ChangeEvent {

    /** The change of a row that keeps its key. */
    RowChange(
        Op op,
        int index,
        List<String> keys,
        List<Fields> values,
        boolean complete,
        SourceFacts source) {
      this(op, index, keys, values, complete, source, null);
    }
  }

  /** No change of a row. */
  record Skipped(SkipReason reason) implements ChangeEvent {}
}
