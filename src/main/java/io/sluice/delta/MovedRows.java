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
import static org.apache.spark.sql.functions.collect_set;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
   * @param awaited the changes that go on, which a batch before has begun
   * @param last of each partition the last event, if it is a delete that does not say whether the
   *     row has another key from then on
   */
  private record Look(
      long lacking, long leaving, long untold, List<Departure> awaited, List<Last> last) {}

  /**
   * The last event of a partition.
   *
   * @param change the place of its change in the database's log
   * @param is whether an event is it
   */
  private record Last(String topic, int partition, String change, Column is) {}

  @Override
  public CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception {
    SparkSession spark = events.sparkSession();
    List<Departure> before = columns.hasChange() ? departures.of(spark, range.job()) : List.of();
    Look look = look(events, before);
    Optional<Dataset<Row>> departed = departures.rows(spark, look.awaited());
    Dataset<Row> told = events;
    if (look.untold() > 0) {
      told = pairs.told(events, departed);
      look = look(told, List.of());
    }
    Dataset<Row> completed = completed(told, look, departed);
    List<Departure> now = Departures.after(before, departing(completed, look.last(), departed));
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
    Column topic = column(POSITION).getField("topic");
    Column partition = column(POSITION).getField("partition");
    List<Row> rows =
        events
            .groupBy(topic.as("topic"), partition.as("partition"))
            .agg(
                count_if(isLacking()).as("lacking"),
                count_if(isLeaving()).as("leaving"),
                count_if(pairs.mayLack()).as("untold"),
                collect_set(when(pairs.isOf(before), pairs.change())).as("awaited"),
                max_by(
                        struct(
                            order.as("order"),
                            pairs.mayReturn().as("returns"),
                            pairs.change().as("change")),
                        order)
                    .as("last"))
            .collectAsList();
    long lacking = 0;
    long leaving = 0;
    long untold = 0;
    Set<Departure> awaited = new LinkedHashSet<>();
    List<Last> returning = new ArrayList<>();
    for (Row row : rows) {
      lacking += row.<Long>getAs("lacking");
      leaving += row.<Long>getAs("leaving");
      untold += row.<Long>getAs("untold");
      String of = row.getAs("topic");
      List<String> changes = row.getList(row.fieldIndex("awaited"));
      before.stream()
          .filter(one -> one.topic().equals(of) && changes.contains(one.change()))
          .forEach(awaited::add);
      Row last = row.getAs("last");
      if (last.<Boolean>getAs("returns")) {
        int number = row.<Integer>getAs("partition");
        Column is =
            topic
                .equalTo(lit(of))
                .and(partition.equalTo(lit(number)))
                .and(order.equalTo(RowLiteral.of(last.getAs("order"))));
        returning.add(new Last(of, number, last.getAs("change"), is));
      }
    }
    return new Look(lacking, leaving, untold, List.copyOf(awaited), returning);
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

  /** Keeps what the batch makes of the rows that the last events of partitions delete. */
  private List<Departure> departing(
      Dataset<Row> events, List<Last> all, Optional<Dataset<Row>> departed) {
    if (all.isEmpty()) {
      return List.of();
    }
    Column last = all.stream().map(Last::is).reduce(Column::or).orElseThrow();
    RowStates states = RowStates.withoutTable(columns, events, last, departed);
    List<Column> row = new ArrayList<>(List.of(columns.keyColumns()));
    columns
        .values()
        .forEach(value -> row.add(column(STATE).getField(value.name()).as(value.name())));
    row.add(column(POSITION).getField("topic").as(Departures.TOPIC));
    row.add(pairs.change().as(Departures.AT));
    Dataset<Row> rows =
        states
            .history(states.events())
            .where(not(column(Versions.KNOWN)).and(last))
            .select(row.toArray(Column[]::new));
    long version = table.target().version(events.sparkSession());
    String file = departures.keep(rows);
    return all.stream()
        .map(one -> new Departure(one.topic(), one.partition(), one.change(), file, version))
        .toList();
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
