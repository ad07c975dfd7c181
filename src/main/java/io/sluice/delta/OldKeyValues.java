package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.OTHER_KEY;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.UNWRITTEN;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.RowStates.STATE;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;

/**
 * What upserts of rows whose key has changed lack, from the newest states of their old keys before
 * them. An old key may itself have been a new one before, in the same batch.
 */
final class OldKeyValues {

  private static final String AT = "__sluice_at";
  private static final String PLACE = "__sluice_place";
  private static final String SOURCE = "old";
  private static final String EVENT = "event";

  private final ChangeColumns columns;

  /** By the position of an upsert and its place in its message, the state of its old key. */
  private final Dataset<Row> found;

  private OldKeyValues(ChangeColumns columns, Dataset<Row> found) {
    this.columns = columns;
    this.found = found;
  }

  /**
   * Looks for the values. Runs queries.
   *
   * @param states what there is of the upserts' keys, old and new
   * @param lacking whether an event is such an upsert
   */
  static OldKeyValues of(ChangeColumns columns, RowStates states, Column lacking) {
    Dataset<Row> events = states.events();
    Dataset<Row> incomplete =
        states
            .history(events)
            .where(not(column(Versions.KNOWN)).and(lacking).and(not(RowStates.isThere())))
            .localCheckpoint();
    OldKeyValues values = found(columns, incomplete, states.history(events));
    Dataset<Row> moved = events.where(lacking);
    Dataset<Row> links = following(columns, moved, moved);
    while (!links.isEmpty()) {
      values = found(columns, incomplete, states.history(values.fill(events)));
      links = following(columns, links, moved);
    }
    return values;
  }

  /** The events whose old key is the key of one of these. */
  private static Dataset<Row> following(
      ChangeColumns columns, Dataset<Row> these, Dataset<Row> moved) {
    Column follows = column(SOURCE, ORDER).lt(column(EVENT, ORDER));
    return moved.as(EVENT).join(these.as(SOURCE), isOldKey(columns).and(follows), "left_semi");
  }

  private static OldKeyValues found(
      ChangeColumns columns, Dataset<Row> incomplete, Dataset<Row> history) {
    Column[] state =
        columns.values().stream()
            .map(value -> column(STATE).getField(value.name()).as(value.name()))
            .toArray(Column[]::new);
    Column partition = column(SOURCE, POSITION).getField("partition");
    Column topic = column(SOURCE, POSITION).getField("topic");
    Column earlier =
        column(SOURCE, Versions.KNOWN)
            .or(not(topic.eqNullSafe(column(EVENT, POSITION).getField("topic"))))
            .or(not(partition.eqNullSafe(column(EVENT, POSITION).getField("partition"))))
            .or(column(SOURCE, ORDER).lt(column(EVENT, ORDER)));
    Dataset<Row> found =
        incomplete
            .as(EVENT)
            .join(
                history.where(column(KIND).equalTo(UPSERT)).as(SOURCE),
                isOldKey(columns).and(earlier))
            .groupBy(column(EVENT, POSITION).as(AT), place(column(EVENT, ORDER)).as(PLACE))
            .agg(max_by(column(SOURCE, STATE), struct(column(SOURCE, ORDER))).as(STATE))
            .select(column(AT), column(PLACE), struct(state).as(STATE));
    return new OldKeyValues(columns, found.localCheckpoint());
  }

  /** The rest of an order is of the content, which may be another when it is read again. */
  private static Column place(Column order) {
    return order.getField("index");
  }

  /** The events, with the values. */
  Dataset<Row> fill(Dataset<Row> events) {
    Dataset<Row> joined =
        events.join(
            found,
            column(POSITION)
                .eqNullSafe(column(AT))
                .and(place(column(ORDER)).eqNullSafe(column(PLACE))),
            "left_outer");
    Column isFound = column(STATE).isNotNull();
    return joined.select(
        Arrays.stream(events.columns())
            .map(
                name ->
                    columns.values().stream()
                        .filter(value -> value.name().equals(name))
                        .findFirst()
                        .map(
                            value ->
                                columns.whole(
                                    value,
                                    part ->
                                        when(
                                                isFound.and(not(columns.writes(part))),
                                                part.in(column(STATE).getField(name)))
                                            .otherwise(part.in(column(name)))))
                        .orElseGet(
                            () ->
                                name.equals(UNWRITTEN)
                                    ? when(not(isFound), column(name))
                                    : column(name))
                        .as(name))
            .toArray(Column[]::new));
  }

  private static Column isOldKey(ChangeColumns columns) {
    Column same = lit(true);
    for (StructField key : columns.keys()) {
      same =
          same.and(
              column(EVENT, OTHER_KEY).getField(key.name()).equalTo(column(SOURCE, key.name())));
    }
    return same;
  }
}
