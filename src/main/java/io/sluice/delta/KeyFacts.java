package io.sluice.delta;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.unix_date;
import static org.apache.spark.sql.functions.unix_micros;
import static org.apache.spark.sql.functions.when;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * What there is to know of a batch's keys before it is merged.
 *
 * @param rejected the events that cannot be merged
 * @param deletes the deletes that can
 * @param truncate the order and the position of the newest event that empties the table; null when
 *     there is none
 * @param crossing the two partitions in which the events of one key lie, {@code [[topic,
 *     partition], [topic, partition]]}; null when there is no such key
 * @param within the condition that rows of the table with a key of the batch fulfil, made of
 *     literals, so that files without such rows are not read
 */
record KeyFacts(
    long rejected, long deletes, @Nullable Row truncate, @Nullable Row crossing, Column within) {

  private static final String REJECTED = "__sluice_rejected";
  private static final String DELETES = "__sluice_deletes";
  private static final String TRUNCATED = "__sluice_truncated";
  private static final String FIRST = "__sluice_first";
  private static final String LAST = "__sluice_last";

  /**
   * What each group of events of a key is to be aggregated to, for {@link #of}. Those that empty
   * the table are a group without a key, as {@link Truncates#withoutKeys} makes them.
   */
  static List<Column> aggregates(ChangeColumns columns) {
    Column position = ChangeColumns.column(ChangeColumns.POSITION);
    Column partition = struct(position.getField("topic"), position.getField("partition"));
    Column merged = not(columns.isRejected());
    Column kind = ChangeColumns.column(ChangeColumns.KIND);
    Column truncate = struct(ChangeColumns.column(ChangeColumns.ORDER), position);
    return List.of(
        count_if(columns.isRejected()).as(REJECTED),
        count_if(merged.and(kind.equalTo(ChangeColumns.DELETE))).as(DELETES),
        max(when(merged.and(kind.equalTo(ChangeColumns.TRUNCATE)), truncate)).as(TRUNCATED),
        min(partition).as(FIRST),
        max(partition).as(LAST));
  }

  /** One row per key, with nothing but the facts. */
  static Dataset<Row> perKey(Dataset<Row> events, ChangeColumns columns) {
    List<Column> aggregates = aggregates(columns);
    return Truncates.withoutKeys(events, columns)
        .groupBy(columns.keyColumns())
        .agg(aggregates.get(0), aggregates.subList(1, aggregates.size()).toArray(Column[]::new));
  }

  /** The names of the columns that {@link #aggregates} makes. */
  static List<String> aggregated() {
    return List.of(REJECTED, DELETES, TRUNCATED, FIRST, LAST);
  }

  /**
   * Learns the facts.
   *
   * @param perKey one row per key, with the columns of {@link #aggregates}
   */
  static KeyFacts of(Dataset<Row> perKey, ChangeColumns columns) {
    List<StructField> bounded =
        columns.keys().stream().filter(key -> isBounded(key.dataType())).toList();
    List<Column> all = new ArrayList<>();
    Column first = ChangeColumns.column(FIRST);
    Column last = ChangeColumns.column(LAST);
    all.add(total(DELETES));
    all.add(max(ChangeColumns.column(TRUNCATED)));
    all.add(max(when(keyed(columns).and(first.notEqual(last)), struct(first, last))));
    int others = all.size() + 1;
    bounded.forEach(key -> all.add(bounds(key)));
    Row facts = perKey.agg(total(REJECTED), all.toArray(Column[]::new)).head();
    Column within = lit(true);
    for (int i = 0; i < bounded.size(); i++) {
      within = within.and(within(bounded.get(i), facts, others + i));
    }
    return new KeyFacts(
        facts.getLong(0),
        facts.getLong(1),
        facts.isNullAt(2) ? null : facts.getStruct(2),
        columns.orderedByTopic() && !facts.isNullAt(3) ? facts.getStruct(3) : null,
        within);
  }

  private static Column total(String counts) {
    return coalesce(sum(ChangeColumns.column(counts)), lit(0L));
  }

  /** Where the keys of the batch lie, as an aggregate. */
  private static Column bounds(StructField key) {
    Column column = ChangeColumns.column(key.name());
    DataType type = key.dataType();
    if (type instanceof DecimalType) {
      return struct(min(column), max(column));
    }
    if (type instanceof DateType) {
      return KeyRanges.of(unix_date(column).cast(DataTypes.LongType));
    }
    return KeyRanges.of(
        type instanceof TimestampType ? unix_micros(column) : column.cast(DataTypes.LongType));
  }

  private static Column within(StructField key, Row facts, int at) {
    Column column = ChangeColumns.column(MergeCommit.TABLE, key.name());
    if (key.dataType() instanceof DecimalType) {
      Row bounds = facts.getStruct(at);
      return bounds.isNullAt(0)
          ? lit(false)
          : column.geq(lit(bounds.get(0))).and(column.leq(lit(bounds.get(1))));
    }
    return KeyRanges.read(facts.getAs(at)).stream()
        .map(
            range ->
                column
                    .geq(literal(range.first(), key.dataType()))
                    .and(column.leq(literal(range.last(), key.dataType()))))
        .reduce(Column::or)
        .orElse(lit(false));
  }

  /** The literal of a type, as a cast would keep Delta from comparing it with a file's bounds. */
  private static Column literal(long value, DataType type) {
    if (type instanceof ByteType) {
      return lit((byte) value);
    }
    if (type instanceof ShortType) {
      return lit((short) value);
    }
    if (type instanceof IntegerType) {
      return lit((int) value);
    }
    if (type instanceof DateType) {
      return lit(LocalDate.ofEpochDay(value));
    }
    return type instanceof TimestampType
        ? lit(Instant.EPOCH.plus(value, ChronoUnit.MICROS))
        : lit(value);
  }

  /** Whether every part of a key is there. */
  static Column keyed(ChangeColumns columns) {
    Column keyed = lit(true);
    for (StructField key : columns.keys()) {
      keyed = keyed.and(ChangeColumns.column(key.name()).isNotNull());
    }
    return keyed;
  }

  /**
   * Lets no batch pass that cannot be merged.
   *
   * @param strict whether an event that cannot be merged fails the batch
   * @throws SluiceException UNORDERED_EVENTS or UNDECODABLE_MESSAGE
   */
  void require(CommitRange range, boolean strict) {
    if (crossing != null) {
      throw new SluiceException(
          Condition.UNORDERED_EVENTS,
          "Batch %d of the job %s has events of one key in the partitions %s and %s, and nothing says which is later. Nothing was written. Let producers send each key to one partition, or name the columns that order the events with target.auto_cdc.sequence_by."
              .formatted(
                  range.batch(),
                  range.job(),
                  partition(crossing.getStruct(0)),
                  partition(crossing.getStruct(1))));
    }
    if (strict && rejected > 0) {
      throw new SluiceException(
          Condition.UNDECODABLE_MESSAGE,
          "Batch %d of the job %s has %d events with a null in a column of keys or sequence_by. None of them is in the table. Correct the producer, leave them out in a transform step, or set source.on_bad_record to quarantine."
              .formatted(range.batch(), range.job(), rejected));
    }
  }

  private static String partition(Row partition) {
    return partition.getString(0) + " " + partition.getInt(1);
  }

  /** Numbers and times: what names a person stays out of the table's log. */
  private static boolean isBounded(DataType type) {
    return type instanceof ByteType
        || type instanceof ShortType
        || type instanceof IntegerType
        || type instanceof LongType
        || type instanceof DecimalType
        || type instanceof DateType
        || type instanceof TimestampType;
  }
}
