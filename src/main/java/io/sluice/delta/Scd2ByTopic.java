package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.END;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.START;
import static io.sluice.delta.ChangeColumns.TRUNCATE;
import static io.sluice.delta.ChangeColumns.UNWRITTEN;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static org.apache.spark.sql.functions.lit;

import io.delta.tables.DeltaMergeBuilder;
import io.delta.tables.DeltaTable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * All versions of each key, where the topic orders the events.
 *
 * <p>A batch is later than every batch before, so it can only continue or close the open version of
 * a key and open new ones; versions that are closed are never read again.
 */
final class Scd2ByTopic implements ChangeMerge {

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final MergeCommit commit;

  Scd2ByTopic(KeyedTable table) {
    this.table = table;
    this.columns = table.columns();
    this.commit = table.commit();
  }

  @Override
  public CommitResult apply(Dataset<Row> events, CommitRange range) throws Exception {
    SparkSession spark = events.sparkSession();
    Dataset<Row> kept = events.persist(StorageLevel.MEMORY_AND_DISK());
    try {
      KeyFacts facts = KeyFacts.of(KeyFacts.perKey(kept, columns), columns);
      facts.require(range, table.strict());
      boolean truncated = facts.truncate() != null;
      if (truncated) {
        Truncates.requireOnePartition(range);
      }
      Dataset<Row> usable =
          kept.where(KeyFacts.keyed(columns).and(column(KIND).notEqual(TRUNCATE)));
      return commit
          .run(
              spark,
              range,
              columns.table(),
              (target, now, grown) ->
                  truncated
                      ? emptying(target, now, usable, Truncates.of(kept))
                      : statement(target, now, usable, facts))
          .rejecting(facts.rejected());
    } finally {
      kept.unpersist();
    }
  }

  private DeltaMergeBuilder statement(
      DeltaTable target, StructType now, Dataset<Row> events, KeyFacts facts) {
    Dataset<Row> open =
        open(target, now, events, facts.within())
            .join(events.select(columns.keyColumns()).distinct(), columns.keyNames(), "left_semi");
    return statement(target, facts.within(), placed(events).unionByName(open, true));
  }

  /** The same for a batch that ends every version on its way. */
  private DeltaMergeBuilder emptying(
      DeltaTable target, StructType now, Dataset<Row> events, Dataset<Row> truncates) {
    Dataset<Row> all = placed(events).unionByName(open(target, now, events, lit(true)), true);
    Dataset<Row> keys = all.select(columns.keyColumns()).distinct();
    Dataset<Row> ends = Truncates.asDeletes(placed(truncates), keys);
    return statement(target, lit(true), all.unionByName(ends, true));
  }

  private Dataset<Row> placed(Dataset<Row> events) {
    return events.withColumn(START, columns.point()).withColumn(Versions.KNOWN, lit(false));
  }

  /**
   * Merges the versions of keys.
   *
   * @param within what the table's rows with these keys fulfil
   * @param all the events of the keys, the open versions among them
   */
  private DeltaMergeBuilder statement(DeltaTable target, Column within, Dataset<Row> all) {
    Dataset<Row> source = new Versions(columns).of(all).as(SOURCE);
    List<StructField> updated = new ArrayList<>(columns.values());
    updated.add(columns.table().apply(POSITION));
    updated.add(columns.table().apply(END));
    return target
        .merge(
            source,
            table
                .sameKey()
                .and(isOpen(column(TABLE, END)))
                .and(column(SOURCE, Versions.KNOWN))
                .and(within))
        .whenMatched()
        .update(KeyedTable.fromSource(updated))
        .whenNotMatched()
        .insert(KeyedTable.fromSource(List.of(columns.table().fields())));
  }

  /**
   * The open versions that fulfil a condition, as the first events of their keys.
   *
   * @param events those of the batch, whose columns these get too
   */
  private Dataset<Row> open(DeltaTable target, StructType now, Dataset<Row> events, Column within) {
    List<StructField> stored = new ArrayList<>(columns.keys());
    stored.addAll(columns.values());
    stored.add(columns.table().apply(POSITION));
    stored.add(columns.table().apply(START));
    Dataset<Row> rows = target.toDF().where(isOpen(column(END)).and(within));
    Dataset<Row> open =
        KeyedTable.conformed(rows, now, stored)
            .withColumn(KIND, lit(UPSERT))
            .withColumn(Versions.KNOWN, lit(true));
    Column none = lit(null).cast(events.schema().apply(ORDER).dataType());
    Dataset<Row> ordered = open.withColumn(ORDER, none);
    return columns.hasUnwritten()
        ? ordered.withColumn(
            UNWRITTEN, lit(null).cast(DataTypes.createArrayType(DataTypes.StringType)))
        : ordered;
  }

  /** Whether a version has no end; the part of it tells files without such versions apart. */
  private static Column isOpen(Column end) {
    return end.getField("ledger").isNull();
  }
}
