package io.sluice.transform;

import io.sluice.SluiceException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** What each change event does, by the conditions of a job. */
public final class ChangeKinds {

  private static final int DELETE = 0;
  private static final int UPSERT = 1;
  private static final int TRUNCATE = 2;

  private ChangeKinds() {}

  /**
   * The events with one more column: 0 for one that deletes, 2 for one that empties the table, 1
   * for any other. A condition that is null does not hold.
   *
   * @param column the name of the column
   * @param deletes the SQL condition of an event that deletes; null for none
   * @param truncates the SQL condition of an event that empties the table; null for none
   * @throws SluiceException TRANSFORM_FAILED if a condition is not one, or may not be used
   */
  public static Dataset<Row> of(
      Dataset<Row> events, String column, @Nullable String deletes, @Nullable String truncates) {
    check(events, "apply_as_deletes", deletes);
    check(events, "apply_as_truncates", truncates);
    return SqlStep.select(
        events,
        "SELECT *, CASE WHEN (\n%s\n) THEN %d WHEN (\n%s\n) THEN %d ELSE %d END AS %s FROM %s"
            .formatted(
                truncates == null ? "false" : truncates,
                TRUNCATE,
                deletes == null ? "false" : deletes,
                DELETE,
                UPSERT,
                column,
                SqlStep.INPUT),
        (reason, cause) -> SqlStep.failure("The conditions of target.auto_cdc", reason, cause));
  }

  private static void check(Dataset<Row> events, String key, @Nullable String condition) {
    if (condition != null) {
      SqlStep.select(
          events,
          "SELECT (\n%s\n) AND true FROM %s".formatted(condition, SqlStep.INPUT),
          (reason, cause) ->
              SqlStep.failure(
                  "The condition target.auto_cdc.%s cannot be used".formatted(key), reason, cause));
    }
  }
}
