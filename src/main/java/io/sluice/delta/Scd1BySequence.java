package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.COLUMN_ORDERS;
import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.REMEMBERED_AT;
import static io.sluice.delta.ChangeColumns.TRUNCATE;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static io.sluice.delta.NewestParts.isAbove;
import static org.apache.spark.sql.functions.current_timestamp;
import static org.apache.spark.sql.functions.exists;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_values;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import io.delta.tables.DeltaMergeBuilder;
import io.delta.tables.DeltaTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.jspecify.annotations.Nullable;

/**
 * The newest state of each key, where columns of the events order them, late ones included.
 *
 * <p>What is known of a key only grows: {@code D}, the greatest order of its deletes, and {@code
 * T}, that of the truncates, are kept in the {@link Companion}, the truncates under a key of nulls;
 * the greatest order of its upserts stands in the row. The row is there as long as that is above
 * both. Where events may write some columns only, {@link NewestParts} does the same for each of
 * their parts. As all of these are maxima, the same events give the same table in whatever order,
 * number and batches they come.
 */
final class Scd1BySequence implements ChangeMerge {

  /** What the name of the companion ends with. */
  static final String COMPANION = "__deletes";

  private static final String STEP = "merge";
  private static final String UPSERTED = "__sluice_upserted";
  private static final String DELETED = "__sluice_deleted";
  private static final String DELETED_AT = "__sluice_deleted_at";
  private static final String ENDED = "__sluice_ended";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final Companion companion;
  private final MergeCommit commit;
  private final NewestParts parts;

  Scd1BySequence(KeyedTable table, Companion companion) {
    this.table = table;
    this.columns = table.columns();
    this.companion = companion;
    this.commit = table.commit(STEP);
    this.parts = new NewestParts(table, column(SOURCE, ENDED));
  }

  @Override
  public CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception {
    Dataset<Row> kept =
        columns.mayTruncate() ? events.persist(StorageLevel.MEMORY_AND_DISK()) : events;
    Dataset<Row> newest = newest(kept).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      KeyFacts facts = KeyFacts.of(newest, columns);
      facts.require(range, table.strict());
      Row truncate = columns.mayTruncate() ? newestTruncate(kept) : null;
      Dataset<Row> keyed = newest.where(KeyFacts.keyed(columns));
      remember(keyed, facts, truncate, range);
      return merge(keyed, facts, truncate != null, range).rejecting(facts.rejected());
    } finally {
      newest.unpersist();
      kept.unpersist();
    }
  }

  private static @Nullable Row newestTruncate(Dataset<Row> events) {
    Row newest =
        events
            .where(column(KIND).equalTo(TRUNCATE))
            .agg(max(ORDER), max_by(column(POSITION), column(ORDER)))
            .head();
    return newest.isNullAt(0) ? null : newest;
  }

  /** One row per key: its newest delete, its newest upsert, and the newest write of each part. */
  private Dataset<Row> newest(Dataset<Row> events) {
    Column upsert = when(column(KIND).equalTo(UPSERT), column(ORDER));
    Column delete = when(column(KIND).equalTo(DELETE), column(ORDER));
    List<Column> aggregates = new ArrayList<>(KeyFacts.aggregates(columns));
    aggregates.add(max(delete).as(DELETED));
    aggregates.add(max_by(column(POSITION), delete).as(DELETED_AT));
    List<Column> whole = new ArrayList<>(List.of(column(POSITION)));
    List<Column> result = new ArrayList<>(List.of(columns.keyColumns()));
    KeyFacts.aggregated().forEach(name -> result.add(column(name)));
    result.addAll(List.of(column(ORDER), column(DELETED), column(DELETED_AT)));
    result.add(functions.col(UPSERTED + ".*"));
    if (columns.isPartial()) {
      aggregates.addAll(parts.aggregates(upsert));
      parts.aggregated().forEach(name -> result.add(column(name)));
    } else {
      columns.values().forEach(value -> whole.add(column(value.name())));
    }
    aggregates.add(max_by(struct(whole.toArray(Column[]::new)), upsert).as(UPSERTED));
    return events
        .where(Truncates.isOfKey(columns))
        .groupBy(columns.keyColumns())
        .agg(max(upsert).as(ORDER), aggregates.toArray(Column[]::new))
        .select(result.toArray(Column[]::new));
  }

  /** Writes the batch's deletes and truncates into the companion, if there are any. */
  private void remember(
      Dataset<Row> keyed, KeyFacts facts, @Nullable Row truncate, CommitRange range)
      throws Exception {
    List<Column> remembered = new ArrayList<>(List.of(columns.keyColumns()));
    remembered.add(column(DELETED_AT).as(POSITION));
    remembered.add(column(DELETED).as(ORDER));
    remembered.add(current_timestamp().as(REMEMBERED_AT));
    Dataset<Row> deletes =
        keyed.where(column(DELETED).isNotNull()).select(remembered.toArray(Column[]::new));
    if (truncate == null) {
      if (!deletes.isEmpty()) {
        companion.advance(deletes, facts.within(), range);
      }
      return;
    }
    List<Column> mark = new ArrayList<>();
    for (StructField key : columns.keys()) {
      mark.add(lit(null).cast(key.dataType()).as(key.name()));
    }
    mark.add(RowLiteral.of(truncate.getStruct(1)).as(POSITION));
    mark.add(RowLiteral.of(truncate.getStruct(0)).as(ORDER));
    // A time is what lets a row expire, and this one stands for every key.
    mark.add(lit(null).cast(DataTypes.TimestampType).as(REMEMBERED_AT));
    Dataset<Row> marks = keyed.sparkSession().range(1).select(mark.toArray(Column[]::new));
    Column within = facts.within().or(column(TABLE, columns.keys().get(0).name()).isNull());
    companion.advance(deletes.unionByName(marks), within, range);
  }

  private CommitResult merge(
      Dataset<Row> keyed, KeyFacts facts, boolean truncates, CommitRange range) throws Exception {
    SparkSession spark = keyed.sparkSession();
    return commit.run(
        spark,
        range,
        columns.table(),
        (target, now, grown) -> {
          Dataset<Row> remembered = companion.rows(spark);
          List<Row> marks = remembered.where(isMark()).select(ORDER).takeAsList(1);
          Column mark =
              (marks.isEmpty() ? lit(null) : RowLiteral.of(marks.get(0).getStruct(0)))
                  .cast(columns.table().apply(ORDER).dataType());
          Dataset<Row> source =
              withEnd(keyed, remembered.as(TABLE).where(facts.within()), mark).as(SOURCE);
          DeltaMergeBuilder merge = statement(target, now, grown, source, facts, truncates);
          return truncates ? truncating(merge, mark, now, grown) : merge;
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

  /** The row of the truncates in the companion. */
  private Column isMark() {
    return not(KeyFacts.keyed(columns));
  }

  /** The batch's keys with the order up to which everything of them has ended. */
  private Dataset<Row> withEnd(Dataset<Row> keyed, Dataset<Row> remembered, Column mark) {
    Column sameKey = lit(true);
    List<Column> deletes = new ArrayList<>();
    for (StructField key : columns.keys()) {
      String other = ENDED + "_" + key.name();
      deletes.add(column(key.name()).as(other));
      sameKey = sameKey.and(column(key.name()).equalTo(column(other)));
    }
    deletes.add(column(ORDER).as(ENDED));
    return keyed
        .join(
            remembered.where(KeyFacts.keyed(columns)).select(deletes.toArray(Column[]::new)),
            sameKey,
            "left_outer")
        // The batch's own deletes may have been forgotten by the time that it is replayed.
        .withColumn(ENDED, greatest(column(ENDED), mark, column(DELETED)));
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
        .whenNotMatched(alive)
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

  @Override
  public void shutOut(SparkSession spark, CommitRange range) throws Exception {
    companion.shutOut(spark, range);
    commit.shutOut(spark, range);
  }
}
