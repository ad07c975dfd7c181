package io.sluice.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.current_timestamp;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.udf;

import org.apache.spark.SparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.LongAccumulator;

/**
 * Parts the messages that could be decoded from those that could not.
 *
 * <p>The steps of a job see only the former. The latter are counted on their way, and only a batch
 * that has some is read a second time for them: so a job without bad messages pays one comparison
 * per row, and a job with steps that keep state needs no second stream.
 */
public final class BadRecordFilter {

  /** A quarantine's column of when a message got there. */
  public static final String QUARANTINED_AT = "quarantined_at";

  /** The column of the reason, null for a message that was decoded. */
  static final String ERROR = "__error";

  private final LongAccumulator seen;
  private final UserDefinedFunction decoded;

  /** A filter whose count belongs to one query of a session. */
  public BadRecordFilter(SparkContext context) {
    LongAccumulator count = context.longAccumulator("undecodableMessages");
    this.seen = count;
    UDF1<String, Boolean> check =
        error -> {
          if (error != null) {
            count.add(1);
          }
          return error == null;
        };
    // Spark moves no filter of a step below one whose answer it must not take for granted, so
    // that a step cannot drop a bad message before it is counted.
    this.decoded = udf(check, DataTypes.BooleanType).asNondeterministic();
  }

  /** The rows of messages that were decoded; the others are counted when the rows are computed. */
  public Dataset<Row> decoded(Dataset<Row> source) {
    return source.where(decoded.apply(col(ERROR + ".class")));
  }

  /**
   * How many bad messages were seen so far. A task that runs twice counts twice, so the number
   * serves to tell none from some.
   */
  public long seen() {
    return seen.value();
  }

  /** The rows of messages that could not be decoded. */
  public static Dataset<Row> undecoded(Dataset<Row> source) {
    return source.where(col(ERROR).isNotNull());
  }

  /** The rows of messages that could be decoded. */
  public static Dataset<Row> decodable(Dataset<Row> source) {
    return source.where(col(ERROR).isNull());
  }

  /**
   * Messages whose rows the table cannot take, as the quarantine keeps them: beside what the
   * message was, the row that the steps made of it.
   *
   * @param source the source's rows with every metadata column
   * @param rejected the rows by {@code _position}, with {@code error_class}, {@code error_field},
   *     {@code error_message} and {@code payload}
   */
  public static Dataset<Row> rejected(
      Dataset<Row> source, Dataset<Row> rejected, String job, long batch) {
    String at = "__at";
    Dataset<Row> rows = rejected.withColumnRenamed(InputView.POSITION, at);
    return kept(
        source.join(rows, InputView.position().equalTo(col(at))),
        job,
        batch,
        col("error_class"),
        col("error_field"),
        col("error_message"),
        col("payload"));
  }

  /**
   * Bad messages as the quarantine keeps them: what the message was, where it lies, and why it is
   * here.
   *
   * @param undecoded the source's rows of such messages, with every metadata column
   * @param job the job's name
   * @param batch the batch id
   */
  public static Dataset<Row> quarantined(Dataset<Row> undecoded, String job, long batch) {
    return kept(
        undecoded,
        job,
        batch,
        col(ERROR + ".class"),
        col(ERROR + ".field"),
        col(ERROR + ".message"),
        col("__payload"));
  }

  private static Dataset<Row> kept(
      Dataset<Row> messages,
      String job,
      long batch,
      Column errorClass,
      Column errorField,
      Column errorMessage,
      Column payload) {
    return messages.select(
        lit(job).as("job"),
        lit(batch).as("batch"),
        errorClass.as("error_class"),
        errorField.as("error_field"),
        errorMessage.as("error_message"),
        InputView.position(),
        col("__messageId").as("message_id"),
        col("__key").as("key"),
        col("__orderingKey").as("ordering_key"),
        col("__messageProperties").as("properties"),
        col("__publishTime").as("publish_time"),
        col("__eventTime").as("event_time"),
        col("__schemaVersion").as("schema_version"),
        col("__producerName").as("producer_name"),
        col("__sequenceId").as("sequence_id"),
        payload.as("payload"),
        current_timestamp().as(QUARANTINED_AT));
  }
}
