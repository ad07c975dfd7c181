package io.sluice.transform;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.TransformStep;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.jspecify.annotations.Nullable;
import scala.Option;

/**
 * A step that is a query: {@code SELECT ... FROM input}, one row set to the next.
 *
 * <p>The text is refused before it is analysed unless {@link SqlGuard} finds nothing in it, since
 * analysis itself may already run what the text calls.
 */
public final class SqlStep {

  /** The name under which a step finds the rows so far. */
  public static final String INPUT = "input";

  private static final String SUBSTITUTION = "spark.sql.variable.substitute";

  private SqlStep() {}

  /**
   * The rows after the step; nothing runs yet.
   *
   * @param rows the rows before it; their session belongs to the job alone, as the name {@value
   *     #INPUT} is bound in it
   * @param step the step
   * @throws SluiceException TRANSFORM_FAILED with the step's place in the job file
   */
  public static Dataset<Row> apply(Dataset<Row> rows, TransformStep.Sql step) {
    return select(
        rows,
        step.text(),
        (reason, cause) ->
            failure("%s: this step cannot run".formatted(step.mark()), reason, cause));
  }

  /** Names what is wrong with a text. */
  @FunctionalInterface
  interface Refusal {

    /** The failure for a reason. */
    SluiceException of(String reason, @Nullable Throwable cause);
  }

  /** The rows that a query gives for rows by the name of {@value #INPUT}. */
  static Dataset<Row> select(Dataset<Row> rows, String text, Refusal refusal) {
    SparkSession spark = rows.sparkSession();
    spark.conf().set(SUBSTITUTION, "false");
    Option<SparkSession> before = SparkSession.getActiveSession();
    // The parser takes its settings from the thread's session, whichever session it belongs to.
    SparkSession.setActiveSession(spark);
    try {
      refuse(SqlGuard.objection(parse(spark, text)), refusal);
      rows.createOrReplaceTempView(INPUT);
      Dataset<Row> result = spark.sql(text);
      refuse(SqlGuard.randomness(analyzed(result)), refusal);
      if (result.isStreaming()) {
        refuse(SqlGuard.memory(optimized(result)), refusal);
      }
      return result;
    } catch (AnalysisException e) {
      throw refusal.of(String.valueOf(e.getMessage()).strip(), e);
    } finally {
      if (before.isDefined()) {
        SparkSession.setActiveSession(before.get());
      } else {
        SparkSession.clearActiveSession();
      }
    }
  }

  private static LogicalPlan parse(SparkSession spark, String text) throws AnalysisException {
    return classic(spark).sessionState().sqlParser().parsePlan(text);
  }

  private static LogicalPlan analyzed(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution().analyzed();
  }

  /** A plan as a stream gets it, with the names that a query gives to its parts resolved. */
  private static LogicalPlan optimized(Dataset<Row> rows) {
    return classic(rows.sparkSession()).sessionState().optimizer().execute(analyzed(rows));
  }

  private static org.apache.spark.sql.classic.SparkSession classic(SparkSession spark) {
    return (org.apache.spark.sql.classic.SparkSession) spark;
  }

  private static void refuse(@Nullable String objection, Refusal refusal) {
    if (objection != null) {
      throw refusal.of(objection, null);
    }
  }

  /** A text that cannot be used. */
  static SluiceException failure(String what, String reason, @Nullable Throwable cause) {
    return new SluiceException(Condition.TRANSFORM_FAILED, "%s: %s".formatted(what, reason), cause);
  }
}
