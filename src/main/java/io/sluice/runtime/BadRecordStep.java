package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.CommitRange;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.IdempotentCommit;
import io.sluice.spec.BadRecordPolicy;
import io.sluice.spec.BadRecords;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.transform.BadRecordFilter;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the messages of a batch that could not be decoded, once the others are in the
 * table.
 *
 * <p>The batch's range is read again for them. What cannot be decoded depends on the bytes and the
 * pinned columns alone, so a replay finds the same messages; of events that came too late it finds
 * these at least. The quarantine's own transaction id keeps them from coming twice.
 */
final class BadRecordStep {

  private static final Logger LOG = LoggerFactory.getLogger(BadRecordStep.class);
  private static final String STEP = "quarantine";

  /** A write of its own: a table takes one per step and batch. */
  private static final String REJECTED_STEP = "quarantine-rejected";

  private final JobPlan plan;
  private final JobRows rows;
  private final PinnedColumns columns;
  private final BadRecordFilter filter;
  private final BadRecords rules;

  BadRecordStep(JobPlan plan, JobRows rows, PinnedColumns columns, BadRecordFilter filter) {
    this.plan = plan;
    this.rows = rows;
    this.columns = columns;
    this.filter = filter;
    this.rules = plan.spec().source().badRecords();
  }

  /** How many bad messages were seen so far; to be asked before a batch is written. */
  long seen() {
    return filter.seen();
  }

  /**
   * Deals with the bad messages of a batch that is in the table.
   *
   * @param seenBefore what {@link #seen} said before the batch was written
   * @param replayed whether the table had it already, so that nothing was seen of it now
   * @return how many there are
   * @throws SluiceException TOO_MANY_BAD_RECORDS if the batch has more than the job allows
   */
  long apply(CommitRange range, long seenBefore, boolean replayed) throws Exception {
    long seen = seen() - seenBefore;
    if (rules.policy() == BadRecordPolicy.FAIL || (seen == 0 && !replayed)) {
      return 0;
    }
    Dataset<Row> messages = rows.range(columns, range.from(), range.to());
    Dataset<Row> undecoded =
        BadRecordFilter.undecoded(messages).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      return keep(undecoded, undecoded.count(), messages::count, range);
    } finally {
      undecoded.unpersist(false);
    }
  }

  /**
   * Stops a batch before it is written, if no message may be bad and one is.
   *
   * @param undecoded the batch's messages that cannot be decoded
   * @throws SluiceException UNDECODABLE_MESSAGE naming the first of them
   */
  void refuse(Dataset<Row> undecoded) {
    if (rules.policy() == BadRecordPolicy.FAIL) {
      for (Row first : undecoded.limit(1).collectAsList()) {
        Row error = first.getAs("__error");
        throw new SluiceException(
            Condition.UNDECODABLE_MESSAGE,
            "Message %d:%d of %s cannot be decoded: %s%s. Nothing of its batch was written. Set source.on_bad_record to quarantine or drop to go on without it."
                .formatted(
                    first.<Long>getAs("__ledgerId"),
                    first.<Long>getAs("__entryId"),
                    first.<String>getAs("__topic"),
                    error.<String>getAs("field").isEmpty()
                        ? ""
                        : "`" + error.<String>getAs("field") + "`: ",
                    error.<String>getAs("message")));
      }
    }
  }

  /**
   * Deals with the bad messages of a batch that is in the table.
   *
   * @param undecoded the batch's messages that cannot be decoded
   * @param bad how many they are
   * @param all how many messages it has
   * @return how many there are
   * @throws SluiceException TOO_MANY_BAD_RECORDS if the batch has more than the job allows
   */
  long keep(Dataset<Row> undecoded, long bad, LongSupplier all, CommitRange range)
      throws Exception {
    if (rules.policy() == BadRecordPolicy.FAIL || bad == 0) {
      return 0;
    }
    check(bad, all, range.batch());
    LOG.warn(
        "Batch {} of the job {} has {} messages that cannot be decoded; they are {}",
        range.batch(),
        plan.name(),
        bad,
        rules.policy() == BadRecordPolicy.DROP ? "dropped" : "to be kept in " + table());
    if (rules.policy() == BadRecordPolicy.QUARANTINE) {
      FaultPoint.hit("runtime.before-quarantine");
      quarantine(BadRecordFilter.quarantined(undecoded, plan.name(), range.batch()), range, STEP);
      FaultPoint.hit("runtime.after-quarantine");
    }
    return bad;
  }

  /**
   * Deals with the events of a batch that the table cannot take, once the others are in it.
   *
   * @param rejected the events, as {@link AutoCdcWrite#rejected} gives them
   * @param count how many there are
   * @return how many there are
   * @throws SluiceException TOO_MANY_BAD_RECORDS if the batch has more than the job allows
   */
  long reject(Dataset<Row> rejected, long count, CommitRange range) throws Exception {
    Dataset<Row> messages = rows.messages(columns, range.from(), range.to());
    check(count, messages::count, range.batch());
    LOG.warn(
        "Batch {} of the job {} has {} events that cannot be merged; they are {}",
        range.batch(),
        plan.name(),
        count,
        rules.policy() == BadRecordPolicy.DROP ? "dropped" : "in " + table());
    if (rules.policy() == BadRecordPolicy.QUARANTINE) {
      FaultPoint.hit("runtime.before-quarantine");
      Dataset<Row> kept = BadRecordFilter.rejected(messages, rejected, plan.name(), range.batch());
      quarantine(kept, range, REJECTED_STEP);
      FaultPoint.hit("runtime.after-quarantine");
    }
    return count;
  }

  private void quarantine(Dataset<Row> bad, CommitRange range, String step) throws Exception {
    DeltaTarget target = DeltaTarget.open(bad.sparkSession(), TargetSpec.of(table()), bad.schema());
    new IdempotentCommit(target, step, SchemaEvolution.ADD_COLUMNS).write(bad, range);
  }

  private void check(long bad, LongSupplier messages, long batch) {
    Long most = rules.maxPerBatch();
    if (most != null && bad > most) {
      throw tooMany(batch, bad, "max_bad_per_batch allows %d".formatted(most));
    }
    Double ratio = rules.maxRatio();
    if (ratio != null) {
      long all = messages.getAsLong();
      if (bad > ratio * all) {
        throw tooMany(
            batch,
            bad,
            String.format(Locale.ROOT, "of %d messages; max_bad_ratio allows %s", all, ratio));
      }
    }
  }

  private SluiceException tooMany(long batch, long bad, String limit) {
    return new SluiceException(
        Condition.TOO_MANY_BAD_RECORDS,
        "Batch %d of the job %s has %d messages that cannot be used: %s. None of them is in %s yet, and nothing is lost. Correct the producer, or raise the limit and run the job again; it goes on with this batch."
            .formatted(batch, plan.name(), bad, limit, table()));
  }

  private String table() {
    return plan.spec().target().quarantine();
  }
}
