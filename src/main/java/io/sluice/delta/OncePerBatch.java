package io.sluice.delta;

import io.delta.exceptions.ConcurrentAppendException;
import io.delta.exceptions.ConcurrentDeleteDeleteException;
import io.delta.exceptions.ConcurrentDeleteReadException;
import io.delta.exceptions.ConcurrentTransactionException;
import io.delta.exceptions.MetadataChangedException;
import io.delta.exceptions.ProtocolChangedException;
import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.schema.DeltaInvariantViolationException;
import org.jspecify.annotations.Nullable;
import scala.Option;

/**
 * Brings a batch into a table exactly once, however often it is asked to, whatever kind of write it
 * takes.
 *
 * <p><b>One commit.</b> The change, its message range and the pair (application id, batch id) enter
 * the table in one atomic commit. The application id is {@code sluice/<job>/<epoch>/<step>}: the
 * same before and after a restart or a change of driver, another after a change of checkpoint.
 *
 * <p><b>Replay.</b> A batch whose id the table has already is not written again; its recorded range
 * must be the range that is asked for, or the checkpoint does not belong to the table
 * (CHECKPOINT_MISMATCH).
 *
 * <p><b>Race.</b> Two drivers of one job use the same application id, so Delta lets only one of
 * their commits pass. The loser looks at what won: the same batch with the same messages is as good
 * as its own; anything else means that another driver has taken over (FENCED). This holds as far as
 * the table's log store lets only one writer create a version, which object stores and HDFS do and
 * a local file system does not promise. After an {@linkplain EpochEnd end of the epoch} none
 * passes.
 *
 * <p><b>Conflict.</b> When another writer has compacted, altered or changed what the write has
 * read, the write is made again from the table's new state, at most {@value #ATTEMPTS} times.
 *
 * <p><b>Lost answer.</b> A commit that landed although its answer was lost is recognised by Delta
 * ({@code commit.idempotencyCheck}), and otherwise by the race rule.
 */
final class OncePerBatch {

  /** A write that carries the batch's ids into the commit that it makes. */
  @FunctionalInterface
  interface Attempt {

    /**
     * Writes the batch.
     *
     * @param before the table's state to begin from
     * @param app the application id
     */
    void write(Snapshot before, String app) throws Exception;
  }

  private static final String SELF_CHECK = "spark.databricks.delta.commit.idempotencyCheck.enabled";
  private static final int ATTEMPTS = 8;
  private static final long SHORTEST_PAUSE_MILLIS = 200;
  private static final long LONGEST_PAUSE_MILLIS = 10_000;
  private static final int DEPTH = 50;

  /** The condition of the AnalysisException in which Spark hides what a data source throws. */
  private static final String WRAPPER = "DATA_SOURCE_EXTERNAL_ERROR";

  private static final List<Class<? extends Exception>> CONFLICTS =
      List.of(
          MetadataChangedException.class,
          ProtocolChangedException.class,
          ConcurrentAppendException.class,
          ConcurrentDeleteReadException.class,
          ConcurrentDeleteDeleteException.class);

  private final DeltaTarget target;
  private final String step;

  /**
   * A write of every batch of a job.
   *
   * @param target the table; it gets one such write per batch
   * @param step the name of the write within a batch
   */
  OncePerBatch(DeltaTarget target, String step) {
    this.target = target;
    this.step = step;
  }

  /**
   * Makes the write, unless the table has the batch.
   *
   * @return the commit that holds the batch
   * @throws SluiceException FENCED, CHECKPOINT_MISMATCH, TABLE_MISMATCH or STORAGE_FAILED
   * @throws Exception what else Spark throws, as it is
   */
  CommitResult run(SparkSession spark, CommitRange range, Attempt attempt) throws Exception {
    String app = new AppId(range.job(), range.epoch(), step).toString();
    CommitLedger ledger = new CommitLedger(spark, target);
    for (int tried = 1; ; tried++) {
      Snapshot before = target.current(spark);
      Option<Object> last = before.transactions().get(app);
      if (last.isDefined() && (Long) last.get() >= range.batch()) {
        return replayed(ledger, range, before.version(), (Long) last.get());
      }
      try {
        spark.conf().set(SELF_CHECK, "true");
        attempt.write(before, app);
        return landed(ledger, range, before.version(), null);
      } catch (Exception e) {
        if (cause(e, ConcurrentTransactionException.class).isPresent()) {
          return landed(ledger, range, before.version(), e);
        }
        boolean conflict = CONFLICTS.stream().anyMatch(type -> cause(e, type).isPresent());
        if (!conflict || tried == ATTEMPTS) {
          throw named(e);
        }
        Thread.sleep(pause(tried));
      }
    }
  }

  private static long pause(int tried) {
    long longest = Math.min(LONGEST_PAUSE_MILLIS, SHORTEST_PAUSE_MILLIS << tried);
    return ThreadLocalRandom.current().nextLong(SHORTEST_PAUSE_MILLIS, longest);
  }

  /** The commit of the batch among those since the write began; it may be another driver's. */
  private CommitResult landed(
      CommitLedger ledger, CommitRange range, long before, @Nullable Exception lostRace) {
    return ledger
        .since(before, range)
        .filter(commit -> commit.range().sameMessages(range))
        .map(commit -> new CommitResult(commit.version(), commit.rows(), lostRace != null))
        .orElseThrow(() -> fenced(range, lostRace));
  }

  private SluiceException fenced(CommitRange range, @Nullable Exception lostRace) {
    return new SluiceException(
        Condition.FENCED,
        "Another running instance of the job %s writes to %s; batch %d of this one was not written. Let one of the two run; nothing is lost."
            .formatted(range.job(), target.name(), range.batch()),
        lostRace);
  }

  /**
   * The commit of a batch that the table has.
   *
   * @param last the newest batch of the epoch that the table has
   */
  private CommitResult replayed(CommitLedger ledger, CommitRange range, long version, long last) {
    Optional<CommitLedger.Entry> recorded = ledger.find(range);
    if (recorded.isPresent() && !recorded.get().range().sameMessages(range)) {
      throw new SluiceException(
          Condition.CHECKPOINT_MISMATCH,
          "The table %s has batch %d of the job %s with other messages than the checkpoint says.%n  table:      %s up to %s%n  checkpoint: %s up to %s%nAnother instance of the job may be running, or the checkpoint is not the one that wrote the table. Nothing was written."
              .formatted(
                  target.name(),
                  range.batch(),
                  range.job(),
                  recorded.get().range().from().toJson(),
                  recorded.get().range().to().toJson(),
                  range.from().toJson(),
                  range.to().toJson()));
    }
    if (recorded.isEmpty() && last == CommitRange.END) {
      throw EpochEnd.taken(range, target);
    }
    return recorded
        .map(commit -> new CommitResult(commit.version(), commit.rows(), true))
        .orElseGet(() -> new CommitResult(version, 0, true));
  }

  /** The failure by its name, where the table or its storage is the reason; else as it is. */
  private Exception named(Exception e) {
    if (SluiceException.in(e).isPresent()) {
      return e;
    }
    Optional<SluiceException> storage =
        StorageFailure.find(e, "the table %s at %s".formatted(target.name(), target.location()));
    if (storage.isPresent()) {
      return storage.get();
    }
    Optional<? extends Throwable> misfit =
        cause(e, DeltaInvariantViolationException.class)
            .map(Throwable.class::cast)
            .or(
                () ->
                    cause(e, AnalysisException.class)
                        .filter(a -> !WRAPPER.equals(a.getCondition())));
    return misfit.isPresent()
        ? DeltaTarget.mismatch(target.name(), String.valueOf(misfit.get().getMessage()), e)
        : e;
  }

  private static <T extends Throwable> Optional<T> cause(Throwable failure, Class<T> type) {
    int depth = 0;
    for (@Nullable Throwable t = failure; t != null && depth < DEPTH; t = t.getCause(), depth++) {
      if (type.isInstance(t)) {
        return Optional.of(type.cast(t));
      }
    }
    return Optional.empty();
  }
}
