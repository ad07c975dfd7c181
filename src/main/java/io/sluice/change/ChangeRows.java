package io.sluice.change;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_set;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.exists;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.get_json_object;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Raw messages of a change topic in the normal form of change events.
 *
 * <p>What comes in are the rows of the {@code pulsar} source read as bytes: {@value #VALUE}, null
 * for a tombstone, and its metadata columns. What comes out, in one pass, has for each row of each
 * message the table's columns, the metadata columns as they were, and
 *
 * <ul>
 *   <li>{@value #OP}: {@code r}, {@code c} and {@code u} for a row that is there, {@code d} for one
 *       that is gone, {@code t} when all are gone; null if the message is no change or bad;
 *   <li>{@value #UNWRITTEN}: the columns that the event does not carry;
 *   <li>{@value #KEYS}: the key's columns, empty if the row has no key;
 *   <li>{@value #INDEX}: the row's place among those of its message, as Canal's have several;
 *   <li>{@value #SOURCE}: where the change comes from, for people;
 *   <li>{@value #OTHER_KEY}: where a change has given the row another key, a row with nothing but
 *       that key: the one that it had before; of a row that is gone, the one that it has from now
 *       on. Null otherwise;
 *   <li>{@value #SKIPPED}: why a message is no change of a row;
 *   <li>{@value #ERROR} and {@value #PAYLOAD}: why a message cannot be told, and its bytes;
 *   <li>{@value #NEEDED}: the columns that the event needs beyond those given.
 * </ul>
 *
 * <p>Of a deleted row the key's columns are filled; of one without a key whatever the event knows.
 * A column that the event does not name is null.
 *
 * <p>Names: fields go to the column of their name without regard to case, as in tables. Two fields
 * of one event with one such name make it a bad event, because a table cannot hold both. Blanks,
 * dashes and letters of any script stay as they are.
 */
public final class ChangeRows {

  /** The payload of a raw message. */
  public static final String VALUE = "value";

  /** The kind of change. */
  public static final String OP = "_op";

  /** The columns that an event does not carry. */
  public static final String UNWRITTEN = "_unwritten";

  /** The key's columns. */
  public static final String KEYS = "_keys";

  /** Where a change comes from. */
  public static final String SOURCE = "_source";

  /** A row's place in its message. */
  public static final String INDEX = "_index";

  /** The key that a row had before its key changed, or has from then on. */
  public static final String OTHER_KEY = "_other_key";

  /**
   * Where a change stands in the database's log, for events that do not say whether their row's key
   * changes.
   */
  public static final String CHANGE = "_change";

  /** Why a message is no change. */
  public static final String SKIPPED = "__skipped";

  /** The columns that an event needs. */
  public static final String NEEDED = "__needed";

  /** Why a message is bad. */
  public static final String ERROR = "__error";

  /** The bytes of a bad message. */
  public static final String PAYLOAD = "__payload";

  private static final String EVENT = "__event";
  private static final String ROW = "row";

  private static final Set<String> OWN =
      Set.of(OP, UNWRITTEN, KEYS, SOURCE, INDEX, OTHER_KEY, SKIPPED, NEEDED, ERROR, PAYLOAD);

  /** Further columns of the normal form, which are made elsewhere. */
  private static final List<String> OTHERS = List.of("_position", "_meta", CHANGE, EVENT);

  private static final StructType ERROR_TYPE =
      new StructType()
          .add("class", DataTypes.StringType)
          .add("field", DataTypes.StringType)
          .add("message", DataTypes.StringType);

  private static final StructType SOURCE_TYPE =
      new StructType()
          .add("ts", DataTypes.TimestampType)
          .add("db", DataTypes.StringType)
          .add("schema", DataTypes.StringType)
          .add("table", DataTypes.StringType)
          .add("snapshot", DataTypes.StringType)
          .add("position", DataTypes.StringType)
          .add("transaction", DataTypes.StringType)
          .add("old_key", DataTypes.StringType)
          .add("new_key", DataTypes.StringType);

  private ChangeRows() {}

  /**
   * The messages in normal form.
   *
   * @param raw the source's rows with their metadata columns
   * @param columns the table's columns as far as they are known, those that the user declared among
   *     them; a table that does not exist yet has none
   * @param schemas what the registry says about the topics
   */
  public static Dataset<Row> decoded(
      Dataset<Row> raw, StructType columns, ChangeOptions options, WriterSchemas schemas) {
    List<String> metadata =
        Arrays.stream(raw.columns())
            .filter(name -> !name.equals(VALUE) && !OWN.contains(name))
            .toList();
    Set<String> reserved =
        Stream.of(OWN.stream(), OTHERS.stream(), metadata.stream())
            .flatMap(names -> names)
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    Column events =
        // Not deterministic for Spark, so that no optimisation calls it once per column.
        udf(new EventRows(columns, options, schemas, reserved), type(columns))
            .asNondeterministic()
            .apply(
                col(VALUE),
                col("__key"),
                property("__debezium.oldkey"),
                property("__debezium.newkey"),
                col("__topic"),
                col("__schemaVersion"));
    return raw.withColumn(EVENT, events)
        .withColumn(EVENT, explode(col(EVENT)))
        .select(output(raw, columns, metadata).toArray(Column[]::new));
  }

  private static List<Column> output(Dataset<Row> raw, StructType columns, List<String> metadata) {
    List<String> given = Arrays.asList(raw.columns());
    List<Column> output = new ArrayList<>();
    for (StructField column : columns.fields()) {
      output.add(col(EVENT).getField(ROW).getField(column.name()).as(column.name()));
    }
    metadata.forEach(name -> output.add(quoted(name)));
    for (String name : List.of(OP, UNWRITTEN, KEYS, SOURCE, INDEX, OTHER_KEY, SKIPPED, NEEDED)) {
      output.add(col(EVENT).getField(name).as(name));
    }
    Column error = col(EVENT).getField(ERROR);
    output.add((given.contains(ERROR) ? coalesce(col(ERROR), error) : error).as(ERROR));
    output.add(
        (given.contains(PAYLOAD)
                ? col(PAYLOAD)
                : when(error.isNotNull(), col(VALUE)).otherwise(lit(null)))
            .as(PAYLOAD));
    return output;
  }

  /**
   * The rows that are changes: what the table is merged with. {@value #CHANGE} says which of them
   * may be a change of a row's key: all rows of a snapshot stand at one place of the log, a message
   * with a header of Debezium's has all of them, so also the one that says it, and only the logs of
   * PostgreSQL and Oracle, whose places are an {@code lsn} or a {@code scn}, lack values.
   */
  public static Dataset<Row> changes(Dataset<Row> decoded) {
    Column position = col(SOURCE).getField("position");
    Column headers =
        exists(map_keys(col("__messageProperties")), name -> name.startsWith("__debezium."));
    Column keeps = col(OTHER_KEY).isNull().and(coalesce(headers, lit(false)));
    Column place = coalesce(get_json_object(position, "$.lsn"), get_json_object(position, "$.scn"));
    return decoded
        .where(col(OP).isNotNull().and(col(ERROR).isNull()))
        .withColumn(
            CHANGE,
            when(not(keeps).and(col(OP).isin("c", "u", "d")).and(place.isNotNull()), position));
  }

  /** The rows of messages that cannot be told: what the quarantine keeps. */
  public static Dataset<Row> bad(Dataset<Row> decoded) {
    return decoded.where(col(ERROR).isNotNull());
  }

  /**
   * What is to be known of rows before they are used.
   *
   * @param needed the columns that they need, those that they were decoded into among them. If they
   *     differ and the table may have them, the messages have to be decoded again with these
   * @param bad how many rows cannot be told
   * @param all how many there are
   */
  public record Survey(StructType needed, long bad, long all) {}

  /**
   * Looks at rows. Runs one query.
   *
   * @param decoded the rows of {@link #decoded}
   * @param columns the columns that they were decoded into
   */
  public static Survey survey(Dataset<Row> decoded, StructType columns) {
    Row found =
        decoded.agg(collect_set(NEEDED), count_if(col(ERROR).isNotNull()), count(lit(1))).head();
    StructType needed = new StructType();
    for (String each : found.<String>getList(0)) {
      needed = ColumnGrowth.union(needed, (StructType) DataType.fromJson(each));
    }
    return new Survey(ColumnGrowth.grown(columns, needed), found.getLong(1), found.getLong(2));
  }

  /** A row of what {@link EventRows} gives. */
  private static DataType type(StructType columns) {
    DataType names = DataTypes.createArrayType(DataTypes.StringType);
    return DataTypes.createArrayType(
        new StructType()
            .add(OP, DataTypes.StringType)
            .add(UNWRITTEN, names)
            .add(KEYS, names)
            .add(SOURCE, SOURCE_TYPE)
            .add(INDEX, DataTypes.IntegerType)
            .add(SKIPPED, DataTypes.StringType)
            .add(NEEDED, DataTypes.StringType)
            .add(ERROR, ERROR_TYPE)
            .add(ROW, columns.asNullable())
            .add(OTHER_KEY, columns.asNullable()));
  }

  private static Column property(String name) {
    return element_at(col("__messageProperties"), name);
  }

  private static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }
}
