package io.sluice.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.struct;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
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

  private static final String PREFIX = "__";
  private static final String PAYLOAD = "value";

  private InputView() {}

  /**
   * The job's view of the source's rows.
   *
   * @param source the source's rows with their metadata columns
   * @param jsonSchema the columns of JSON payloads as Spark DDL; null when the source has decoded
   *     the payload
   * @throws SluiceException TRANSFORM_FAILED if the JSON schema is no DDL, UNSUPPORTED_SCHEMA if
   *     the payload has a column of a name that is Sluice's
   */
  public static Dataset<Row> of(Dataset<Row> source, @Nullable String jsonSchema) {
    Dataset<Row> payload = jsonSchema == null ? source : parsed(source, jsonSchema);
    List<String> names =
        Arrays.stream(payload.columns()).filter(name -> !name.startsWith(PREFIX)).toList();
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

  /** The rows as they enter the table. */
  public static Dataset<Row> result(Dataset<Row> rows) {
    return rows.drop(META);
  }

  private static Dataset<Row> parsed(Dataset<Row> source, String jsonSchema) {
    StructType schema;
    try {
      schema = StructType.fromDDL(jsonSchema);
    } catch (Exception e) {
      if (e instanceof AnalysisException) {
        throw new SluiceException(
            Condition.TRANSFORM_FAILED,
            "source.schema is no list of columns as in CREATE TABLE: " + e.getMessage(),
            e);
      }
      throw e;
    }
    Column object = from_json(col(PAYLOAD), schema, Map.of("mode", "FAILFAST"));
    Stream<Column> fields =
        Arrays.stream(schema.fieldNames()).map(name -> object.getField(name).as(name));
    Stream<Column> metadata =
        Arrays.stream(source.columns())
            .filter(name -> name.startsWith(PREFIX))
            .map(InputView::column);
    return source.select(Stream.concat(fields, metadata).toArray(Column[]::new));
  }

  private static Column position() {
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
