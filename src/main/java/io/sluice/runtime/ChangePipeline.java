package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import io.sluice.change.ChangeRows;
import io.sluice.change.ChangeRows.Survey;
import io.sluice.delta.ColumnMerge;
import io.sluice.delta.CommitRange;
import io.sluice.delta.CommitResult;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.spec.SchemaEvolution;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * The steps of one batch of changes of a database's rows.
 *
 * <p>What {@link BatchPipeline} says of batches that come again holds here. Which columns the rows
 * have is not known before they are read: a batch that needs columns which no batch before it
 * needed is decoded again with these, once they are kept in the checkpoint for it.
 */
final class ChangePipeline implements VoidFunction2<Dataset<Row>, Long> {

  private final JobPlan plan;
  private final BatchRanges ranges;
  private final JobRows rows;
  private final ChangeTable table;
  private final BadRecordStep badRecords;
  private final DrainGate gate;
  private final ProgressListener listener;
  private StructType columns;
  private boolean isWritten;

  /**
   * The messages of a batch in normal form.
   *
   * @param events persisted
   */
  private record Decoded(Dataset<Row> events, Survey survey) {}

  ChangePipeline(
      JobPlan plan,
      BatchRanges ranges,
      JobRows rows,
      ChangeTable table,
      BadRecordStep badRecords,
      DrainGate gate,
      ProgressListener listener,
      StructType columns) {
    this.plan = plan;
    this.ranges = ranges;
    this.rows = rows;
    this.table = table;
    this.badRecords = badRecords;
    this.gate = gate;
    this.listener = listener;
    this.columns = columns;
  }

  @Override
  public void call(Dataset<Row> messages, Long batch) throws Exception {
    gate.enter();
    try {
      FaultPoint.hit("runtime.batch-start");
      CommitRange range = ranges.of(batch);
      Decoded decoded = decoded(messages, batch);
      try {
        write(decoded, range);
      } finally {
        decoded.events.unpersist(false);
      }
    } finally {
      gate.leave();
    }
  }

  private void write(Decoded decoded, CommitRange range) throws Exception {
    Dataset<Row> events = decoded.events;
    Survey survey = decoded.survey;
    Dataset<Row> bad = ChangeRows.bad(events);
    if (survey.bad() > 0) {
      badRecords.refuse(bad);
    }
    FaultPoint.hit("runtime.before-commit");
    Optional<ChangeTable.Batch> batch = table.batch(events);
    CommitResult result = null;
    long notThere = 0;
    if (batch.isPresent()) {
      if (!isWritten) {
        ranges.log().keepWritten(range.batch());
        isWritten = true;
      }
      result = batch.get().commit(range);
      FaultPoint.hit("runtime.after-commit");
      if (result.rejected() > 0) {
        Optional<Dataset<Row>> rejected = batch.get().rejected();
        if (rejected.isPresent()) {
          notThere = badRecords.reject(rejected.get(), result.rejected(), range);
        }
      }
    }
    notThere += badRecords.keep(bad, survey.bad(), survey::all, range);
    if (result != null) {
      listener.committed(range.batch(), result, notThere);
    }
  }

  private Decoded decoded(Dataset<Row> messages, long batch) {
    Decoded decoded = decoded(messages);
    SchemaEvolution evolution = plan.spec().target().evolution();
    StructType needed = decoded.survey.needed();
    StructType next = ColumnMerge.of(columns, needed, evolution == SchemaEvolution.WIDEN);
    if (next.equals(columns)) {
      return decoded;
    }
    decoded.events.unpersist(false);
    List<String> changes = ColumnMerge.changes(columns, next);
    if (evolution == SchemaEvolution.STRICT && !columns.isEmpty()) {
      throw new SluiceException(
          Condition.SCHEMA_CHANGED,
          "Batch %d has changes of rows with other columns: %s. Nothing of it was written."
              .formatted(batch, String.join(", ", changes)));
    }
    ranges.log().keep(batch, new PinnedColumns(next, RegisteredSchemas.none()));
    if (!columns.isEmpty()) {
      listener.evolved(changes);
    }
    columns = next;
    return decoded(messages);
  }

  /** Decodes messages into the columns that are known. */
  private Decoded decoded(Dataset<Row> messages) {
    Dataset<Row> events = rows.events(messages, columns).persist(StorageLevel.MEMORY_AND_DISK());
    return new Decoded(events, ChangeRows.survey(events, columns));
  }
}
