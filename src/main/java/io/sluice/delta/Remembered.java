package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.TRUNCATE;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;

/**
 * What is remembered beside a table of newest states, of one version of the {@link Companion}: a
 * delete is forgotten in the commit that raises the floor, so nobody may see it gone and the floor
 * as it was.
 *
 * @param columns what the columns mean
 * @param deletes each key with the order of its newest delete that is not forgotten
 * @param truncate the order of the newest truncate, as a literal; null if there is none
 * @param floor the order up to which deletes may have been forgotten, as a literal; null if none
 *     has
 * @param hasFloor whether any has
 */
record Remembered(
    ChangeColumns columns, Dataset<Row> deletes, Column truncate, Column floor, boolean hasFloor) {

  /** Of a key, the order up to which everything that is known of it has ended. */
  static final String ENDED = "__sluice_ended";

  /** Of a key, the order up to which something may have ended that nobody knows any more. */
  static final String FLOOR = "__sluice_floor";

  /** Of a key in a batch, the order of its newest delete. */
  static final String DELETED = "__sluice_deleted";

  /** What a version of a companion says. */
  static Remembered of(Companion.Contents companion, ChangeColumns columns) {
    List<Row> marks = companion.ofNoKey();
    return new Remembered(
        columns,
        companion.rows().where(KeyFacts.keyed(columns)),
        mark(marks, TRUNCATE, columns),
        mark(marks, DELETE, columns),
        marks.stream().anyMatch(mark -> rank(mark) == DELETE));
  }

  /** The same for a merge that lets in what may be late. */
  Remembered withoutFloor() {
    return new Remembered(columns, deletes, truncate, none(columns), false);
  }

  private static Column mark(List<Row> marks, int rank, ChangeColumns columns) {
    return marks.stream()
        .filter(mark -> rank(mark) == rank)
        .findFirst()
        .map(mark -> RowLiteral.of(mark).cast(columns.table().apply(ORDER).dataType()))
        .orElseGet(() -> none(columns));
  }

  private static int rank(Row mark) {
    return mark.<Integer>getAs(EventOrder.BySequence.RANK);
  }

  private static Column none(ChangeColumns columns) {
    return lit(null).cast(columns.table().apply(ORDER).dataType());
  }

  /** Whether a row of the companion is that of the truncates, rather than of a key or the floor. */
  static Column isTruncate(ChangeColumns columns) {
    return not(KeyFacts.keyed(columns)).and(rank().equalTo(TRUNCATE));
  }

  /** The kind of the event that a row of the companion remembers. */
  static Column rank() {
    return column(ORDER).getField(EventOrder.BySequence.RANK);
  }

  /** The same of a side of a merge. */
  static Column rank(String side) {
    return column(side, ORDER).getField(EventOrder.BySequence.RANK);
  }

  /**
   * The keys of a batch with {@link #ENDED} and {@link #FLOOR}.
   *
   * @param keyed the keys with {@link #DELETED}
   * @param within what remembered rows with these keys fulfil
   */
  Dataset<Row> ends(Dataset<Row> keyed, Column within) {
    Column sameKey = lit(true);
    List<Column> known = new ArrayList<>();
    for (StructField key : columns.keys()) {
      String other = ENDED + "_" + key.name();
      known.add(column(key.name()).as(other));
      sameKey = sameKey.and(column(key.name()).equalTo(column(other)));
    }
    known.add(column(ORDER).as(ENDED));
    Dataset<Row> ofKeys = deletes.as(MergeCommit.TABLE).where(within);
    return keyed
        .join(ofKeys.select(known.toArray(Column[]::new)), sameKey, "left_outer")
        // The batch's own deletes may have been forgotten by the time that it is replayed.
        .withColumn(ENDED, greatest(column(ENDED), truncate, column(DELETED)))
        .withColumn(FLOOR, floor);
  }
}
