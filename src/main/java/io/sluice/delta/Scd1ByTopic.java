package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.TRUNCATE;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.ChangeColumns.quoted;
import static io.sluice.delta.MergeCommit.SOURCE;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import io.delta.tables.DeltaMergeBuilder;
import io.delta.tables.DeltaTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * The newest state of each key, where the topic orders the events.
 *
 * <p>A batch is later than every batch before, so an event is never late: the newest of each key
 * wins within the batch, and the batch wins over the table. A delete takes the row away and leaves
 * nothing behind. An event that writes some columns only is laid over those before it in the batch,
 * and then over the row; a delete in between makes what nobody writes afterwards null.
 */
final class Scd1ByTopic implements ChangeMerge {

  private static final String NEWEST = "__sluice_newest";
  private static final String WRITTEN = "__sluice_written_";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final MergeCommit commit;

  Scd1ByTopic(KeyedTable table) {
    this.table = table;
    this.columns = table.columns();
    this.commit = table.commit();
  }

  @Override
  public CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception {
    return merge(events, false, range);
  }

  private CommitResult merge(Dataset<Row> events, boolean truncated, CommitRange range)
      throws Exception {
    SparkSession spark = events.sparkSession();
    Dataset<Row> newest = newest(events).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      KeyFacts facts = KeyFacts.of(newest, columns);
      Row truncate = facts.truncate();
      if (truncate != null) {
        Truncates.requireOnePartition(range);
        Column later = column(ORDER).gt(RowLiteral.of(truncate.getStruct(0)));
        // Read again, an event may have another digest: of a step's time, for one.
        Column left = column(KIND).notEqual(TRUNCATE).and(later);
        return merge(events.where(left.or(columns.isRejected())), true, range);
      }
      facts.require(range, table.strict());
      Dataset<Row> source = newest.where(KeyFacts.keyed(columns)).as(SOURCE);
      return commit
          .run(
              spark,
              range,
              columns.table(),
              (target, now, grown) -> statement(target, now, grown, source, facts, truncated))
          .rejecting(facts.rejected());
    } finally {
      newest.unpersist();
    }
  }

  /** One row per key: what the batch makes of it. */
  private Dataset<Row> newest(Dataset<Row> events) {
    List<Column> aggregates = new ArrayList<>(KeyFacts.aggregates(columns));
    List<Column> result = new ArrayList<>(List.of(columns.keyColumns()));
    KeyFacts.aggregated().forEach(name -> result.add(column(name)));
    result.add(functions.col(NEWEST + ".*"));
    Stream<Column> whole = Stream.of(column(KIND), column(POSITION));
    List<StructField> values = columns.values();
    if (!columns.isPartial()) {
      whole = Stream.concat(whole, values.stream().map(value -> column(value.name())));
    } else {
      for (ColumnPart part : columns.parts()) {
        String written = WRITTEN + part.number();
        Column upsert = column(KIND).equalTo(UPSERT);
        Column writes = column(KIND).equalTo(DELETE).or(columns.writes(part));
        Column value = part.in(column(part.column().name()));
        Column wrote = struct(when(upsert, value).as("value"));
        aggregates.add(max_by(wrote, when(writes, column(ORDER))).as(written));
        result.add(column(written).isNotNull().as(written));
      }
      for (StructField value : values) {
        result.add(
            columns
                .whole(value, part -> column(WRITTEN + part.number()).getField("value"))
                .as(value.name()));
      }
    }
    Column newest = max_by(struct(whole.toArray(Column[]::new)), column(ORDER)).as(NEWEST);
    return Truncates.withoutKeys(events, columns)
        .groupBy(columns.keyColumns())
        .agg(newest, aggregates.toArray(Column[]::new))
        .select(result.toArray(Column[]::new));
  }

  private DeltaMergeBuilder statement(
      DeltaTable target,
      StructType now,
      StructType grown,
      Dataset<Row> source,
      KeyFacts facts,
      boolean truncated) {
    Column upsert = column(SOURCE, KIND).equalTo(UPSERT);
    Column same = table.sameKey();
    DeltaMergeBuilder merge =
        target
            .merge(source, truncated ? same : same.and(facts.within()))
            .whenMatched(column(SOURCE, KIND).equalTo(DELETE))
            .delete()
            .whenMatched()
            .update(updates(now, grown, truncated))
            .whenNotMatched(upsert)
            .insert(KeyedTable.fromSource(List.of(columns.table().fields())));
    return truncated ? merge.whenNotMatchedBySource().delete() : merge;
  }

  private Map<String, Column> updates(StructType now, StructType grown, boolean truncated) {
    Map<String, Column> updates = new LinkedHashMap<>();
    for (StructField value : columns.values()) {
      Column here = column(SOURCE, value.name());
      if (!columns.isPartial() || truncated) {
        updates.put(quoted(value.name()), here);
        continue;
      }
      updates.put(
          quoted(value.name()),
          table.updated(
              value,
              now,
              grown,
              (part, there) ->
                  when(column(SOURCE, WRITTEN + part.number()), part.in(here))
                      .otherwise(part.in(there))));
    }
    updates.put(POSITION, column(SOURCE, POSITION));
    return updates;
  }
}
