package io.sluice.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A sink that keeps what each batch held. A batch that Spark runs again replaces its former self,
 * as an idempotent table does.
 */
public final class CollectedBatches implements VoidFunction2<Dataset<Row>, Long> {

  private final Map<Long, List<Row>> batches = new ConcurrentSkipListMap<>();

  @Override
  public void call(Dataset<Row> batch, Long id) {
    batches.put(id, batch.collectAsList());
  }

  /** The rows by batch, in order. */
  public Map<Long, List<Row>> byBatch() {
    return batches;
  }

  /** All rows, in the order of their batches. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    batches.values().forEach(rows::addAll);
    return rows;
  }

  /**
   * The text of column {@code value} by message.
   *
   * @throws AssertionError if a message came twice
   */
  public Map<MessageKey, String> values() {
    Map<MessageKey, String> values = new TreeMap<>();
    for (Row row : rows()) {
      String before = values.put(MessageKey.of(row), row.getAs("value"));
      if (before != null) {
        throw new AssertionError("Twice: " + MessageKey.of(row) + " " + before);
      }
    }
    return values;
  }
}
