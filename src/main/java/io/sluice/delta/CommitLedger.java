package io.sluice.delta;

import io.sluice.spec.TargetSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.actions.CommitInfo;
import org.apache.spark.sql.delta.actions.SetTransaction;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What a table's own log says about the batches of a job.
 *
 * <p>Which batch was last stands in the table's state and never goes away. The range that it held
 * stands in the history, which Delta keeps for {@code delta.logRetentionDuration}, 30 days unless
 * the table says otherwise.
 */
public final class CommitLedger {

  private static final int FIRST_LOOK = 20;
  private static final String ROWS = "numOutputRows";
  private static final List<String> CHANGED =
      List.of("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted");

  private final SparkSession spark;
  private final DeltaTarget target;

  /** The ledger of one table. */
  public CommitLedger(SparkSession spark, DeltaTarget target) {
    this.spark = spark;
    this.target = target;
  }

  /**
   * The newest batch of a job in the table.
   *
   * @param epoch the epoch that wrote it
   * @param batch its id; {@link Newest#NONE} where the epoch goes on after another, and has none
   *     yet
   * @param range what it held; null when the history no longer reaches back that far
   */
  public record Newest(String epoch, long batch, @Nullable CommitRange range) {

    /** The batch before an epoch's first. */
    public static final long NONE = -1;

    /** Whether the epoch has no batch yet. */
    public boolean isNone() {
      return batch == NONE;
    }
  }

  /** The newest batch of a job in its table; empty when it has none, or the table is not there. */
  public static Optional<Newest> newest(SparkSession spark, TargetSpec target, String job) {
    return DeltaTarget.find(spark, target)
        .flatMap(table -> new CommitLedger(spark, table).newest(job));
  }

  /**
   * The newest batch of a job in the table, of the epoch that goes on; empty when there is none.
   */
  public Optional<Newest> newest(String job) {
    List<SetTransaction> all =
        CollectionConverters.asJava(target.current(spark).setTransactions()).stream()
            .filter(
                txn -> AppId.parse(txn.appId()).filter(app -> app.job().equals(job)).isPresent())
            .toList();
    // One goes on, whatever the clocks of the machines say; if all have ended, none has said so.
    return ofLatestEpoch(all, txn -> txn.version() != CommitRange.END)
        .or(() -> ofLatestEpoch(all, txn -> true))
        .map(this::newest);
  }

  /** The newest batch of an epoch that has ids of more than one kind of write. */
  private static Optional<SetTransaction> ofLatestEpoch(
      List<SetTransaction> all, Predicate<SetTransaction> wanted) {
    return all.stream()
        .filter(wanted)
        .max(Comparator.comparingLong(CommitLedger::updated))
        .flatMap(
            latest ->
                all.stream()
                    .filter(wanted)
                    .filter(txn -> epoch(txn).equals(epoch(latest)))
                    .max(Comparator.comparingLong(SetTransaction::version)));
  }

  /** Every range of a job that the history still has, oldest first. */
  public List<CommitRange> ranges(String job) {
    List<CommitRange> ranges =
        new ArrayList<>(
            history(Option.empty())
                .map(Entry::range)
                .filter(range -> range.job().equals(job))
                .toList());
    Collections.reverse(ranges);
    return ranges;
  }

  /**
   * The batches of a job that the history still has.
   *
   * @param commits oldest first
   * @param whole whether the history reaches back to the table's creation
   */
  public record History(List<BatchCommit> commits, boolean whole) {}

  /** Every batch of a job that the history still has. */
  public History commits(String job) {
    List<BatchCommit> commits = new ArrayList<>();
    long oldest = Long.MAX_VALUE;
    for (var commit :
        CollectionConverters.asJava(
            target.log(spark).history().getHistory(Option.empty(), Option.empty()))) {
      long version = (Long) commit.version().get();
      oldest = Math.min(oldest, version);
      entry(version, commit.userMetadata(), commit.operationMetrics())
          .filter(entry -> entry.range().job().equals(job))
          .ifPresent(
              entry ->
                  commits.add(
                      new BatchCommit(version, commit.timestamp().toInstant(), entry.range())));
    }
    Collections.reverse(commits);
    return new History(List.copyOf(commits), oldest == 0);
  }

  /**
   * One commit of a job.
   *
   * @param version the table version that it made
   * @param rows the rows that it added, changed or deleted
   * @param range the messages that it says it holds
   */
  record Entry(long version, long rows, CommitRange range) {}

  /** The commit of a batch among those after a version, whatever its messages. */
  Optional<Entry> since(long version, CommitRange range) {
    var commits = target.log(spark).getChanges(version + 1, Option.empty(), false);
    while (commits.hasNext()) {
      var commit = commits.next();
      for (var action : CollectionConverters.asJava(commit._2())) {
        if (action instanceof CommitInfo info) {
          Optional<Entry> entry =
              entry((Long) commit._1(), info.userMetadata(), info.operationMetrics());
          if (entry.filter(e -> e.range().sameBatch(range)).isPresent()) {
            return entry;
          }
        }
      }
    }
    return Optional.empty();
  }

  /** The commit of a batch wherever it is in the history, whatever its messages. */
  Optional<Entry> find(CommitRange range) {
    return find(range.job(), range.epoch(), range.batch());
  }

  private Optional<Entry> find(String job, String epoch, long batch) {
    return find(
        range -> range.job().equals(job) && range.epoch().equals(epoch) && range.batch() == batch);
  }

  private Optional<Entry> find(Predicate<CommitRange> wanted) {
    return history(Option.apply(FIRST_LOOK))
        .filter(entry -> wanted.test(entry.range()))
        .findFirst()
        .or(() -> history(Option.empty()).filter(entry -> wanted.test(entry.range())).findFirst());
  }

  private Newest newest(SetTransaction txn) {
    AppId app = AppId.parse(txn.appId()).orElseThrow();
    Optional<CommitRange> range =
        txn.version() == Newest.NONE
            ? find(each -> each.job().equals(app.job()) && each.isFollowedBy(app.epoch()))
                .map(end -> end.range().begin())
            : find(app.job(), app.epoch(), txn.version()).map(Entry::range);
    return new Newest(app.epoch(), txn.version(), range.orElse(null));
  }

  /** The commits of Sluice's jobs, newest first. */
  private Stream<Entry> history(Option<Object> limit) {
    return CollectionConverters.asJava(
            target.log(spark).history().getHistory(limit, Option.empty()))
        .stream()
        .flatMap(
            commit ->
                entry(
                    (Long) commit.version().get(), commit.userMetadata(), commit.operationMetrics())
                    .stream());
  }

  private static Optional<Entry> entry(
      long version,
      Option<String> userMetadata,
      Option<scala.collection.immutable.Map<String, String>> metrics) {
    if (userMetadata.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> numbers =
        metrics.isEmpty() ? Map.of() : CollectionConverters.asJava(metrics.get());
    long rows =
        numbers.containsKey(CHANGED.get(0))
            ? CHANGED.stream().mapToLong(name -> number(numbers, name)).sum()
            : number(numbers, ROWS);
    return CommitRange.parse(userMetadata.get()).map(range -> new Entry(version, rows, range));
  }

  private static long number(Map<String, String> numbers, String name) {
    return Long.parseLong(numbers.getOrDefault(name, "0"));
  }

  private static String epoch(SetTransaction txn) {
    return AppId.parse(txn.appId()).orElseThrow().epoch();
  }

  private static long updated(SetTransaction txn) {
    return txn.lastUpdated().isEmpty() ? Long.MIN_VALUE : (Long) txn.lastUpdated().get();
  }
}
