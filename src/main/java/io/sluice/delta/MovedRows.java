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
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;

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
 * not tell the other key, or the new key's may be in another partition and have been read before,
 * the row is kept beside the table, as {@link Departures} says.
 */
final class MovedRows implements ChangeMerge {

  /** So many deletes of a batch are remembered, as a batch may have any number. */
  private static final int LAST_DELETES = 1_000;

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final ChangeMerge merge;
  private final Departures departures;

  /** Goes before a merge into a table. */
  MovedRows(KeyedTable table, ChangeMerge merge) {
    this.table = table;
    this.columns = table.columns();
    this.merge = merge;
    this.departures = new Departures(table);
  }

  /**
   * How many events of a batch need something.
   *
   * @param lacking upserts that lack what an old key may know
   * @param leaving deletes of rows that have another key from then on
   * @param untold upserts that lack something and do not say whether there was an old key
   * @param returning deletes that do not say whether the row has another key from then on
   */
  private record Counts(long lacking, long leaving, long untold, long returning) {}

  @Override
  public CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception {
    SparkSession spark = events.sparkSession();
    boolean spread = range.to().byTopic().values().stream().anyMatch(each -> each.size() > 1);
    var pairs = new ChangePairs(columns, spread && !columns.keepsVersions());
    Column leaving = spread || columns.keepsVersions() ? lit(false) : isMoved().and(isDelete());
    List<Departed> before = columns.hasChange() ? departures.of(spark, range.job()) : List.of();
    Counts counts = counts(events, pairs, leaving);
    Optional<Dataset<Row>> departed = Optional.empty();
    Dataset<Row> told = events;
    if (counts.untold() > 0) {
      departed = departures.rows(spark, before, pairs.lackingPlaces(events));
      told = pairs.told(events, departed);
      counts = counts(told, pairs, leaving);
    }
    Dataset<Row> completed = completed(told, counts, leaving, departed);
    List<Departed> now =
        counts.returning() == 0 ? before : Departures.after(before, departed(completed, pairs));
    CommitResult commit = merge.apply(completed, range.with(now));
    departures.committed(commit, now);
    return commit;
  }

  private Counts counts(Dataset<Row> events, ChangePairs pairs, Column leaving) {
    Row counts =
        events
            .agg(
                count_if(isLacking()),
                count_if(leaving),
                count_if(pairs.mayLack()),
                count_if(pairs.mayReturn()))
            .head();
    return new Counts(counts.getLong(0), counts.getLong(1), counts.getLong(2), counts.getLong(3));
  }

  private Column isMoved() {
    return column(OTHER_KEY).isNotNull().and(not(columns.isRejected()));
  }

  private Column isLacking() {
    return isMoved().and(isUpsert()).and(size(column(UNWRITTEN)).gt(0));
  }

  /** The events, with nothing missing that the old keys of their rows know. Runs queries. */
  private Dataset<Row> completed(
      Dataset<Row> events, Counts counts, Column leaving, Optional<Dataset<Row>> departed) {
    if (counts.lacking() == 0 && counts.leaving() == 0) {
      return events;
    }
    RowStates states = RowStates.of(table, events, events.where(isLacking().or(leaving)), departed);
    Dataset<Row> done = events;
    Dataset<Row> these = states.events();
    if (counts.lacking() > 0) {
      OldKeyValues values = OldKeyValues.of(columns, states, isLacking());
      done = values.fill(events);
      these = values.fill(these);
    }
    return counts.leaving() == 0
        ? done
        : done.unionByName(
            arrived(states.history(these), leaving, events.schema()).localCheckpoint());
  }

  /** Keeps what the batch makes of the rows that its last deletes are of. */
  private Departed departed(Dataset<Row> events, ChangePairs pairs) {
    Dataset<Row> last =
        events
            .where(pairs.mayReturn())
            // To be found twice, for a row's two keys: so nothing may be left to chance.
            .orderBy(column(ORDER).desc(), column(POSITION).desc())
            .limit(LAST_DELETES);
    RowStates states = RowStates.ofBatch(columns, events, last);
    List<Column> row = new ArrayList<>(List.of(columns.keyColumns()));
    for (StructField value : columns.values()) {
      row.add(column(STATE).getField(value.name()).as(value.name()));
    }
    row.add(column(POSITION).getField("topic").as(Departures.TOPIC));
    row.add(pairs.change().as(Departures.AT));
    Dataset<Row> rows =
        states.history(states.events()).where(pairs.mayReturn()).select(row.toArray(Column[]::new));
    long version = table.target().version(events.sparkSession());
    return new Departed(departures.keep(rows), version);
  }

  /** The rows of keys that go, under the keys that they have from now on. */
  private Dataset<Row> arrived(Dataset<Row> history, Column leaving, StructType schema) {
    Dataset<Row> gone =
        history.where(not(column(Versions.KNOWN)).and(leaving).and(RowStates.isThere()));
    List<String> keys = columns.keys().stream().map(StructField::name).toList();
    List<String> values = columns.values().stream().map(StructField::name).toList();
    Column order = column(ORDER);
    Column[] row =
        Arrays.stream(schema.fields())
            .map(
                field -> {
                  String name = field.name();
                  Column value = lit(null);
                  if (keys.contains(name)) {
                    value = column(OTHER_KEY).getField(name);
                  } else if (values.contains(name)) {
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
