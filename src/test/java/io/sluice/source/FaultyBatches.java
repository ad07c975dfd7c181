package io.sluice.source;

import io.sluice.testing.RandomMessages;
import io.sluice.testing.RandomMessages.Sent;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A sink that keeps what each batch held, as an idempotent table does, and that fails by chance:
 * before it has read a batch, in the middle, and when it has stored it.
 */
final class FaultyBatches implements VoidFunction2<Dataset<Row>, Long> {

  /** A failure that is part of the game. */
  static final class PlannedFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final Map<Long, Map<String, Sent>> batches = new ConcurrentSkipListMap<>();
  private final Random random;
  private volatile boolean failing = true;
  private volatile boolean lossy;

  FaultyBatches(Random random) {
    this.random = random;
  }

  /** From now on every batch is stored at the first attempt. */
  void failNoMore() {
    failing = false;
  }

  /** From now on a batch may hold less when it is run again. */
  void allowLoss() {
    lossy = true;
  }

  @Override
  public void call(Dataset<Row> batch, Long id) {
    int fate = failing ? random.nextInt(10) : 9;
    if (fate == 0) {
      throw new PlannedFailure();
    }
    Dataset<Row> rows =
        batch.select("value", "__topic", "__partition", "__ledgerId", "__entryId", "__batchIndex");
    if (fate < 3) {
      // Tasks that end before their ranges do, as killed ones.
      rows.takeAsList(1 + random.nextInt(20));
    }
    Map<String, Sent> read = read(rows);
    Map<String, Sent> before = batches.put(id, read);
    if (!lossy && before != null && !before.equals(read)) {
      throw new AssertionError(
          "Batch " + id + " had " + before.keySet() + ", run again " + read.keySet());
    }
    if (fate == 3) {
      throw new PlannedFailure();
    }
  }

  private static Map<String, Sent> read(Dataset<Row> rows) {
    Map<String, Sent> read = new HashMap<>();
    for (Row row : rows.collectAsList()) {
      int partition = row.getInt(2);
      put(
          read,
          RandomMessages.id(row.getLong(3), row.getLong(4), row.getInt(5)),
          new Sent(
              row.getString(1) + (partition < 0 ? "" : "-partition-" + partition),
              row.getString(0)));
    }
    return read;
  }

  private static void put(Map<String, Sent> all, String id, Sent message) {
    if (all.put(id, message) != null) {
      throw new AssertionError("Twice: " + id + " of " + message.partition());
    }
  }

  /**
   * All messages of all batches by their ids.
   *
   * @throws AssertionError if a message came twice
   */
  Map<String, Sent> messages() {
    Map<String, Sent> all = new HashMap<>();
    batches.values().forEach(batch -> batch.forEach((id, message) -> put(all, id, message)));
    return all;
  }
}
