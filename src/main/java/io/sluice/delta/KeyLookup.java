package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.DELETE;
import static io.sluice.delta.ChangeColumns.END;
import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.START;
import static io.sluice.delta.ChangeColumns.TRUNCATE;
import static io.sluice.delta.ChangeColumns.UPSERT;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_compact;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.dense_rank;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.map_filter;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.when;

import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ScdType;
import io.sluice.spec.TargetSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What there is of one key: among events, in a table of changes, and in what is remembered beside
 * it. It reads, and changes nothing.
 */
public final class KeyLookup {

  /** STRUCT of what else is known of an event's message; null where the message is gone. */
  public static final String MESSAGE = "__sluice_message";

  /** INT: the event's place among all, as the merge orders them; the same for the same event. */
  public static final String PLACE = "__sluice_place";

  /** BOOLEAN: whether the event is of the key or of all keys; the others are near it. */
  public static final String OF_KEY = "__sluice_of_key";

  /** BOOLEAN: whether only the table knows the event. */
  public static final String STORED = "__sluice_stored";

  /** STRING: the column for the lack of which an event is not merged; null for one that is. */
  public static final String LACKING = "__sluice_lacking";

  /** STRING: what orders the event, as JSON {@code {"v":...}}; null where the topic does. */
  public static final String POINT = "__sluice_point";

  /** MAP from a name of {@link #values} to its value as JSON {@code {"v":...}}, without nulls. */
  public static final String CONTENT = "__sluice_content";

  /** ARRAY of those names of {@link #values} that the event writes. */
  public static final String WRITTEN = "__sluice_written";

  private final SparkSession spark;
  private final TargetSpec spec;
  private final DeltaTarget target;
  private final ChangeColumns columns;

  private KeyLookup(
      SparkSession spark, TargetSpec spec, DeltaTarget target, ChangeColumns columns) {
    this.spark = spark;
    this.spec = spec;
    this.target = target;
    this.columns = columns;
  }

  /**
   * The table of a job.
   *
   * @param spec the table as the job describes it, with its keys
   * @param events the columns of the events, without {@link #MESSAGE}
   * @return empty if it is not there yet
   * @throws io.sluice.SluiceException INVALID_JOB if the columns of the job are not those of the
   *     events
   */
  public static Optional<KeyLookup> find(SparkSession spark, TargetSpec spec, StructType events) {
    AutoCdcSpec cdc = Objects.requireNonNull(spec.autoCdc());
    return DeltaTarget.find(spark, spec)
        .map(target -> new KeyLookup(spark, spec, target, ChangeColumns.of(cdc, events)));
  }

  /** The key columns. */
  public List<StructField> keys() {
    return columns.keys();
  }

  /**
   * The names of the stored columns beside the keys; in place of a column of structs in which a
   * null writes nothing those of its fields, such as {@code `address`.`city`}.
   */
  public List<String> values() {
    return columns.parts().stream().map(ColumnPart::name).toList();
  }

  /** Those names of {@link #values} whose change begins a version. */
  public List<String> tracked() {
    return columns.parts().stream()
        .filter(part -> columns.isTracked(part.column()))
        .map(ColumnPart::name)
        .toList();
  }

  /** Whether columns of the events order them. */
  public boolean isBySequence() {
    return !columns.orderedByTopic();
  }

  /** Whether the table keeps for ever what late events are compared with, every event of a key. */
  public boolean keepsEveryEvent() {
    return isBySequence() && hasVersions();
  }

  /** Whether the table shows all versions. */
  public boolean hasVersions() {
    return Objects.requireNonNull(spec.autoCdc()).type() == ScdType.TWO;
  }

  /** The batches of a job in the table. */
  public CommitLedger.History commits(String job) {
    return new CommitLedger(spark, target).commits(job);
  }

  /** The rows of the key: {@code _position}, and the whole row as {@code json}. */
  public Dataset<Row> rows(Column isKey) {
    Dataset<Row> rows = table().where(isKey);
    Column[] shown =
        Arrays.stream(rows.columns())
            .filter(name -> !name.startsWith(ChangeColumns.OWN_PREFIX) && !name.equals(POSITION))
            .map(ChangeColumns::column)
            .toArray(Column[]::new);
    Dataset<Row> ordered = hasVersions() ? rows.orderBy(column(START)) : rows;
    return ordered.select(column(POSITION), to_json(struct(shown)).as("json"));
  }

  /**
   * The events of a key with what the table itself remembers of it, in one order.
   *
   * @param events the events as the job's steps leave them, with {@link #MESSAGE}
   * @param isKey whether an event or a row is of the key
   * @param isNear whether an event is to be told although it may be of another key
   * @param order by which of the events too many are left out: those that come first stay
   * @param limit how many events there may be at most
   */
  public Dataset<Row> trace(
      Dataset<Row> events, Column isKey, Column isNear, Column order, int limit) {
    Column ofKey = coalesce(isKey.or(column(KIND).equalTo(TRUNCATE)), lit(false));
    Dataset<Row> read =
        columns
            .ordered(events)
            .where(ofKey.or(coalesce(isNear, lit(false))))
            .withColumn(OF_KEY, ofKey)
            .withColumn(LACKING, when(columns.isRejected(), columns.lacking()))
            .orderBy(order)
            .limit(limit);
    Dataset<Row> told = told(read, lit(false), column(MESSAGE));
    Column none = lit(null).cast(told.schema().apply(MESSAGE).dataType());
    for (Dataset<Row> stored : stored(isKey)) {
      Dataset<Row> known =
          stored.withColumn(OF_KEY, lit(true)).withColumn(LACKING, lit(null).cast("string"));
      told = told.unionByName(told(known, lit(true), none), true);
    }
    return told.withColumn(
            PLACE, when(column(ORDER).isNotNull(), dense_rank().over(Window.orderBy(ORDER))))
        .drop(ORDER);
  }

  private Dataset<Row> told(Dataset<Row> events, Column stored, Column message) {
    List<Column> all =
        new ArrayList<>(
            List.of(
                column(POSITION),
                column(KIND),
                column(OF_KEY),
                column(LACKING),
                stored.as(STORED),
                message.as(MESSAGE),
                content().as(CONTENT),
                written(events).as(WRITTEN)));
    if (isBySequence()) {
      all.add(column(ORDER));
      all.add(when(column(ORDER).isNotNull(), to_json(struct(columns.point().as("v")))).as(POINT));
    } else {
      if (Arrays.asList(events.columns()).contains(ORDER)) {
        all.add(column(ORDER));
      }
      all.add(lit(null).cast("string").as(POINT));
    }
    return events.select(all.toArray(Column[]::new));
  }

  private Column content() {
    List<Column> entries = new ArrayList<>();
    for (ColumnPart part : columns.parts()) {
      entries.add(lit(part.name()));
      entries.add(Canonical.text(part.in(column(part.column().name())), part.type()));
    }
    return map_filter(
        map(entries.toArray(Column[]::new)).cast("map<string,string>"),
        (name, text) -> text.isNotNull());
  }

  /** A row of the table has no memory of what its events left as it was. */
  private Column written(Dataset<Row> events) {
    boolean tells =
        !columns.hasUnwritten()
            || Arrays.asList(events.columns()).contains(ChangeColumns.UNWRITTEN);
    Column[] names =
        columns.parts().stream()
            .map(part -> tells ? when(columns.writes(part), lit(part.name())) : lit(part.name()))
            .toArray(Column[]::new);
    return array_compact(array(names).cast("array<string>"));
  }

  private List<Dataset<Row>> stored(Column isKey) {
    if (keepsEveryEvent()) {
      return List.of(
          companion(Scd2BySequence.COMPANION, columns.history())
              .where(isKey.or(not(KeyFacts.keyed(columns))))
              .withColumn(KIND, column(ORDER).getField(EventOrder.BySequence.RANK)));
    }
    List<StructField> kept = new ArrayList<>(List.of(columns.table().fields()));
    Dataset<Row> now = table();
    Dataset<Row> rows = KeyedTable.conformed(now, now.schema(), kept).where(isKey);
    if (!hasVersions()) {
      Dataset<Row> row = rows.withColumn(KIND, lit(UPSERT));
      return isBySequence() ? List.of(row, ended(isKey)) : List.of(row);
    }
    Dataset<Row> last = rows.withColumn(KIND, lit(UPSERT));
    Dataset<Row> first = last.withColumn(POSITION, column(START));
    Dataset<Row> ends =
        rows.where(column(END).getField("ledger").isNotNull())
            .select(column(END).as(POSITION))
            .except(rows.select(column(START).as(POSITION)))
            .withColumn(KIND, lit(DELETE));
    return List.of(first, last, withNulls(ends));
  }

  /** What is remembered of the deletes of the key, and of the truncates. */
  private Dataset<Row> ended(Column isKey) {
    Dataset<Row> all = companion(Scd1BySequence.COMPANION, columns.deletes());
    return withNulls(
        all.where(isKey.or(Remembered.isTruncate(columns)))
            .drop(ChangeColumns.REMEMBERED_AT)
            .withColumn(KIND, column(ORDER).getField(EventOrder.BySequence.RANK)));
  }

  private Dataset<Row> withNulls(Dataset<Row> rows) {
    Dataset<Row> all = rows;
    for (StructField value : columns.values()) {
      all = all.withColumn(value.name(), lit(null).cast(value.dataType()));
    }
    return all;
  }

  private Dataset<Row> companion(String suffix, StructType kept) {
    return DeltaTarget.find(spark, spec.companion(suffix))
        .map(found -> spark.read().format("delta").load(found.location()))
        .map(rows -> KeyedTable.conformed(rows, rows.schema(), List.of(kept.fields())))
        .orElseGet(() -> spark.createDataFrame(List.<Row>of(), kept));
  }

  private Dataset<Row> table() {
    return spark.read().format("delta").load(target.location());
  }
}
