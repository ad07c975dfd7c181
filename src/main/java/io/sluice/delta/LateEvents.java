package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static io.sluice.delta.NewestParts.isAbove;
import static io.sluice.delta.Remembered.ENDED;
import static io.sluice.delta.Remembered.FLOOR;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_compact;
import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.when;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * The events that cannot be merged because only a delete that is forgotten could tell whether they
 * are late: upserts at or below the floor that would bring a row which is not there, or that write
 * a part of a row which none of its events has written. All else is known: a row that is there came
 * after every delete of its key that is forgotten, and so did what is above its order.
 *
 * <p>Those that the merge of a batch leaves out are found before it and after. After it, deletes
 * may have been forgotten meanwhile that had ended some of the others: these are found, too.
 */
final class LateEvents {

  /**
   * STRING: the parts of the row that an event would have written too late, with commas between;
   * null where the row is not there.
   */
  static final String PARTS = "__sluice_late_parts";

  /** The error class of such an event in the quarantine. */
  static final String ERROR = "TOO_LATE";

  private static final String EVENT = "e";
  private static final String WRITES = "__sluice_writes";
  private static final String LATE = "__sluice_late";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final NewestParts parts;

  LateEvents(KeyedTable table, NewestParts parts) {
    this.table = table;
    this.columns = table.columns();
    this.parts = parts;
  }

  /**
   * The events of a batch that come too late, with {@link #PARTS}.
   *
   * @param keys the batch's keys, as the merge has them for its source
   * @param within what the table's rows with these keys fulfil
   */
  Dataset<Row> of(Dataset<Row> events, Dataset<Row> keys, Column within) {
    Dataset<Row> stored = table.rows(events.sparkSession());
    StructType brought = columns.table();
    StructType grown = TableGrowth.of(table.evolution()).apply(stored.schema(), brought);
    Dataset<Row> rows =
        KeyedTable.conformed(stored, stored.schema(), List.of(grown.fields())).as(TABLE);
    Dataset<Row> upserts =
        events.where(column(KIND).equalTo(UPSERT).and(not(columns.isRejected())));
    Column order = column(EVENT, ORDER);
    Column mayBeLate =
        not(isAbove(order, column(SOURCE, FLOOR))).and(isAbove(order, column(SOURCE, ENDED)));
    Column absent = column(TABLE, columns.keys().get(0).name()).isNull();
    Column lost = absent.and(not(isAbove(column(SOURCE, ORDER), column(SOURCE, FLOOR))));
    return upserts
        .withColumn(WRITES, writes())
        .as(EVENT)
        .join(keys.as(SOURCE), columns.sameKey(EVENT, SOURCE).and(mayBeLate))
        .join(rows.where(within), table.sameKey(), "left_outer")
        .withColumn(LATE, late(absent, grown))
        .where(lost.or(size(column(LATE)).gt(0)))
        .withColumn(PARTS, when(not(lost), concat_ws(", ", column(LATE))))
        .select(functions.col(EVENT + ".*"), column(PARTS))
        .drop(WRITES);
  }

  /** Says that a batch is not merged because it has such events. */
  static SluiceException refused(long count, CommitRange range) {
    return new SluiceException(
        Condition.UNDECODABLE_MESSAGE,
        "Batch %d of the job %s has %d events that come too late: they would bring rows, or parts of rows, of which nothing tells whether they have gone since, as tombstone_retention has let go of their deletes. Nothing of it is in the table. Leave them out in a transform step, set source.on_bad_record to quarantine, or target.auto_cdc.late_inserts to merge."
            .formatted(range.batch(), range.job(), count));
  }

  /** Says that a batch which is merged may have been without such events. */
  static SluiceException missing(long count, CommitRange range) {
    return new SluiceException(
        Condition.UNDECODABLE_MESSAGE,
        "Batch %d of the job %s is in the table, but may lack %d events that came too late. Nothing is lost: run the job once with source.on_bad_record: quarantine, which keeps them."
            .formatted(range.batch(), range.job(), count));
  }

  /**
   * What the quarantine tells of these events.
   *
   * @param payload the event's row
   */
  static Column[] told(Column payload) {
    Column what =
        when(column(PARTS).isNull(), lit("the row is not there, and"))
            .otherwise(lit("no event of the row has written this yet, and"));
    return new Column[] {
      column(ChangeColumns.POSITION),
      lit(ERROR).as("error_class"),
      column(PARTS).as("error_field"),
      concat(what, lit(" a delete that is forgotten may be later than the event"))
          .as("error_message"),
      payload.as("payload")
    };
  }

  private Column writes() {
    Column[] names =
        columns.parts().stream()
            .map(part -> when(columns.writes(part), lit(part.name())))
            .toArray(Column[]::new);
    return array_compact(array(names).cast("array<string>"));
  }

  /** The names of the parts that an event would have written, were it known not to be late. */
  private Column late(Column absent, StructType stored) {
    if (!columns.isPartial()) {
      return array().cast("array<string>");
    }
    Column[] names =
        columns.parts().stream()
            .map(
                part -> {
                  Column below = not(isAbove(NewestParts.written(part), column(SOURCE, FLOOR)));
                  Column late = when(absent, below).otherwise(parts.isUnjudged(part, stored));
                  return when(
                      array_contains(column(WRITES), lit(part.name())).and(late), lit(part.name()));
                })
            .toArray(Column[]::new);
    return array_compact(array(names).cast("array<string>"));
  }
}
