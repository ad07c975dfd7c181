package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.REMEMBERED_AT;
import static io.sluice.delta.ChangeColumns.column;
import static io.sluice.delta.MergeCommit.SOURCE;
import static io.sluice.delta.MergeCommit.TABLE;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import io.delta.tables.DeltaMergeBuilder;
import io.delta.tables.DeltaTable;
import io.sluice.Condition;
import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The table beside a table of changes, for what has to be remembered and must not be seen.
 *
 * <p>A batch is written here first and into the table after, each with an id of its own. A batch
 * only adds to what is here, and what the table gets follows from it: so a driver that dies between
 * the two leaves a table that is one batch behind, and the replay does the rest. What {@link
 * Forgetting} takes away leaves the floor.
 */
final class Companion {

  private static final String OWNER = "sluice.autoCdc.companionOf";

  /** What is remembered of a key. */
  private static final List<String> FACTS = List.of(ORDER, POSITION, REMEMBERED_AT);

  private final DeltaTarget target;
  private final StructType columns;
  private final MergeCommit commit;
  private @Nullable OfNoKey ofNoKey;

  /**
   * What a version has that is about no key: seldom anything, and every batch asks for it.
   *
   * @param orders the orders of such rows, two at most
   */
  private record OfNoKey(long version, List<Row> orders) {}

  /**
   * One version of a companion.
   *
   * @param rows all it has, with the columns of the batch
   * @param ofNoKey the orders of its rows that are about no key, two at most
   */
  record Contents(Dataset<Row> rows, List<Row> ofNoKey) {}

  private Companion(DeltaTarget target, StructType columns, MergeCommit commit) {
    this.target = target;
    this.columns = columns;
    this.commit = commit;
  }

  /**
   * Opens the table beside a table, creating it on a job's first run.
   *
   * @param table the table that it belongs to
   * @param suffix what its name ends with
   * @throws SluiceException TABLE_MISMATCH if it belongs to another table, or is gone
   */
  static Companion open(
      SparkSession spark, TargetSpec spec, KeyedTable table, String suffix, StructType columns) {
    TargetSpec own = spec.companion(suffix);
    String owner = table.target().id();
    if (DeltaTarget.find(spark, own).isEmpty() && isWritten(spark, table.target())) {
      throw new SluiceException(
          Condition.TABLE_MISMATCH,
          "The table %s has batches, but the table %s, which remembers what late events are compared with, is gone. Restore it, or build both anew from the topic: drop %s and let the job begin with a new name."
              .formatted(spec.table(), own.table(), spec.table()));
    }
    DeltaTarget target = DeltaTarget.open(spark, own, columns, Map.of(OWNER, owner));
    if (!owner(spark, target).equals(owner)) {
      throw new SluiceException(
          Condition.TABLE_MISMATCH,
          "The table %s belongs to another table than the present %s, probably one that was dropped. Drop it too, or name another table."
              .formatted(own.table(), spec.table()));
    }
    SchemaEvolution evolution = spec.evolution();
    return new Companion(target, columns, new MergeCommit(target, step(suffix), evolution));
  }

  /**
   * Where a companion is.
   *
   * @param step the name of the merge into it within a batch
   */
  record Place(DeltaTarget target, String step) {}

  /** The companion of a table, if it has one. */
  static Optional<Place> find(SparkSession spark, TargetSpec spec, DeltaTarget table) {
    return TableContract.companion(properties(spark, table))
        .flatMap(
            suffix ->
                DeltaTarget.find(spark, spec.companion(suffix))
                    .filter(there -> owner(spark, there).equals(table.id()))
                    .map(there -> new Place(there, step(suffix))));
  }

  private static String owner(SparkSession spark, DeltaTarget target) {
    return properties(spark, target).getOrDefault(OWNER, "");
  }

  private static Map<String, String> properties(SparkSession spark, DeltaTarget target) {
    return CollectionConverters.asJava(target.current(spark).metadata().configuration());
  }

  private static String step(String suffix) {
    return suffix.replace("_", "");
  }

  private static boolean isWritten(SparkSession spark, DeltaTarget target) {
    return CollectionConverters.asJava(target.current(spark).setTransactions()).stream()
        .anyMatch(txn -> AppId.parse(txn.appId()).isPresent());
  }

  /**
   * Remembers the greatest order of each key, null in a key being equal to null.
   *
   * @param within what rows with these keys fulfil
   * @param isKeyed whether all of them are about a key
   */
  void advance(Dataset<Row> orders, Column within, boolean isKeyed, CommitRange range)
      throws Exception {
    Dataset<Row> source = orders.as(SOURCE);
    merge(
        orders.sparkSession(),
        table ->
            table
                .merge(source, sameKey(columns).and(within))
                .whenMatched(column(SOURCE, ORDER).gt(column(TABLE, ORDER)))
                .update(KeyedTable.fromSource(FACTS.stream().map(columns::apply).toList()))
                .whenNotMatched()
                .insert(KeyedTable.fromSource(List.of(columns.fields()))),
        isKeyed,
        range);
  }

  /** The columns that say which row of a table of deletes is which. */
  private static Stream<StructField> keys(StructType columns) {
    return Arrays.stream(columns.fields()).filter(field -> !FACTS.contains(field.name()));
  }

  /** That a row of the table and one of the batch are about the same, null being equal to null. */
  static Column sameKey(StructType columns) {
    return keys(columns)
        .map(key -> column(TABLE, key.name()).eqNullSafe(column(SOURCE, key.name())))
        .reduce(Column::and)
        .orElseThrow()
        // The truncates and the floor have no key, both of them.
        .and(Remembered.rank(TABLE).equalTo(Remembered.rank(SOURCE)));
  }

  /** Whether a row of a table of deletes is about no key. */
  static Column isOfNoKey(StructType columns) {
    return keys(columns).map(key -> column(key.name()).isNull()).reduce(Column::and).orElseThrow();
  }

  /** A row that is about no key: the values of the key columns. */
  static Stream<Column> noKey(StructType columns) {
    return keys(columns).map(key -> lit(null).cast(key.dataType()).as(key.name()));
  }

  /**
   * Adds events that are not there, by key and order.
   *
   * @param isKeyed whether all of them are about a key
   */
  void add(Dataset<Row> events, Column sameKey, boolean isKeyed, CommitRange range)
      throws Exception {
    Dataset<Row> source = events.as(SOURCE);
    merge(
        events.sparkSession(),
        table ->
            table
                .merge(source, sameKey.and(column(TABLE, ORDER).equalTo(column(SOURCE, ORDER))))
                .whenNotMatched()
                .insert(KeyedTable.fromSource(List.of(columns.fields()))),
        isKeyed,
        range);
  }

  private void merge(
      SparkSession spark,
      Function<DeltaTable, DeltaMergeBuilder> statement,
      boolean isKeyed,
      CommitRange range)
      throws Exception {
    FaultPoint.hit("delta.before-companion");
    CommitResult result =
        commit.run(spark, range, columns, (table, now, grown) -> statement.apply(table));
    OfNoKey before = ofNoKey;
    if (before != null
        && isKeyed
        && !result.replayed()
        && result.version() == before.version() + 1) {
      ofNoKey = new OfNoKey(result.version(), before.orders());
    }
    FaultPoint.hit("delta.after-companion");
  }

  /** What it has now; later commits are not seen. */
  Contents now(SparkSession spark, ChangeColumns meaning) {
    return contents(spark, target.current(spark), meaning);
  }

  private Contents contents(SparkSession spark, Snapshot now, ChangeColumns meaning) {
    Dataset<Row> stored = DeltaTarget.rows(spark, now);
    Dataset<Row> rows = KeyedTable.conformed(stored, stored.schema(), List.of(columns.fields()));
    OfNoKey known = ofNoKey;
    if (known == null || known.version() != now.version()) {
      List<Row> orders =
          rows.where(not(KeyFacts.keyed(meaning))).select(ORDER).takeAsList(2).stream()
              .map(row -> row.getStruct(0))
              .toList();
      known = new OfNoKey(now.version(), orders);
      ofNoKey = known;
    }
    return new Contents(rows, known.orders());
  }

  /** What is remembered now. */
  Remembered remembered(SparkSession spark, ChangeColumns meaning) {
    return Remembered.of(now(spark, meaning), meaning);
  }

  /** What is remembered now, if that lacks something that was. */
  Optional<Remembered> afterForgetting(SparkSession spark, ChangeColumns meaning) {
    Snapshot now = target.current(spark);
    return Forgetting.mayHaveForgotten(now)
        ? Optional.of(Remembered.of(contents(spark, now, meaning), meaning))
        : Optional.empty();
  }
}
