package io.sluice.source;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.awaitility.Awaitility;

/**
 * The driver of {@link ClusterReadIT}: reads a topic into a Delta table, and notes which task read
 * a row, and which executors tasks are given to.
 */
final class ClusterReadJob {

  /** Written by the copy of the slow task, with its executor's process id. */
  static final String COPY = "copy";

  /**
   * Where each executor leaves a file that a task is given to first: a copy goes to another one in
   * any case, and its rows may take the place of the first one's.
   */
  static final String EXECUTORS = "executors";

  /** Written by the test when that executor is dead; no task waits any longer then. */
  static final String KILLED = "killed";

  private static final StructType ROWS =
      new StructType()
          .add("value", DataTypes.StringType)
          .add("__partition", DataTypes.IntegerType)
          .add("__ledgerId", DataTypes.LongType)
          .add("__entryId", DataTypes.LongType)
          .add("__batchIndex", DataTypes.IntegerType)
          .add("task", DataTypes.IntegerType);

  private ClusterReadJob() {}

  /** Takes service URL, admin URL, topic, directory of table and checkpoint. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[3]);
    SparkSession spark = SparkSession.builder().appName("cluster-read").getOrCreate();
    Dataset<Row> rows =
        spark
            .readStream()
            .format("pulsar")
            .option("service.url", arguments[0])
            .option("admin.url", arguments[1])
            .option("topic", arguments[2])
            .option("startingOffsets", "earliest")
            .option("minPartitions", "8")
            .load();
    StreamingQuery query =
        rows.select("value", "__partition", "__ledgerId", "__entryId", "__batchIndex")
            .mapPartitions(new SlowFirstTask(directory.toString()), Encoders.row(ROWS))
            .writeStream()
            .format("delta")
            .option("checkpointLocation", directory.resolve("checkpoint").toString())
            .trigger(Trigger.AvailableNow())
            .start(directory.resolve("table").toString());
    query.awaitTermination();
    spark.stop();
  }

  /** Stops the first task, and the copy of it, in the middle of its rows. */
  private record SlowFirstTask(String directory)
      implements MapPartitionsFunction<Row, Row>, Serializable {

    private static final int ROWS_BEFORE = 3;

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      TaskContext task = TaskContext.get();
      if (task.attemptNumber() == 0) {
        note(SparkEnv.get().executorId());
      }
      return new Iterator<>() {
        private int given;

        @Override
        public boolean hasNext() {
          return rows.hasNext();
        }

        @Override
        public Row next() {
          if (given++ == ROWS_BEFORE && task.partitionId() == 0) {
            stop(task.attemptNumber());
          }
          Row row = rows.next();
          return RowFactory.create(
              row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), task.partitionId());
        }
      };
    }

    private void note(String executor) {
      try {
        Path noted = Files.createDirectories(Path.of(directory, EXECUTORS));
        Files.writeString(noted.resolve(executor), "");
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    private void stop(int attempt) {
      Path killed = Path.of(directory, KILLED);
      if (attempt > 0 && !Files.exists(killed)) {
        write(Path.of(directory, COPY), Long.toString(ProcessHandle.current().pid()));
      }
      Awaitility.await()
          .atMost(Duration.ofMinutes(10))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> Files.exists(killed));
    }
  }

  /** Writes a file that is there with all its text, or not at all. */
  static void write(Path file, String text) {
    try {
      Path unfinished = Files.writeString(file.resolveSibling(file.getFileName() + ".tmp"), text);
      Files.move(unfinished, file);
    } catch (IOException failure) {
      throw new IllegalStateException("cannot write " + file, failure);
    }
  }
}
