package io.sluice.delta;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What another writer does after a write has begun and before it commits: a thread of its own,
 * which tasks of this JVM can reach without a closure.
 */
final class Meanwhile {

  private static final ExecutorService OTHER = Executors.newSingleThreadExecutor();
  private static volatile Callable<?> action = () -> true;

  static {
    // Started here, it does not inherit what Spark binds to the threads of tasks.
    OTHER.execute(() -> {});
  }

  private Meanwhile() {}

  /**
   * Ten rows with an {@code id} from 0 on. Whoever computes them first waits until the action has
   * been done; it is done once, however often they are computed.
   */
  static Dataset<Row> during(SparkSession spark, Callable<?> other) {
    action = other;
    return spark
        .range(10)
        .coalesce(1)
        .map(
            (MapFunction<Long, Long>)
                id -> {
                  if (id == 0) {
                    happen();
                  }
                  return id;
                },
            Encoders.LONG())
        .toDF("id");
  }

  private static synchronized void happen() throws Exception {
    Callable<?> now = action;
    action = () -> true;
    OTHER.submit(now).get();
  }
}
