package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.REMEMBERED_AT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.ChangeColumns.quoted;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import io.delta.tables.DeltaTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.DataTypes;

/**
 * Deletes that have been remembered for long enough are forgotten, and the floor is raised: the
 * order up to which they may have been, in a row of the companion without a key. Both are one
 * commit.
 *
 * <p>What is not above the floor may be late, of any key. So a delete from a clock that is ahead
 * must not raise it above what is still to come: a delete is forgotten only once {@value
 * #LATER_PERCENT} % of all that is known, and one row at least, is later. All this holds whatever a
 * job makes of late inserts: it may say something else one day.
 */
final class Forgetting {

  private static final String FORGETS = "sluice.autoCdc.forgets";
  private static final int LATER_PERCENT = 1;
  private static final int SAMPLE = 100_000;

  private final SparkSession spark;
  private final DeltaTarget table;
  private final DeltaTarget companion;
  private final Instant before;

  /**
   * Of a table of newest states whose events have an order of their own.
   *
   * @param companion the table beside it
   * @param before the time since which a delete is remembered in any case
   */
  Forgetting(SparkSession spark, DeltaTarget table, DeltaTarget companion, Instant before) {
    this.spark = spark;
    this.table = table;
    this.companion = companion;
    this.before = before;
  }

  /** Whether deletes may have been forgotten by a version of a companion. */
  static boolean mayHaveForgotten(Snapshot companion) {
    return companion.metadata().configuration().contains(FORGETS);
  }

  /**
   * What is to be forgotten.
   *
   * @param floor the order up to which it is
   * @param deletes how many there are
   */
  record Plan(Row floor, long deletes) {}

  /** What is to be forgotten now; empty if nothing is. */
  Optional<Plan> plan() {
    Dataset<Row> rows = spark.read().format("delta").load(table.location());
    Dataset<Row> remembered = spark.read().format("delta").load(companion.location());
    Dataset<Row> old = remembered.where(isOld());
    if (old.isEmpty()) {
      return Optional.empty();
    }
    Column isFloor = Companion.isOfNoKey(remembered.schema()).and(isDelete());
    Row floor = remembered.where(isFloor).agg(max(ORDER)).head();
    Dataset<Row> deletes = remembered.where(isDelete()).select(ORDER);
    Column mayGo = isOvertaken(rows.select(ORDER).unionAll(deletes));
    if (!floor.isNullAt(0)) {
      mayGo = mayGo.or(column(ORDER).leq(RowLiteral.of(floor.getStruct(0))));
    }
    Row going = old.where(mayGo).agg(max(ORDER), count(lit(1))).head();
    return going.isNullAt(0)
        ? Optional.empty()
        : Optional.of(new Plan(going.getStruct(0), going.getLong(1)));
  }

  private static Column isDelete() {
    return Remembered.rank().equalTo(DELETE);
  }

  private Column isOld() {
    return column(REMEMBERED_AT).lt(lit(before));
  }

  /** Whether enough of all that is known is later than a delete. */
  private static Column isOvertaken(Dataset<Row> known) {
    Column part = pmod(xxhash64(column(ORDER)), lit(Math.max(1, known.count() / SAMPLE)));
    Dataset<Row> sample = known.where(column(ORDER).isNotNull().and(part.equalTo(0)));
    int newest = (int) Math.max(1, sample.count() * LATER_PERCENT / 100);
    Row oldest = sample.orderBy(column(ORDER).desc()).limit(newest).agg(min(ORDER)).head();
    return oldest.isNullAt(0)
        ? lit(false)
        : column(ORDER)
            .cast(known.schema().apply(ORDER).dataType())
            .lt(RowLiteral.of(oldest.getStruct(0)));
  }

  /** Forgets what a plan says, in one commit. */
  void run(Plan plan) {
    if (!mayHaveForgotten(companion.current(spark))) {
      // Who asks for nothing but the floor need not look where there was never one.
      spark.sql(
          "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('%s' = 'true')"
              .formatted(companion.location().replace("`", "``"), FORGETS));
    }
    Dataset<Row> rows = spark.read().format("delta").load(companion.location());
    Column floor = RowLiteral.of(plan.floor());
    Dataset<Row> going =
        rows.where(isOld().and(column(ORDER).leq(floor))).drop(ChangeColumns.POSITION);
    List<Column> raising = new ArrayList<>(Companion.noKey(rows.schema()).toList());
    raising.add(floor.as(ORDER));
    raising.add(lit(null).cast(DataTypes.TimestampType).as(REMEMBERED_AT));
    Dataset<Row> source = going.unionByName(spark.range(1).select(raising.toArray(Column[]::new)));
    Map<String, Column> raised = Map.of(quoted(ORDER), column(SOURCE, ORDER));
    Column isFloor = column(SOURCE, REMEMBERED_AT).isNull();
    DeltaTable.forPath(spark, companion.location())
        .as(TABLE)
        .merge(source.as(SOURCE), Companion.sameKey(rows.schema()))
        .whenMatched(isFloor.and(column(SOURCE, ORDER).gt(column(TABLE, ORDER))))
        .update(raised)
        .whenMatched(not(isFloor))
        .delete()
        .whenNotMatched(isFloor)
        .insert(raised)
        .execute();
  }
}
