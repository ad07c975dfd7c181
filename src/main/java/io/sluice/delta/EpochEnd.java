package io.sluice.delta;

import io.delta.exceptions.DeltaConcurrentModificationException;
import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.SetTransaction;
import org.apache.spark.sql.streaming.OutputMode;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The end of a job's epoch in a table: a commit without rows.
 *
 * <p>It uses up the batch ids of the epoch, so that no driver left in it can write again. In the
 * table that decides which epoch goes on, it also makes the successor known, by the id before its
 * first batch, and is made in a transaction that begins at the very state in which the epoch's
 * newest batch is the one that the successor goes on from: a batch that comes in between, or
 * another successor, is a conflict.
 */
final class EpochEnd {

  private static final int ATTEMPTS = 8;

  private final DeltaTarget target;
  private final String step;

  /**
   * The end of epochs.
   *
   * @param step the name of the write within a batch
   */
  EpochEnd(DeltaTarget target, String step) {
    this.target = target;
    this.step = step;
  }

  /**
   * Ends an epoch and begins the next, unless the table says so already.
   *
   * @param last the epoch's newest batch
   * @param successor the epoch that goes on
   * @throws SluiceException FENCED if the table has another batch of the epoch by now, or another
   *     epoch goes on
   */
  void commit(SparkSession spark, CommitRange last, String successor) {
    CommitRange end = last.end(successor);
    String next = app(last.job(), successor);
    commit(
        spark,
        end,
        Map.of(next, CommitLedger.Newest.NONE),
        before -> {
          requireNewest(before, last);
          Map<String, Long> ids = ids(before, last.job());
          boolean goesOn = ids.values().stream().anyMatch(id -> id != CommitRange.END);
          boolean isNext = ids.getOrDefault(next, CommitRange.END) != CommitRange.END;
          // An end by itself does not tell: those of earlier releases name no successor.
          if (hasEnded(before, last) && goesOn && !isNext) {
            throw taken(end, target);
          }
          return isNext;
        });
  }

  /**
   * Lets no batch of an epoch in any more, whatever the table has of it.
   *
   * @param last a batch of the epoch
   */
  void close(SparkSession spark, CommitRange last) {
    commit(spark, last.end(null), Map.of(), before -> hasEnded(before, last));
  }

  /**
   * Checks that the epoch has no other batch by now, unless it has ended.
   *
   * @param last the epoch's newest batch
   * @throws SluiceException FENCED if it has
   */
  void requireNewest(SparkSession spark, CommitRange last) {
    requireNewest(target.current(spark), last);
  }

  private static void requireNewest(Snapshot now, CommitRange last) {
    long newest =
        ids(now, last.job(), last.epoch()).values().stream()
            .max(Long::compare)
            .orElse(CommitLedger.Newest.NONE);
    if (newest != last.batch() && newest != CommitRange.END) {
      throw new SluiceException(
          Condition.FENCED,
          "Another running instance of the job %s has written to its table since this one looked where the table ends. Stop that one, then run the job with --new-epoch again; nothing is lost."
              .formatted(last.job()));
    }
  }

  private static boolean hasEnded(Snapshot now, CommitRange last) {
    Map<String, Long> ids = ids(now, last.job(), last.epoch());
    return !ids.isEmpty() && ids.values().stream().allMatch(id -> id == CommitRange.END);
  }

  /** What a driver is told whose epoch has ended. */
  static SluiceException taken(CommitRange range, DeltaTarget target) {
    return new SluiceException(
        Condition.FENCED,
        "A run of the job %s with --new-epoch has taken %s over from this one. Let that one run; if there is none any more, run the job again, with --new-epoch if it is refused. Nothing is lost."
            .formatted(range.job(), target.name()));
  }

  /**
   * Commits the end unless it is there.
   *
   * @param begun ids to be written beside
   */
  private void commit(
      SparkSession spark, CommitRange end, Map<String, Long> begun, Predicate<Snapshot> isDone) {
    for (int tried = 1; ; tried++) {
      Snapshot before = target.current(spark);
      if (isDone.test(before)) {
        return;
      }
      Map<String, Long> ids = new TreeMap<>(begun);
      ids.put(app(end.job(), end.epoch()), CommitRange.END);
      // A job that was given another kind of write has ids of more than one step.
      ids(before, end.job(), end.epoch()).keySet().forEach(app -> ids.put(app, CommitRange.END));
      try {
        commit(spark, before, end, ids);
        return;
      } catch (DeltaConcurrentModificationException e) {
        if (tried == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void commit(SparkSession spark, Snapshot before, CommitRange end, Map<String, Long> ids) {
    OptimisticTransaction transaction =
        target.log(spark).startTransaction(Option.empty(), Option.apply(before));
    List<Action> actions = new ArrayList<>();
    ids.forEach(
        (app, id) -> {
          transaction.txnVersion(app);
          actions.add(new SetTransaction(app, id, Option.apply(System.currentTimeMillis())));
        });
    transaction.commit(
        CollectionConverters.asScala(actions).toSeq(),
        new DeltaOperations.StreamingUpdate(
            OutputMode.Append(), end.epoch(), end.batch(), Option.apply(end.toJson())));
  }

  private String app(String job, String epoch) {
    return new AppId(job, epoch, step).toString();
  }

  private static Map<String, Long> ids(Snapshot snapshot, String job, String epoch) {
    return ids(snapshot, app -> app.job().equals(job) && app.epoch().equals(epoch));
  }

  private static Map<String, Long> ids(Snapshot snapshot, String job) {
    return ids(snapshot, app -> app.job().equals(job));
  }

  /** The batch id of each application id that is wanted. */
  private static Map<String, Long> ids(Snapshot snapshot, Predicate<AppId> wanted) {
    return CollectionConverters.asJava(snapshot.setTransactions()).stream()
        .filter(txn -> AppId.parse(txn.appId()).filter(wanted).isPresent())
        .collect(Collectors.toMap(SetTransaction::appId, SetTransaction::version));
  }
}
