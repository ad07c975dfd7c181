package io.sluice.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.udf;

import org.apache.spark.SparkContext;
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

  /**
   * Bad messages as the quarantine keeps them: what the message was, where it lies, and why it is
   * here.
   *
   * @param undecoded the source's rows of such messages, with every metadata column
   * @param job the job's name
   * @param batch the batch id
   */
  public static Dataset<Row> quarantined(Dataset<Row> undecoded, String job, long batch) {
    return undecoded.select(
        lit(job).as("job"),
        lit(batch).as("batch"),
        col(ERROR + ".class").as("error_class"),
        col(ERROR + ".field").as("error_field"),
        col(ERROR + ".message").as("error_message"),
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
        col("__payload").as("payload"));
  }
}
