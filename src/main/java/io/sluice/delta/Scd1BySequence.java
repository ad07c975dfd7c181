package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.COLUMN_ORDERS;
import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.REMEMBERED_AT;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static io.sluice.delta.NewestParts.isAbove;
import static io.sluice.delta.Remembered.DELETED;
import static io.sluice.delta.Remembered.ENDED;
import static io.sluice.delta.Remembered.FLOOR;
import static org.apache.spark.sql.functions.current_timestamp;
import static org.apache.spark.sql.functions.exists;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_values;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import io.delta.tables.DeltaMergeBuilder;
import io.delta.tables.DeltaTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * The newest state of each key, where columns of the events order them, late ones included.
 *
 * <p>What is known of a key only grows: {@code D}, the greatest order of its deletes, and {@code
 * T}, that of the truncates, are kept in the {@link Companion}, the truncates under a key of nulls;
 * the greatest order of its upserts stands in the row. The row is there as long as that is above
 * both. Where events may write some columns only, {@link NewestParts} does the same for each of
 * their parts. As all of these are maxima, the same events give the same table in whatever order,
 * number and batches they come.
 *
 * <p>Deletes may be forgotten up to a floor ({@link Forgetting}). What stands at or below it and is
 * not told by the row itself is left out and counted ({@link LateEvents}), so that the same holds
 * for all events but those.
 */
final class Scd1BySequence implements ChangeMerge {

  /** What the name of the companion ends with. */
  static final String COMPANION = "__deletes";

  private static final String UPSERTED = "__sluice_upserted";
  private static final String FIRST_UPSERTED = "__sluice_first_upserted";
  private static final String DELETED_AT = "__sluice_deleted_at";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final Companion companion;
  private final MergeCommit commit;
  private final NewestParts parts;
  private final LateEvents late;

  Scd1BySequence(KeyedTable table, Companion companion) {
    this.table = table;
    this.columns = table.columns();
    this.companion = companion;
    this.commit = table.commit();
    this.parts = new NewestParts(table);
    this.late = new LateEvents(table, parts);
  }

  @Override
  public CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception {
    Dataset<Row> newest = newest(events).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      KeyFacts facts = KeyFacts.of(newest, columns);
      facts.require(range, table.strict());
      Dataset<Row> keyed = newest.where(KeyFacts.keyed(columns));
      remember(keyed, facts, range);
      CommitResult result = merge(events, keyed, facts, range);
      return result.rejecting(facts.rejected() + tooLate(events, keyed, result, range));
    } finally {
      newest.unpersist();
    }
  }

  /** How many events of a merged batch came too late; of a replayed one by what is so now. */
  private long tooLate(
      Dataset<Row> events, Dataset<Row> keyed, CommitResult result, CommitRange range) {
    // What the job says now need not be what it said when the batch was merged.
    if (!result.replayed() && (table.strict() || !columns.mindsFloor())) {
      return 0;
    }
    long count =
        companion
            .afterForgetting(events.sparkSession(), columns)
            .flatMap(remembered -> late(events, keyed, remembered))
            .map(Dataset::count)
            .orElse(0L);
    if (table.strict() && count > 0) {
      throw LateEvents.missing(count, range);
    }
    return count;
  }

  @Override
  public Optional<Dataset<Row>> late(Dataset<Row> events) {
    return companion
        .afterForgetting(events.sparkSession(), columns)
        .flatMap(
            remembered -> {
              Dataset<Row> keyed = newest(events).where(KeyFacts.keyed(columns));
              return late(events, keyed.localCheckpoint(), remembered);
            });
  }

  private Optional<Dataset<Row>> late(
      Dataset<Row> events, Dataset<Row> keyed, Remembered remembered) {
    if (!remembered.hasFloor()) {
      return Optional.empty();
    }
    Column mayBeLate = not(isAbove(column(FIRST_UPSERTED), remembered.floor()));
    Dataset<Row> these = keyed.where(column(FIRST_UPSERTED).isNotNull().and(mayBeLate));
    if (these.isEmpty()) {
      return Optional.empty();
    }
    Column within = KeyFacts.of(these, columns).within();
    return Optional.of(late.of(events, remembered.ends(these, within), within));
  }

  /** One row per key: its newest delete, its newest upsert, and the newest write of each part. */
  private Dataset<Row> newest(Dataset<Row> events) {
    Column upsert = when(column(KIND).equalTo(UPSERT), column(ORDER));
    Column delete = when(column(KIND).equalTo(DELETE), column(ORDER));
    List<Column> aggregates = new ArrayList<>(KeyFacts.aggregates(columns));
    aggregates.add(min(upsert).as(FIRST_UPSERTED));
    aggregates.add(max(delete).as(DELETED));
    aggregates.add(max_by(column(POSITION), delete).as(DELETED_AT));
    List<Column> whole = new ArrayList<>(List.of(column(POSITION)));
    List<Column> result = new ArrayList<>(List.of(columns.keyColumns()));
    KeyFacts.aggregated().forEach(name -> result.add(column(name)));
    result.addAll(List.of(column(ORDER), column(FIRST_UPSERTED)));
    result.addAll(List.of(column(DELETED), column(DELETED_AT)));
    result.add(functions.col(UPSERTED + ".*"));
    if (columns.isPartial()) {
      aggregates.addAll(parts.aggregates(upsert));
      parts.aggregated().forEach(name -> result.add(column(name)));
    } else {
      columns.values().forEach(value -> whole.add(column(value.name())));
    }
    aggregates.add(max_by(struct(whole.toArray(Column[]::new)), upsert).as(UPSERTED));
    return Truncates.withoutKeys(events, columns)
        .groupBy(columns.keyColumns())
        .agg(max(upsert).as(ORDER), aggregates.toArray(Column[]::new))
        .select(result.toArray(Column[]::new));
  }

  /** Writes the batch's deletes and truncates into the companion, if there are any. */
  private void remember(Dataset<Row> keyed, KeyFacts facts, CommitRange range) throws Exception {
    Row truncate = facts.truncate();
    if (facts.deletes() == 0 && truncate == null) {
      return;
    }
    List<Column> remembered = new ArrayList<>(List.of(columns.keyColumns()));
    remembered.add(column(DELETED_AT).as(POSITION));
    remembered.add(column(DELETED).as(ORDER));
    remembered.add(current_timestamp().as(REMEMBERED_AT));
    Dataset<Row> deletes =
        keyed.where(column(DELETED).isNotNull()).select(remembered.toArray(Column[]::new));
    if (truncate == null) {
      companion.advance(deletes, facts.within(), true, range);
      return;
    }
    List<Column> mark = new ArrayList<>(Companion.noKey(columns.deletes()).toList());
    mark.add(RowLiteral.of(truncate.getStruct(1)).as(POSITION));
    mark.add(RowLiteral.of(truncate.getStruct(0)).as(ORDER));
    // A time is what lets a row expire, and this one stands for every key.
    mark.add(lit(null).cast(DataTypes.TimestampType).as(REMEMBERED_AT));
    Dataset<Row> marks = keyed.sparkSession().range(1).select(mark.toArray(Column[]::new));
    Column within = facts.within().or(column(TABLE, columns.keys().get(0).name()).isNull());
    companion.advance(deletes.unionByName(marks), within, false, range);
  }

  private CommitResult merge(
      Dataset<Row> events, Dataset<Row> keyed, KeyFacts facts, CommitRange range) throws Exception {
    boolean truncates = facts.truncate() != null;
    SparkSession spark = keyed.sparkSession();
    return commit.run(
        spark,
        range,
        columns.table(),
        (target, there, grown) -> {
          Remembered now = companion.remembered(spark, columns);
          Remembered remembered = columns.mindsFloor() ? now : now.withoutFloor();
          long tooLate =
              table.strict() ? late(events, keyed, remembered).map(Dataset::count).orElse(0L) : 0;
          if (tooLate > 0) {
            throw LateEvents.refused(tooLate, range);
          }
          Dataset<Row> source = remembered.ends(keyed, facts.within()).as(SOURCE);
          DeltaMergeBuilder merge = statement(target, there, grown, source, facts, truncates);
          return truncates ? truncating(merge, remembered.truncate(), there, grown) : merge;
        });
  }

  /**
   * Ends what a truncate ends of the rows that the batch has no other event of: those that are not
   * above it, and in the others the parts that are not.
   */
  private DeltaMergeBuilder truncating(
      DeltaMergeBuilder merge, Column mark, StructType now, StructType grown) {
    DeltaMergeBuilder deleting =
        merge.whenNotMatchedBySource(column(TABLE, ORDER).leq(mark)).delete();
    if (now.getFieldIndex(COLUMN_ORDERS).isEmpty()) {
      return deleting;
    }
    Column isOlder = exists(map_values(column(TABLE, COLUMN_ORDERS)), order -> order.leq(mark));
    return deleting.whenNotMatchedBySource(isOlder).update(parts.truncated(now, grown, mark));
  }

  private DeltaMergeBuilder statement(
      DeltaTable target,
      StructType now,
      StructType grown,
      Dataset<Row> source,
      KeyFacts facts,
      boolean truncates) {
    Column upserted = column(SOURCE, ORDER);
    Column stored = column(TABLE, ORDER);
    Column ended = column(SOURCE, ENDED);
    Column alive = isAbove(upserted, ended);
    Column same = table.sameKey();
    DeltaMergeBuilder merge = target.merge(source, truncates ? same : same.and(facts.within()));
    DeltaMergeBuilder deleting =
        merge.whenMatched(not(isAbove(greatest(stored, upserted), ended))).delete();
    return deleting
        .whenMatched(columns.isPartial() ? lit(true) : isAbove(upserted, stored))
        .update(columns.isPartial() ? partial(now, grown) : whole())
        .whenNotMatched(alive.and(isAbove(upserted, column(SOURCE, FLOOR))))
        .insert(inserted());
  }

  private Map<String, Column> whole() {
    List<StructField> fields = new ArrayList<>(columns.values());
    fields.add(columns.table().apply(POSITION));
    fields.add(columns.table().apply(ORDER));
    return KeyedTable.fromSource(fields);
  }

  private Map<String, Column> inserted() {
    Map<String, Column> row = new LinkedHashMap<>(whole());
    row.putAll(KeyedTable.fromSource(columns.keys()));
    if (columns.isPartial()) {
      row.putAll(parts.inserted());
    }
    return row;
  }

  private Map<String, Column> partial(StructType now, StructType grown) {
    Column upserted = column(SOURCE, ORDER);
    Column stored = column(TABLE, ORDER);
    Map<String, Column> row = new LinkedHashMap<>(parts.updated(now, grown));
    row.put(
        POSITION,
        when(isAbove(upserted, stored), column(SOURCE, POSITION))
            .otherwise(column(TABLE, POSITION)));
    row.put(ORDER, greatest(stored, upserted));
    return row;
  }
}
