package io.sluice.bench;

import io.sluice.broker.PulsarStandalone;
import io.sluice.testing.SparkSessions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.Trigger;

/** The ways to read all messages of a topic. */
enum ReadWay {
  /** The Pulsar client alone. */
  READER("plain Reader") {
    @Override
    long read(PulsarStandalone broker, String topic, Path directory) throws Exception {
      return ReaderCount.of(broker.serviceUrl(), topic);
    }
  },

  /** Without a column of the payload. */
  METADATA("noop, no payload") {
    @Override
    long read(PulsarStandalone broker, String topic, Path directory) throws Exception {
      return drain(
          rows(broker, topic).select("__publishTime").writeStream().format("noop"), directory);
    }
  },

  /** Every column of the payload, dropped. */
  DECODED("noop, every column") {
    @Override
    long read(PulsarStandalone broker, String topic, Path directory) throws Exception {
      return drain(payload(rows(broker, topic)).writeStream().format("noop"), directory);
    }
  },

  /** Every column of the payload, into a new table. */
  DELTA("Delta append") {
    @Override
    long read(PulsarStandalone broker, String topic, Path directory) throws Exception {
      return drain(
          payload(rows(broker, topic))
              .writeStream()
              .format("delta")
              .option("path", directory.resolve("table-" + UUID.randomUUID()).toString()),
          directory);
    }
  };

  private final String title;

  ReadWay(String title) {
    this.title = title;
  }

  /** What a table of results calls it. */
  String title() {
    return title;
  }

  /**
   * Reads all messages.
   *
   * @param directory for checkpoints and tables
   * @return how many messages there were
   */
  abstract long read(PulsarStandalone broker, String topic, Path directory) throws Exception;

  private static Dataset<Row> rows(PulsarStandalone broker, String topic) {
    return SparkSessions.compiling()
        .readStream()
        .format("pulsar")
        .option("service.url", broker.serviceUrl())
        .option("admin.url", broker.adminUrl())
        .option("topic", topic)
        .option("startingOffsets", "earliest")
        .option("subscription", "bench-" + UUID.randomUUID())
        .load();
  }

  private static Dataset<Row> payload(Dataset<Row> rows) {
    return rows.select(
        Arrays.stream(rows.columns())
            .filter(name -> !name.startsWith("__"))
            .map(rows::col)
            .toArray(Column[]::new));
  }

  private static long drain(DataStreamWriter<Row> writer, Path directory) throws Exception {
    var query =
        writer
            .option(
                "checkpointLocation",
                directory.resolve("checkpoint-" + UUID.randomUUID()).toString())
            .trigger(Trigger.AvailableNow())
            .start();
    query.awaitTermination();
    return Arrays.stream(query.recentProgress())
        .mapToLong(progress -> progress.numInputRows())
        .sum();
  }
}
