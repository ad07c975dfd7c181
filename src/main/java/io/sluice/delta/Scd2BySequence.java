package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.END;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.START;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import io.delta.tables.DeltaMergeBuilder;
import io.delta.tables.DeltaTable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * All versions of each key, where columns of the events order them, late ones included.
 *
 * <p>The {@link Companion} keeps every event once, by key and order. The versions of the keys that
 * a batch brings are derived from it anew and compared with the table's, so the same events give
 * the same versions in whatever order, number and batches they come.
 */
final class Scd2BySequence implements ChangeMerge {

  /** What the name of the companion ends with. */
  static final String COMPANION = "__history";

  private static final String SHOWN = "__sluice_shown";

  private final KeyedTable table;
  private final ChangeColumns columns;
  private final Companion companion;
  private final MergeCommit commit;

  Scd2BySequence(KeyedTable table, Companion companion) {
    this.table = table;
    this.columns = table.columns();
    this.companion = companion;
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
      Column within = truncated ? lit(true) : facts.within();
      Column same = truncated ? sameOrNoKey() : table.sameKey().and(within);
      Dataset<Row> usable = Truncates.withoutKeys(kept.where(not(columns.isRejected())), columns);
      companion.add(once(usable), same, !truncated, range);
      return commit
          .run(
              spark,
              range,
              columns.table(),
              (target, now, grown) -> {
                Companion.Contents known = companion.now(spark, columns);
                Dataset<Row> all = events(known, truncated ? known.rows() : usable, within);
                return statement(target, now, grown, all, within);
              })
          .rejecting(facts.rejected());
    } finally {
      kept.unpersist();
    }
  }

  /** The same key, where some events have none: those that empty the table. */
  private Column sameOrNoKey() {
    Column same = lit(true);
    for (StructField key : columns.keys()) {
      same = same.and(column(TABLE, key.name()).eqNullSafe(column(SOURCE, key.name())));
    }
    return same;
  }

  /** Each event once, with the columns of the companion. */
  private Dataset<Row> once(Dataset<Row> events) {
    List<String> identity = new ArrayList<>();
    columns.keys().forEach(key -> identity.add(key.name()));
    identity.add(ORDER);
    return events
        .dropDuplicates(identity.toArray(String[]::new))
        .select(
            Stream.of(columns.history().fieldNames())
                .map(ChangeColumns::column)
                .toArray(Column[]::new));
  }

  private DeltaMergeBuilder statement(
      DeltaTable target, StructType now, StructType grown, Dataset<Row> events, Column within) {
    Dataset<Row> source = versions(events).as(SOURCE);
    Column shown = column(SOURCE, SHOWN).isNotNull();
    List<StructField> updated = new ArrayList<>(columns.values());
    updated.add(columns.table().apply(POSITION));
    updated.add(columns.table().apply(END));
    return target
        .merge(
            source,
            table.sameKey().and(column(TABLE, START).equalTo(column(SOURCE, START))).and(within))
        .whenMatched(not(shown))
        .delete()
        .whenMatched(differs(updated, now, grown))
        .update(KeyedTable.fromSource(updated))
        .whenNotMatched(shown)
        .insert(KeyedTable.fromSource(List.of(columns.table().fields())));
  }

  /**
   * All that is known of keys, as events.
   *
   * @param batch events of these keys, among which may be some without a key
   * @param within what the companion's rows with these keys fulfil
   */
  private Dataset<Row> events(Companion.Contents known, Dataset<Row> batch, Column within) {
    Dataset<Row> distinct =
        batch.where(KeyFacts.keyed(columns)).select(columns.keyColumns()).distinct();
    Dataset<Row> rows = known.rows().as(TABLE);
    Dataset<Row> events = kinds(rows.where(within).join(distinct, columns.keyNames(), "left_semi"));
    if (!known.ofNoKey().isEmpty()) {
      Dataset<Row> truncates = kinds(rows.where(not(KeyFacts.keyed(columns))));
      events = events.unionByName(Truncates.asDeletes(truncates, distinct));
    }
    return events.withColumn(START, columns.point()).withColumn(Versions.KNOWN, lit(false));
  }

  private static Dataset<Row> kinds(Dataset<Row> events) {
    return events.withColumn(KIND, column(ORDER).getField(EventOrder.BySequence.RANK));
  }

  /**
   * The versions of keys, and beside them every point at which another event of these keys stands,
   * where the table may still show a version.
   */
  private Dataset<Row> versions(Dataset<Row> events) {
    Dataset<Row> versions = new Versions(columns).of(events).withColumn(SHOWN, lit(true));
    List<String> identity = new ArrayList<>(List.of(columns.keyNames()));
    identity.add(START);
    Dataset<Row> points =
        events
            .select(identity.stream().map(ChangeColumns::column).toArray(Column[]::new))
            .distinct();
    return points.join(versions, identity.toArray(String[]::new), "left_outer");
  }

  private static Column differs(List<StructField> updated, StructType now, StructType grown) {
    Column differs = lit(false);
    for (StructField field : updated) {
      Column there = Canonical.of(KeyedTable.stored(now, grown, field.name()), field.dataType());
      Column here = Canonical.of(column(SOURCE, field.name()), field.dataType());
      differs = differs.or(not(there.eqNullSafe(here)));
    }
    return differs;
  }
}
