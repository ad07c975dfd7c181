package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.END;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.START;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.lag;
import static org.apache.spark.sql.functions.last;
import static org.apache.spark.sql.functions.lead;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.min_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;

/**
 * The versions of each key that follow from its events, as a pure function of them.
 *
 * <p>The events of a key fall into runs: a run begins with an upsert after nothing, after a delete,
 * or with another value in a tracked column than the event before it had. A run is one version: it
 * shows the values of its last event, starts where its first event stands, and ends where the next
 * run or a delete does. A version that ends where it starts was never to be seen and is left out.
 */
final class Versions {

  /** Whether an event is the table's open version rather than one of the batch. */
  static final String KNOWN = "__sluice_known";

  private static final String TRACKED = "__sluice_tracked";
  private static final String RUN = "__sluice_run";
  private static final String TAIL = "__sluice_tail";

  private final ChangeColumns columns;

  Versions(ChangeColumns columns) {
    this.columns = columns;
  }

  /**
   * The versions of the events' keys: keys, values, {@code _position}, start, end, and whether the
   * version is the table's.
   *
   * @param events the events, each order once per key, with {@code START} as the point where each
   *     stands; one without an order comes first
   */
  Dataset<Row> of(Dataset<Row> events) {
    WindowSpec inOrder = Window.partitionBy(columns.keyColumns()).orderBy(column(ORDER).asc());
    WindowSpec soFar = inOrder.rowsBetween(Window.unboundedPreceding(), Window.currentRow());
    Column upsert = column(KIND).equalTo(UPSERT);
    Dataset<Row> whole = columns.isPartial() ? filled(events, soFar) : events;
    Column before = lag(column(TRACKED), 1).over(inOrder);
    Column kindBefore = lag(column(KIND), 1).over(inOrder);
    Column continues =
        upsert.and(kindBefore.eqNullSafe(lit(UPSERT))).and(before.eqNullSafe(column(TRACKED)));
    Dataset<Row> runs =
        whole
            .withColumn(TRACKED, tracked())
            .withColumn(RUN, not(continues))
            .withColumn(RUN, sum(column(RUN).cast("int")).over(soFar));
    WindowSpec byRun = Window.partitionBy(columns.keyColumns()).orderBy(column(RUN));
    Column at = struct(column(ORDER));
    List<Column> byKeyAndRun = new ArrayList<>(List.of(columns.keyColumns()));
    byKeyAndRun.add(column(RUN));
    List<Column> shown = new ArrayList<>(List.of(columns.keyColumns()));
    shown.add(functions.col(TAIL + ".*"));
    shown.addAll(List.of(column(START), column(END), column(KNOWN)));
    return runs.groupBy(byKeyAndRun.toArray(Column[]::new))
        .agg(
            max_by(tail(), at).as(TAIL),
            min_by(column(START), at).as(START),
            min_by(column(KIND), at).as(KIND),
            max(column(KNOWN)).as(KNOWN))
        .withColumn(END, lead(column(START), 1).over(byRun))
        .where(upsert.and(not(column(END).eqNullSafe(column(START)))))
        .select(shown.toArray(Column[]::new));
  }

  /** The events with what they do not write taken from the events before, down to a delete. */
  private Dataset<Row> filled(Dataset<Row> events, WindowSpec soFar) {
    List<Column> filled = new ArrayList<>();
    for (String name : events.columns()) {
      filled.add(
          columns.values().stream()
              .filter(value -> value.name().equals(name))
              .findFirst()
              .map(value -> filled(value, soFar))
              .orElseGet(() -> column(name)));
    }
    return events.select(filled.toArray(Column[]::new));
  }

  private Column filled(StructField value, WindowSpec soFar) {
    return columns.whole(value, part -> filled(part, soFar)).as(value.name());
  }

  private Column filled(ColumnPart part, WindowSpec soFar) {
    Column writes = column(KIND).equalTo(DELETE).or(column(KNOWN)).or(columns.writes(part));
    Column value = part.in(column(part.column().name()));
    Column written = struct(when(column(KIND).equalTo(UPSERT), value).as("value"));
    return last(when(writes, written), true).over(soFar).getField("value");
  }

  private Column tracked() {
    Stream<Column> tracked =
        columns.values().stream()
            .filter(columns::isTracked)
            .map(value -> Canonical.of(column(value.name()), value.dataType()));
    return struct(Stream.concat(Stream.of(lit(0)), tracked).toArray(Column[]::new));
  }

  private Column tail() {
    Stream<Column> values = columns.values().stream().map(value -> column(value.name()));
    return struct(Stream.concat(values, Stream.of(column(POSITION))).toArray(Column[]::new));
  }
}
