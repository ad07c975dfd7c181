package io.sluice.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the {@code pulsar} source as a job sees them.
 *
 * <p>First come the columns of the payload. {@value #POSITION} says which message a row is; it
 * stays in the table, where it proves that nothing came twice. {@value #META} holds what else
 * Pulsar says about the message, for the steps to pick from; as a whole it does not enter the
 * table.
 */
public final class InputView {

  /** The column {@code STRUCT<topic, partition, ledger, entry, batch_index>}. */
  public static final String POSITION = "_position";

  /** The column of a message's other properties. */
  public static final String META = "_meta";

  /** The columns that the source adds to those of the payload, which may begin so as well. */
  private static final Set<String> METADATA =
      Set.of(
          "__key",
          "__topic",
          "__messageId",
          "__publishTime",
          "__eventTime",
          "__messageProperties",
          "__partition",
          "__ledgerId",
          "__entryId",
          "__batchIndex",
          "__schemaVersion",
          "__orderingKey",
          "__producerName",
          "__sequenceId",
          "__error",
          "__payload");

  private static final String PAYLOAD = "value";
  private static final String MALFORMED = "__malformed";

  private InputView() {}

  /**
   * The source's rows with the payload in columns.
   *
   * @param source the source's rows with their metadata columns
   * @param jsonSchema the columns of JSON payloads as Spark DDL; null when the source has decoded
   *     the payload
   * @param permissive whether text that is not JSON of these columns gives null columns and a
   *     reason in {@code __error}; without it, it fails
   * @throws SluiceException TRANSFORM_FAILED if the JSON schema is no DDL
   */
  public static Dataset<Row> decoded(
      Dataset<Row> source, @Nullable String jsonSchema, boolean permissive) {
    return jsonSchema == null ? source : parsed(source, jsonSchema, permissive);
  }

  /**
   * The job's view of decoded rows.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA if the payload has a column of a name that is
   *     Sluice's
   */
  public static Dataset<Row> of(Dataset<Row> payload) {
    List<String> names =
        Arrays.stream(payload.columns()).filter(name -> !METADATA.contains(name)).toList();
    for (String own : List.of(POSITION, META)) {
      if (names.stream().anyMatch(own::equalsIgnoreCase)) {
        throw new SluiceException(
            Condition.UNSUPPORTED_SCHEMA,
            "The payload has a column `%s`; the name is Sluice's own. Rename the field at the producer, or read the topic as bytes."
                .formatted(own));
      }
    }
    Stream<Column> columns = names.stream().map(InputView::column);
    return payload.select(
        Stream.concat(columns, Stream.of(position(), meta())).toArray(Column[]::new));
  }

  /**
   * The view with everything about a message in {@value #POSITION}, which every step of a job with
   * change events keeps.
   *
   * @param view the rows of {@link #of}
   */
  public static Dataset<Row> carrying(Dataset<Row> view) {
    return view.withColumn(POSITION, struct(col(POSITION + ".*"), col(META).as(META)));
  }

  /**
   * The rows with {@value #POSITION} as it was, and what it carried in a column of its own.
   *
   * @param rows what the steps have made of the rows of {@link #carrying}
   * @param column the name of that column; null in rows of a step that makes positions of its own
   */
  public static Dataset<Row> carried(Dataset<Row> rows, String column, StructType meta) {
    StructType fields = (StructType) rows.schema().apply(POSITION).dataType();
    Column position = col(POSITION);
    if (!Arrays.asList(fields.fieldNames()).contains(META)) {
      return rows.withColumn(column, lit(null).cast(meta));
    }
    Column[] own =
        Arrays.stream(fields.fieldNames())
            .filter(name -> !name.equals(META))
            .map(name -> position.getField(name).as(name))
            .toArray(Column[]::new);
    return rows.withColumn(column, position.getField(META)).withColumn(POSITION, struct(own));
  }

  /** The payload's columns among those of the source. */
  public static StructType payload(StructType source) {
    return new StructType(
        Arrays.stream(source.fields())
            .filter(field -> !METADATA.contains(field.name()))
            .toArray(StructField[]::new));
  }

  /** The rows as they enter the table. */
  public static Dataset<Row> result(Dataset<Row> rows) {
    return rows.drop(META);
  }

  private static Dataset<Row> parsed(Dataset<Row> source, String jsonSchema, boolean permissive) {
    StructType schema = columns(jsonSchema);
    Column object =
        permissive
            ? from_json(
                col(PAYLOAD),
                schema.add(MALFORMED, DataTypes.StringType),
                Map.of("mode", "PERMISSIVE", "columnNameOfCorruptRecord", MALFORMED))
            : from_json(col(PAYLOAD), schema, Map.of("mode", "FAILFAST"));
    String parsed = "__parsed";
    Stream<Column> fields =
        Arrays.stream(schema.fieldNames()).map(name -> col(parsed).getField(name).as(name));
    Stream<Column> metadata =
        Arrays.stream(source.columns())
            .filter(METADATA::contains)
            .map(name -> name.equals(BadRecordFilter.ERROR) ? error(parsed) : column(name));
    return source
        .withColumn(parsed, object)
        .select(Stream.concat(fields, metadata).toArray(Column[]::new));
  }

  /**
   * The columns of a list as in CREATE TABLE.
   *
   * @throws SluiceException TRANSFORM_FAILED if it is none
   */
  public static StructType columns(String jsonSchema) {
    try {
      return StructType.fromDDL(jsonSchema);
    } catch (Exception e) {
      if (e instanceof AnalysisException) {
        throw new SluiceException(
            Condition.TRANSFORM_FAILED,
            "source.schema is no list of columns as in CREATE TABLE: " + e.getMessage(),
            e);
      }
      throw e;
    }
  }

  private static Column error(String parsed) {
    Column malformed = col(parsed).getField(MALFORMED).isNotNull();
    return when(
            malformed,
            struct(
                lit("MALFORMED_JSON").as("class"),
                lit("").as("field"),
                lit("the payload is not JSON of the columns in source.schema").as("message")))
        .otherwise(column(BadRecordFilter.ERROR))
        .as(BadRecordFilter.ERROR);
  }

  static Column position() {
    return struct(
            col("__topic").as("topic"),
            col("__partition").as("partition"),
            col("__ledgerId").as("ledger"),
            col("__entryId").as("entry"),
            col("__batchIndex").as("batch_index"))
        .as(POSITION);
  }

  private static Column meta() {
    return struct(
            col("__key").as("key"),
            col("__publishTime").as("publish_time"),
            col("__eventTime").as("event_time"),
            col("__messageProperties").as("properties"),
            col("__schemaVersion").as("schema_version"),
            col("__producerName").as("producer_name"),
            col("__sequenceId").as("sequence_id"),
            col("__orderingKey").as("ordering_key"))
        .as(META);
  }

  /** A column by its exact name, whatever characters it has. */
  private static Column column(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }
}
