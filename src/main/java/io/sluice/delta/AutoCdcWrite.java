package io.sluice.delta;

import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ScdType;
import io.sluice.spec.TargetSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Merges change events into a table by their keys: {@code target.auto_cdc}.
 *
 * <p>The events have the columns of the payload, {@code _position}, and these of their own, none of
 * which is stored:
 *
 * <ul>
 *   <li>{@value #KIND}, INT: 0 deletes, 1 upserts, 2 empties the table; without it all upsert;
 *   <li>{@code _unwritten}, ARRAY of STRING: the columns that the event does not carry; without it,
 *       or null, it carries all;
 *   <li>{@code _index}, INT: the event's place among those of its message; without it, there is
 *       one;
 *   <li>{@code _other_key}, STRUCT with the key's columns: where a change has given a row another
 *       key, of an upsert the one that it had before, of a delete the one that it has from now on;
 *   <li>{@code _change}, STRING: where {@code _other_key} is null, a name that only the events of
 *       one change of a row have in their topic: the delete of its old key and the upsert of its
 *       new one are then told by it; without it, or null, they are not;
 *   <li>{@code _op}: anything; conditions may use it.
 * </ul>
 *
 * <p>An event with a null in a key or in a column that orders it is not merged but counted: {@link
 * CommitResult#rejected()}, {@link #rejected(Dataset)}. So is one of which only a delete that is
 * forgotten could tell whether it is late.
 */
public final class AutoCdcWrite implements TableWrite {

  /** The column that says what an event does. */
  public static final String KIND = ChangeColumns.KIND;

  /** The error class of an event of which nothing tells whether it is late. */
  public static final String TOO_LATE = LateEvents.ERROR;

  private static final String NULL_KEY = "NULL_KEY";
  private static final String NULL_SEQUENCE = "NULL_SEQUENCE";

  /** The error classes of {@link #rejected}. */
  public static final Set<String> ERROR_CLASSES = Set.of(NULL_KEY, NULL_SEQUENCE, TOO_LATE);

  /**
   * What makes the number of tasks, and so of files, follow the size of the data: a session's
   * number of shuffle partitions fits some batches only, and each task of an almost empty stage
   * costs milliseconds and a file.
   */
  private static final Map<String, String> TASKS =
      Map.of(
          "spark.sql.adaptive.enabled", "true",
          "spark.sql.adaptive.coalescePartitions.enabled", "true",
          "spark.sql.adaptive.coalescePartitions.parallelismFirst", "false",
          "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning", "true");

  private final ChangeColumns columns;
  private final ChangeMerge merge;

  private AutoCdcWrite(ChangeColumns columns, ChangeMerge merge) {
    this.columns = columns;
    this.merge = merge;
  }

  /**
   * Opens the table, creating it on a job's first run.
   *
   * @param spark where tables are looked up
   * @param spec the table as the job describes it, with {@code auto_cdc}
   * @param rows the columns of the events to come
   * @param strict whether an event that cannot be merged fails its batch
   * @throws io.sluice.SluiceException INVALID_JOB or UNSUPPORTED_SCHEMA if the columns do not
   *     serve, TABLE_MISMATCH if the table is of another kind or cannot take the rows,
   *     STORAGE_FAILED
   */
  public static AutoCdcWrite open(
      SparkSession spark, TargetSpec spec, StructType rows, boolean strict) {
    AutoCdcSpec cdc = Objects.requireNonNull(spec.autoCdc());
    ChangeColumns columns = ChangeColumns.of(cdc, rows);
    DeltaTarget target = DeltaTarget.open(spark, spec, columns.table(), columns.contract());
    KeyedTable table = new KeyedTable(target, columns, spec.evolution(), strict);
    ChangeMerge merge = merge(spark, spec, table, cdc.type());
    return new AutoCdcWrite(columns, columns.mayMove() ? new MovedRows(table, merge) : merge);
  }

  private static ChangeMerge merge(
      SparkSession spark, TargetSpec spec, KeyedTable table, ScdType type) {
    ChangeColumns columns = table.columns();
    if (columns.orderedByTopic()) {
      return type == ScdType.ONE ? new Scd1ByTopic(table) : new Scd2ByTopic(table);
    }
    return type == ScdType.ONE
        ? new Scd1BySequence(
            table, Companion.open(spark, spec, table, Scd1BySequence.COMPANION, columns.deletes()))
        : new Scd2BySequence(
            table, Companion.open(spark, spec, table, Scd2BySequence.COMPANION, columns.history()));
  }

  /** The key columns of a table that is there and is merged by its keys. */
  public static Optional<List<String>> keys(SparkSession spark, TargetSpec spec) {
    return DeltaTarget.find(spark, spec)
        .flatMap(
            table ->
                TableContract.keys(
                    CollectionConverters.asJava(table.current(spark).metadata().configuration())));
  }

  /** The columns of the table that events of these columns are merged into. */
  public static StructType columns(AutoCdcSpec spec, StructType rows) {
    return ChangeColumns.of(spec, rows).table();
  }

  @Override
  public CommitResult write(Dataset<Row> rows, CommitRange range) throws Exception {
    return SessionSettings.during(
        rows.sparkSession(), TASKS, () -> merge.apply(columns.ordered(rows), range));
  }

  /**
   * The events of a batch, once it is merged, that were not: {@code _position}, {@code
   * error_class}, {@code error_field}, {@code error_message}, and the row as JSON in {@code
   * payload}. Runs queries.
   */
  public Dataset<Row> rejected(Dataset<Row> rows) {
    Column[] all = Arrays.stream(rows.columns()).map(ChangeColumns::column).toArray(Column[]::new);
    Column payload = Canonical.json(struct(all)).cast("binary");
    Dataset<Row> events = columns.ordered(rows);
    Column lacking = columns.lacking();
    Dataset<Row> incomplete =
        events
            .where(columns.isRejected())
            .select(
                ChangeColumns.column(ChangeColumns.POSITION),
                when(KeyFacts.keyed(columns), lit(NULL_SEQUENCE))
                    .otherwise(lit(NULL_KEY))
                    .as("error_class"),
                lacking.as("error_field"),
                concat(lit("the column "), lacking, lit(" is null")).as("error_message"),
                payload.as("payload"));
    return merge
        .late(events)
        .map(late -> incomplete.union(late.select(LateEvents.told(payload))))
        .orElse(incomplete);
  }
}
