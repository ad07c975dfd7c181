package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.OTHER_KEY;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.UNWRITTEN;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.RowStates.STATE;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Rows whose key changes, where the topic orders the events: what a merge is given before it
 * merges.
 *
 * <p>A database tells it as a delete of the old key and an upsert of the new one. The upsert lacks
 * what the change has not touched where the database's log lacks it, as PostgreSQL's does with
 * large values. These are known under the old key only: they are taken from the newest state of it
 * before the upsert, in the batch or in the table, unless there is a row under the new key already.
 *
 * <p>A batch may end between the two. A table of versions still has the old key's then; in one of
 * newest states the row is put under its new key as soon as the old one goes. Where the events do
 * not tell the other key, the row is kept beside the table, as {@link Departures} says.
 */
final class MovedRows implements ChangeMerge {

  private static final String RETURNS = "returns";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final ChangeMerge merge;
  private final ChangePairs pairs;
  private final Departures departures;

  /** Goes before a merge into a table. */
  MovedRows(KeyedTable table, ChangeMerge merge) {
    this.table = table;
    this.columns = table.columns();
    this.merge = merge;
    this.pairs = new ChangePairs(columns);
    this.departures = new Departures(table);
  }

  /**
   * What one look at a batch tells.
   *
   * @param lacking how many upserts lack what an old key may know
   * @param leaving how many deletes are of rows that have another key from then on
   * @param untold how many upserts lack something and do not say whether there was an old key
   * @param awaited whether a change goes on that a batch before has begun
   * @param last of each partition the order of the last event, if it is a delete that does not say
   *     whether the row has another key from then on
   */
  private record Look(
      long lacking, long leaving, long untold, boolean awaited, List<Column> last) {}

  @Override
  public CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception {
    SparkSession spark = events.sparkSession();
    List<Departure> before = columns.hasChange() ? departures.of(spark, range.job()) : List.of();
    Look look = look(events, before);
    Optional<Dataset<Row>> departed =
        look.awaited() ? departures.rows(spark, before) : Optional.empty();
    Dataset<Row> told = events;
    if (look.untold() > 0) {
      told = pairs.told(events, departed);
      look = look(told, List.of());
    }
    Dataset<Row> completed = completed(told, look, departed);
    List<Departure> now = before;
    if (!look.last().isEmpty()) {
      now = departures.keep(before, departing(completed, look, departed));
    }
    CommitResult commit = merge.apply(completed, range.with(now));
    departures.committed(commit, now);
    return commit;
  }

  @Override
  public void shutOut(SparkSession spark, CommitRange range) throws Exception {
    merge.shutOut(spark, range);
  }

  private Look look(Dataset<Row> events, List<Departure> before) {
    Column order = column(ORDER);
    Column last = max_by(struct(order, pairs.mayReturn().as(RETURNS)), order);
    long lacking = 0;
    long leaving = 0;
    long untold = 0;
    boolean awaited = false;
    List<Column> returning = new ArrayList<>();
    for (Row row :
        events
            .groupBy(partition())
            .agg(
                count_if(isLacking()),
                count_if(isLeaving()),
                count_if(pairs.mayLack()),
                count_if(pairs.isOf(before)),
                last)
            .collectAsList()) {
      lacking += row.getLong(1);
      leaving += row.getLong(2);
      untold += row.getLong(3);
      awaited |= row.getLong(4) > 0;
      Row newest = row.getStruct(5);
      if (newest.getBoolean(1)) {
        returning.add(
            partition()
                .equalTo(RowLiteral.of(row.getStruct(0)))
                .and(order.equalTo(RowLiteral.of(newest.getStruct(0)))));
      }
    }
    return new Look(lacking, leaving, untold, awaited, returning);
  }

  private Column isMoved() {
    return column(OTHER_KEY).isNotNull().and(not(columns.isRejected()));
  }

  private Column isLacking() {
    return isMoved().and(isUpsert()).and(size(column(UNWRITTEN)).gt(0));
  }

  private Column isLeaving() {
    return columns.keepsVersions() ? lit(false) : isMoved().and(isDelete());
  }

  /** The events, with nothing missing that the old keys of their rows know. Runs queries. */
  private Dataset<Row> completed(Dataset<Row> events, Look look, Optional<Dataset<Row>> departed) {
    if (look.lacking() == 0 && look.leaving() == 0) {
      return events;
    }
    RowStates states = RowStates.of(table, events, isLacking().or(isLeaving()), departed);
    Dataset<Row> done = events;
    Dataset<Row> these = states.events();
    if (look.lacking() > 0) {
      OldKeyValues values = OldKeyValues.of(columns, states, isLacking());
      done = values.fill(events);
      these = values.fill(these);
    }
    return look.leaving() == 0
        ? done
        : done.unionByName(arrived(states.history(these), events.schema()).localCheckpoint());
  }

  /** What the batch makes of the rows that the last events of partitions delete. */
  private Dataset<Row> departing(Dataset<Row> events, Look look, Optional<Dataset<Row>> departed) {
    Column last = look.last().stream().reduce(Column::or).orElseThrow();
    RowStates states = RowStates.withoutTable(columns, events, last, departed);
    List<Column> row = new ArrayList<>(List.of(columns.keyColumns()));
    columns.values().forEach(value -> row.add(state(value.name())));
    row.add(column(POSITION).getField("topic").as(Departures.TOPIC));
    row.add(column(POSITION).getField("partition").as(Departures.PARTITION));
    row.add(pairs.change().as(Departures.AT));
    return states
        .history(states.events())
        .where(not(column(Versions.KNOWN)).and(last))
        .select(row.toArray(Column[]::new));
  }

  /** The rows of keys that go, under the keys that they have from now on. */
  private Dataset<Row> arrived(Dataset<Row> history, StructType schema) {
    Dataset<Row> gone =
        history.where(not(column(Versions.KNOWN)).and(isLeaving()).and(RowStates.isThere()));
    List<String> keys = columns.keys().stream().map(StructField::name).toList();
    Column order = column(ORDER);
    Column[] row =
        Arrays.stream(schema.fields())
            .map(
                field -> {
                  String name = field.name();
                  Column value = lit(null);
                  if (keys.contains(name)) {
                    value = column(OTHER_KEY).getField(name);
                  } else if (columns.values().contains(field)) {
                    value = column(STATE).getField(name);
                  } else if (name.equals(KIND)) {
                    value = lit(UPSERT);
                  } else if (name.equals(POSITION)) {
                    value = column(POSITION);
                  } else if (name.equals(ORDER)) {
                    value =
                        order
                            .withField("index", order.getField("index").plus(lit(1)))
                            .withField("rank", lit(UPSERT));
                  }
                  return value.cast(field.dataType()).as(name);
                })
            .toArray(Column[]::new);
    return gone.select(row)
        .join(history.select(columns.keyColumns()).distinct(), names(keys), "left_anti")
        .select(
            Arrays.stream(schema.fieldNames()).map(ChangeColumns::column).toArray(Column[]::new));
  }

  private static Column state(String value) {
    return column(STATE).getField(value).as(value);
  }

  private static Column partition() {
    Column position = column(POSITION);
    return struct(position.getField("topic"), position.getField("partition"));
  }

  private static Column isUpsert() {
    return column(KIND).equalTo(UPSERT);
  }

  private static Column isDelete() {
    return column(KIND).equalTo(DELETE);
  }

  private static String[] names(List<String> names) {
    return names.toArray(String[]::new);
  }
}
