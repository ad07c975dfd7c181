package io.sluice.delta;

import io.delta.exceptions.DeltaConcurrentModificationException;
import io.sluice.Condition;
import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import io.sluice.spec.TargetSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
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
 * The end of a job's epoch in its table and in the one beside it: commits without rows.
 *
 * <p>They use up the batch ids of the epoch, so that no driver left in it can write again. In the
 * job's table, which decides which epoch goes on, the commit also makes the successor known, by the
 * id before its first batch, and is made in a transaction that begins at the very state in which
 * the epoch's newest batch is the one that the successor goes on from: a batch that comes in
 * between, or another successor, is a conflict.
 */
public final class EpochEnd {

  private static final int ATTEMPTS = 8;

  /** A driver left in the epoch may have been given another kind of write than the next one. */
  private static final Set<String> STEPS = Set.of(IdempotentCommit.STEP, MergeCommit.STEP);

  private final SparkSession spark;
  private final CommitRange last;

  /**
   * The end of one epoch.
   *
   * @param last the epoch's newest batch, as the job's table has it
   */
  public EpochEnd(SparkSession spark, CommitRange last) {
    this.spark = spark;
    this.last = last;
  }

  /**
   * Ends the epoch and begins the next, unless the table says so already. Its rows are the same in
   * any case.
   *
   * @param spec the job's table
   * @param successor the epoch that goes on
   * @throws SluiceException FENCED if the table has another batch of the epoch by now, or another
   *     epoch goes on; TABLE_MISMATCH if the table is gone or was made anew
   */
  public void commit(TargetSpec spec, String successor) {
    DeltaTarget table =
        DeltaTarget.find(spark, spec)
            .orElseThrow(() -> DeltaTarget.mismatch(spec.table(), "it is gone", null));
    Optional<Companion.Place> companion = Companion.find(spark, spec, table);
    if (companion.isPresent()) {
      // Who goes on is decided in the job's table: were it decided here, and that driver died
      // before it could say so there, nobody could.
      requireNewest(table, table.current(spark));
      close(companion.get());
      FaultPoint.hit("delta.after-companion-end");
    }
    CommitRange end = last.end(successor);
    commit(
        table,
        end,
        STEPS,
        before -> {
          requireNewest(table, before);
          Map<AppId, Long> ids = ids(before, app -> app.job().equals(last.job()));
          boolean goesOn = ids.values().stream().anyMatch(id -> id != CommitRange.END);
          boolean isNext =
              ids.entrySet().stream()
                  .anyMatch(
                      id ->
                          id.getKey().epoch().equals(successor)
                              && id.getValue() != CommitRange.END);
          // An end by itself does not tell: those of earlier releases name no successor.
          if (hasEnded(before) && goesOn && !isNext) {
            throw taken(end, table);
          }
          return isNext;
        });
  }

  /**
   * Lets no batch of the epoch into the table beside any more, whatever that has of it: it is one
   * batch ahead at most.
   */
  private void close(Companion.Place companion) {
    commit(companion.target(), last.end(null), Set.of(companion.step()), this::hasEnded);
  }

  private void requireNewest(DeltaTarget table, Snapshot now) {
    if (hasEnded(now)) {
      return;
    }
    long newest =
        ids(now, this::isOfTheEpoch).values().stream()
            .filter(id -> id != CommitRange.END)
            .max(Long::compare)
            .orElseThrow(
                () ->
                    DeltaTarget.mismatch(
                        table.name(),
                        "it was replaced while the job started. Run the job again",
                        null));
    if (newest != last.batch()) {
      throw new SluiceException(
          Condition.FENCED,
          "Another running instance of the job %s has written to its table since this one looked where the table ends. Stop that one, then run the job with --new-epoch again; nothing is lost."
              .formatted(last.job()));
    }
  }

  private boolean hasEnded(Snapshot now) {
    Map<AppId, Long> ids = ids(now, this::isOfTheEpoch);
    return !ids.isEmpty() && ids.values().stream().allMatch(id -> id == CommitRange.END);
  }

  private boolean isOfTheEpoch(AppId app) {
    return app.job().equals(last.job()) && app.epoch().equals(last.epoch());
  }

  /** What a driver is told whose epoch has ended. */
  static SluiceException taken(CommitRange range, DeltaTarget target) {
    return new SluiceException(
        Condition.FENCED,
        "A run of the job %s with --new-epoch has taken %s over from this one. Let that one run; if there is none any more, run the job again, with --new-epoch if it is refused. Nothing is lost."
            .formatted(range.job(), target.name()));
  }

  /** Commits the end unless it is there. */
  private void commit(
      DeltaTarget target, CommitRange end, Set<String> steps, Predicate<Snapshot> isDone) {
    for (int tried = 1; ; tried++) {
      Snapshot before = target.current(spark);
      if (isDone.test(before)) {
        return;
      }
      Set<String> all = new HashSet<>(steps);
      ids(before, this::isOfTheEpoch).keySet().forEach(app -> all.add(app.step()));
      try {
        commit(target, before, end, ids(end, all));
        return;
      } catch (DeltaConcurrentModificationException e) {
        if (tried == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void commit(DeltaTarget target, Snapshot before, CommitRange end, Map<String, Long> ids) {
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

  /** What the commit of an end makes of each id. */
  private static Map<String, Long> ids(CommitRange end, Set<String> steps) {
    Map<String, Long> ids = new TreeMap<>();
    for (String step : steps) {
      ids.put(new AppId(end.job(), end.epoch(), step).toString(), CommitRange.END);
      if (end.successor() != null) {
        ids.put(new AppId(end.job(), end.successor(), step).toString(), CommitLedger.Newest.NONE);
      }
    }
    return ids;
  }

  /** The newest batch under each of Sluice's ids that is wanted. */
  private static Map<AppId, Long> ids(Snapshot snapshot, Predicate<AppId> wanted) {
    Map<AppId, Long> ids = new HashMap<>();
    for (SetTransaction txn : CollectionConverters.asJava(snapshot.setTransactions())) {
      AppId.parse(txn.appId()).filter(wanted).ifPresent(app -> ids.put(app, txn.version()));
    }
    return ids;
  }
}
