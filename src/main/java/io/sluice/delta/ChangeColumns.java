package io.sluice.delta;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.when;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.EventOrder.BySequence;
import io.sluice.delta.EventOrder.ByTopic;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** What the columns of change events mean, and which columns their tables have. */
final class ChangeColumns {

  /** INT: 0 for an event that deletes, 1 for one that upserts, 2 for one that truncates. */
  static final String KIND = "__sluice_kind";

  /** An event's order; null when a column of {@code sequence_by} is. */
  static final String ORDER = "__sluice_order";

  /** ARRAY of the names of the columns that an event does not carry. */
  static final String UNWRITTEN = "_unwritten";

  /**
   * MAP from a column to the order of the event that wrote it, for columns that the newest event
   * did not write; null for those that none has written since the row came to be.
   */
  static final String COLUMN_ORDERS = "__sluice_column_orders";

  /** When a delete was remembered; null for what must stay. */
  static final String REMEMBERED_AT = "__sluice_remembered_at";

  static final String POSITION = "_position";
  static final String START = "__START_AT";
  static final String END = "__END_AT";

  static final int DELETE = 0;
  static final int UPSERT = 1;
  static final int TRUNCATE = 2;

  /** A row of nothing but a key: the one that an event's row had before, or has from then on. */
  static final String OTHER_KEY = "_other_key";

  /**
   * STRING: where the change of an event stands in the database's log, the same for a delete and an
   * upsert that are one change of a row; null if that is not known, or {@link #OTHER_KEY} says it.
   */
  static final String CHANGE = "_change";

  /** What the names of Sluice's own columns begin with. */
  static final String OWN_PREFIX = "__sluice_";

  private static final String OPERATION = "_op";

  /** INT: an event's place among those of its message. */
  private static final String INDEX = "_index";

  private static final Set<String> NOT_STORED =
      Set.of(KIND, UNWRITTEN, OPERATION, INDEX, OTHER_KEY, CHANGE, POSITION);

  private final AutoCdcSpec spec;
  private final StructType rows;
  private final List<StructField> keys;
  private final List<StructField> sequence;
  private final EventOrder order;
  private final List<StructField> values;
  private final List<ColumnPart> parts;

  private ChangeColumns(
      AutoCdcSpec spec,
      StructType rows,
      List<StructField> keys,
      List<StructField> sequence,
      List<StructField> values) {
    this.spec = spec;
    this.rows = rows;
    this.keys = keys;
    this.sequence = sequence;
    this.values = values;
    this.order =
        sequence.isEmpty()
            ? new ByTopic(values, has(INDEX) ? column(INDEX) : lit(0))
            : new BySequence(sequence, values, hasUnwritten());
    this.parts = ColumnPart.of(values, this::ignoresNull);
  }

  /**
   * The meaning of the columns.
   *
   * @param rows the columns of the events as the job's steps leave them
   * @throws SluiceException INVALID_JOB if the job names a column that is not there or cannot
   *     serve, UNSUPPORTED_SCHEMA if the events have a column of a name that is Sluice's
   */
  static ChangeColumns of(AutoCdcSpec spec, StructType rows) {
    refuseOwnNames(rows);
    List<StructField> keys = named("keys", spec.keys(), rows);
    List<StructField> sequence = named("sequence_by", spec.sequenceBy(), rows);
    named("ignore_null_updates", spec.ignoreNullUpdates().names(), rows);
    named("columns and except_columns", spec.columns().names(), rows);
    named("track_history_columns", spec.trackHistory().names(), rows);
    requireOrder("keys", keys);
    requireOrder("sequence_by", sequence);
    requirePosition(rows);
    List<StructField> values = new ArrayList<>();
    for (StructField field : rows.fields()) {
      if (!NOT_STORED.contains(field.name())
          && !keys.contains(field)
          && spec.columns().has(field.name())) {
        values.add(field);
      }
    }
    return new ChangeColumns(spec, rows, keys, sequence, List.copyOf(values));
  }

  private static void refuseOwnNames(StructType rows) {
    for (String name : rows.fieldNames()) {
      boolean own =
          name.equalsIgnoreCase(START)
              || name.equalsIgnoreCase(END)
              || name.toLowerCase(Locale.ROOT).startsWith(OWN_PREFIX);
      if (own && !name.equals(KIND)) {
        throw new SluiceException(
            Condition.UNSUPPORTED_SCHEMA,
            "The events have a column `%s`; %s, %s and names that begin with %s are Sluice's own. Rename it in a transform step."
                .formatted(name, START, END, OWN_PREFIX));
      }
    }
  }

  private static List<StructField> named(String key, List<String> names, StructType rows) {
    List<StructField> fields = new ArrayList<>();
    for (String name : names) {
      Optional<StructField> field =
          Arrays.stream(rows.fields()).filter(f -> f.name().equalsIgnoreCase(name)).findFirst();
      fields.add(
          field.orElseThrow(
              () ->
                  invalid(
                      "target.auto_cdc.%s names the column `%s`, which the events do not have. They have %s."
                          .formatted(key, name, String.join(", ", rows.fieldNames())))));
    }
    return List.copyOf(fields);
  }

  private static void requireOrder(String key, List<StructField> fields) {
    for (StructField field : fields) {
      if (!isOrderable(field.dataType())) {
        throw invalid(
            "target.auto_cdc.%s names the column `%s` of type %s, whose values cannot be compared. Cast it in a transform step."
                .formatted(key, field.name(), field.dataType().sql()));
      }
    }
  }

  private static boolean isOrderable(DataType type) {
    if (type instanceof StructType columns) {
      return Arrays.stream(columns.fields()).allMatch(field -> isOrderable(field.dataType()));
    }
    if (type instanceof ArrayType array) {
      return isOrderable(array.elementType());
    }
    return !(type instanceof MapType) && !type.equals(DataTypes.VariantType);
  }

  private static void requirePosition(StructType rows) {
    boolean there =
        Arrays.stream(rows.fields())
            .anyMatch(
                field ->
                    field.name().equals(POSITION)
                        && field
                            .dataType()
                            .catalogString()
                            .equals(ByTopic.POSITION_TYPE.catalogString()));
    if (!there) {
      throw invalid(
          "The steps of the job drop or change the column `%s`, by which auto_cdc knows an event. Keep it as it is: SELECT ..., %s FROM input."
              .formatted(POSITION, POSITION));
    }
  }

  private static SluiceException invalid(String message) {
    return new SluiceException(Condition.INVALID_JOB, message);
  }

  /** The key columns. */
  List<StructField> keys() {
    return keys;
  }

  /** The stored columns beside the keys and the position. */
  List<StructField> values() {
    return values;
  }

  /** What of the stored columns an event may write by itself. */
  List<ColumnPart> parts() {
    return parts;
  }

  /** A stored column by what its parts come to. */
  Column whole(StructField value, Function<ColumnPart, Column> part) {
    return ColumnPart.whole(
        parts.stream().filter(each -> each.column().equals(value)).toList(),
        value.dataType(),
        part);
  }

  /** The names of the key columns. */
  String[] keyNames() {
    return keys.stream().map(StructField::name).toArray(String[]::new);
  }

  /** The names of the key columns as Spark's column references. */
  Column[] keyColumns() {
    return keys.stream().map(key -> column(key.name())).toArray(Column[]::new);
  }

  /** That rows of two sides of a join or a merge have the same key, which neither lacks. */
  Column sameKey(String side, String other) {
    return keys.stream()
        .map(key -> column(side, key.name()).equalTo(column(other, key.name())))
        .reduce(Column::and)
        .orElse(lit(true));
  }

  /** Whether the topic orders the events, rather than columns of theirs. */
  boolean orderedByTopic() {
    return sequence.isEmpty();
  }

  /** Whether an event may empty the table. */
  boolean mayTruncate() {
    return spec.applyAsTruncates() != null;
  }

  /** Whether what is not later than a forgotten delete may be late. */
  boolean mindsFloor() {
    return spec.lateInserts() == LateInserts.QUARANTINE;
  }

  /** Whether an event may leave a stored column as it is. */
  boolean isPartial() {
    return hasUnwritten()
        || values.stream().anyMatch(value -> spec.ignoreNullUpdates().has(value.name()));
  }

  /** Whether a null in a column means that the event does not write it. */
  boolean ignoresNull(StructField column) {
    return spec.ignoreNullUpdates().has(column.name());
  }

  /** Whether a change of a column opens a version. */
  boolean isTracked(StructField column) {
    return spec.trackHistory().has(column.name());
  }

  /** Whether events say themselves which columns they do not carry. */
  boolean hasUnwritten() {
    return has(UNWRITTEN);
  }

  /** Whether events of rows whose key changes lack what is known under the other key. */
  boolean mayMove() {
    return orderedByTopic()
        && hasUnwritten()
        && has(OTHER_KEY)
        && rows.apply(OTHER_KEY).dataType() instanceof StructType other
        && keys.stream().allMatch(key -> hasKey(other, key));
  }

  /** Whether events say which change they are of. */
  boolean hasChange() {
    return has(CHANGE);
  }

  private static boolean hasKey(StructType other, StructField key) {
    return Arrays.stream(other.fields())
        .anyMatch(
            field -> field.name().equals(key.name()) && field.dataType().equals(key.dataType()));
  }

  private boolean has(String name) {
    return Arrays.asList(rows.fieldNames()).contains(name);
  }

  /** Whether the table keeps the versions of a row. */
  boolean keepsVersions() {
    return spec.type() == ScdType.TWO;
  }

  /** The columns of the table, in order. */
  StructType table() {
    StructType table = payload().add(POSITION, ByTopic.POSITION_TYPE);
    if (keepsVersions()) {
      return table.add(START, order.pointType()).add(END, order.pointType());
    }
    if (orderedByTopic()) {
      return table;
    }
    StructType ordered = table.add(ORDER, order.type());
    return isPartial()
        ? ordered.add(COLUMN_ORDERS, new MapType(DataTypes.StringType, order.type(), true))
        : ordered;
  }

  /** The columns of events as they are kept beside a table of versions. */
  StructType history() {
    StructType history = payload().add(POSITION, ByTopic.POSITION_TYPE).add(ORDER, order.type());
    return hasUnwritten()
        ? history.add(UNWRITTEN, new ArrayType(DataTypes.StringType, true))
        : history;
  }

  /** The columns of remembered deletes. */
  StructType deletes() {
    return new StructType(keys.toArray(StructField[]::new))
        .add(POSITION, ByTopic.POSITION_TYPE)
        .add(ORDER, order.type())
        .add(REMEMBERED_AT, DataTypes.TimestampType);
  }

  private StructType payload() {
    return new StructType(
        Arrays.stream(rows.fields())
            .filter(field -> keys.contains(field) || values.contains(field))
            .toArray(StructField[]::new));
  }

  /**
   * The events with their order, and with a kind if they have none. Their columns may be null at
   * every depth, as the table's may: a merge compares types with that.
   */
  Dataset<Row> ordered(Dataset<Row> events) {
    Dataset<Row> kinds =
        Arrays.asList(events.columns()).contains(KIND)
            ? events
            : events.withColumn(KIND, lit(UPSERT));
    Dataset<Row> nullable =
        kinds.select(
            Arrays.stream(kinds.schema().asNullable().fields())
                .map(field -> column(field.name()).cast(field.dataType()).as(field.name()))
                .toArray(Column[]::new));
    return nullable.withColumn(ORDER, order.order().cast(order.type()));
  }

  /** The point of an event in which a version starts or ends. */
  Column point() {
    return order.point();
  }

  /** Whether an upsert writes a part of a column. */
  Column writes(ColumnPart part) {
    String name = part.column().name();
    Column written = lit(true);
    if (hasUnwritten()) {
      written = not(coalesce(array_contains(column(UNWRITTEN), lit(name)), lit(false)));
    }
    return ignoresNull(part.column()) ? written.and(part.in(column(name)).isNotNull()) : written;
  }

  /** Whether an event has no key or no order, so that it cannot be merged. */
  Column isRejected() {
    return column(KIND).notEqual(TRUNCATE).and(anyNull(keys)).or(column(ORDER).isNull());
  }

  /** Which of the columns that an event needs is null: its name. */
  Column lacking() {
    Column lacking = lit(null).cast(DataTypes.StringType);
    List<StructField> needed = new ArrayList<>(keys);
    needed.addAll(sequence);
    for (StructField field : needed) {
      lacking = coalesce(lacking, when(column(field.name()).isNull(), lit(field.name())));
    }
    return lacking;
  }

  private static Column anyNull(List<StructField> fields) {
    Column any = lit(false);
    for (StructField field : fields) {
      any = any.or(column(field.name()).isNull());
    }
    return any;
  }

  /** What the table says of itself, so that no job of another kind writes it. */
  TableContract contract() {
    return new TableContract(
        keys.stream().map(StructField::name).toList(),
        spec.type().number(),
        sequence.stream().map(StructField::name).toList());
  }

  /** A column by its exact name, whatever characters it has. */
  static Column column(String name) {
    return functions.col(quoted(name));
  }

  /** A column of a side of a merge by its exact name. */
  static Column column(String side, String name) {
    return functions.col(side + "." + quoted(name));
  }

  static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }
}
