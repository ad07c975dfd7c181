package io.sluice.quickstart;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What the quickstart reads back from its table.
 *
 * @param flights the rows of the table
 * @param worst the ten origins whose flights are latest on average, of those with 100 flights
 */
public record FlightDelays(long flights, List<Origin> worst) {

  /**
   * An airport and its flights.
   *
   * @param airport IATA code
   * @param flights how many took off there
   * @param meanDelay minutes
   */
  public record Origin(String airport, long flights, double meanDelay) {}

  /** Reads the table at a path, with the Spark of this process. */
  public static FlightDelays of(String table) {
    Dataset<Row> flights = SparkSession.builder().getOrCreate().read().format("delta").load(table);
    List<Origin> worst =
        flights
            .groupBy("origin")
            .agg(count("*").as("flights"), avg("delay_minutes").as("mean_delay"))
            .where(col("flights").geq(100))
            .orderBy(col("mean_delay").desc())
            .limit(10)
            .collectAsList()
            .stream()
            .map(row -> new Origin(row.getString(0), row.getLong(1), row.getDouble(2)))
            .toList();
    return new FlightDelays(flights.count(), worst);
  }
}
