package io.sluice.runtime;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.change.ChangeRows;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.BatchCommit;
import io.sluice.delta.ColumnMerge;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.DeltaTarget;
import io.sluice.delta.KeyLookup;
import io.sluice.explain.Explanation;
import io.sluice.explain.KeyJudge;
import io.sluice.explain.KeyMessage;
import io.sluice.explain.KeyMessage.Kind;
import io.sluice.explain.Position;
import io.sluice.explain.TableFacts;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.BadRecordPolicy;
import io.sluice.spec.JobSpec;
import io.sluice.spec.TargetSpec;
import io.sluice.transform.BadRecordFilter;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link KeyJudge} needs to say why a row is what it is: the events of its key in the
 * topics, the rows and the log of the table, the quarantine. It moves no subscription and touches
 * no checkpoint.
 */
public final class JobExplainer {

  private static final String META = KeyLookup.MESSAGE;

  private final JobPlan plan;
  private final SparkSession session;
  private final JobRows rows;
  private final int limit;
  private final List<String> notes = new ArrayList<>();
  private boolean complete = true;

  private JobExplainer(JobPlan plan, SparkSession session, int limit) {
    this.plan = plan;
    this.session = session;
    this.rows = new JobRows(plan, session, new BadRecordFilter(session.sparkContext()));
    this.limit = limit;
  }

  /**
   * Explains a row, on the Spark that this process finds or starts.
   *
   * @param job a job that merges change events into one table
   * @param key a value, where there is one key column; or {@code column=value} for each
   * @param since the publish time from which on the topics are read; null for all they have
   * @param limit how many of the key's messages are looked at; the newest stay
   * @throws SluiceException INVALID_JOB if the job has no keys or the key does not fit them,
   *     KEY_NOT_FOUND if nothing is known of it
   */
  public static Explanation explain(
      JobSpec job, List<String> key, @Nullable Instant since, int limit) {
    SparkSession spark = SparkSettings.spark();
    String warehouse = spark.conf().get("spark.sql.warehouse.dir");
    SparkSession session = SparkSettings.forJob(spark);
    // Times in answers are UTC, as everywhere in a table.
    session.conf().set("spark.sql.session.timeZone", "UTC");
    return new JobExplainer(JobPlanner.plan(job, warehouse), session, limit).explain(key, since);
  }

  private Explanation explain(List<String> texts, @Nullable Instant since) {
    TargetSpec spec = keyed();
    AutoCdcSpec merge = spec.autoCdc();
    if (merge == null) {
      throw appends();
    }
    Map<String, String> start =
        since == null
            ? Map.of("startingOffsets", "earliest")
            : Map.of("startingTime", Long.toString(since.toEpochMilli()));
    Dataset<Row> decoded = rows.stored(columns(start), start);
    Dataset<Row> events = rows.traced(decoded, merge, META);
    KeyLookup lookup =
        KeyLookup.find(session, spec, events.drop(META).schema()).orElseThrow(this::noTable);
    AskedKey key = AskedKey.of(session, lookup.keys(), texts);

    // The log first: what is committed meanwhile shows in the rows as something not explained.
    CommitLedger.History history = lookup.commits(plan.name());
    List<TableFacts.KeyRow> present =
        lookup.rows(key.isKey()).collectAsList().stream()
            .map(row -> new TableFacts.KeyRow(position(row.getAs("_position")), row.getAs("json")))
            .toList();
    KeyQuarantine quarantine = KeyQuarantine.of(session, plan, key, limit);

    Read read = events(lookup, events, key);
    List<KeyMessage> found = new ArrayList<>(read.messages);
    found.addAll(others(decoded, key, read.seen));
    List<KeyMessage> messages = quarantine.with(found);
    if (since != null) {
      complete = false;
      notes.add("Only messages published since %s were read (--since).".formatted(since));
    }
    List<String> gone = new StoredTopics(plan).gone(history.commits());
    complete &= gone.isEmpty();
    notes.addAll(gone);
    if (!history.whole()) {
      complete = false;
      notes.add(
          "The table's log goes back to version %d; batches before it are not known any more."
              .formatted(
                  history.commits().stream().mapToLong(BatchCommit::version).min().orElse(0)));
    }
    TableFacts facts =
        new TableFacts(
            lookup.values(),
            Set.copyOf(lookup.tracked()),
            lookup.hasVersions(),
            lookup.isBySequence(),
            history.commits(),
            history.whole(),
            present,
            quarantine.positions(),
            plan.spec().source().badRecords().policy() == BadRecordPolicy.DROP);
    KeyJudge.Verdict verdict =
        KeyJudge.judge(facts, messages, complete || lookup.keepsEveryEvent());
    if (!verdict.agrees()) {
      notes.add(
          "These messages do not give the row that the table has: it was changed by hand, a batch"
              + " was committed meanwhile, messages that it is made of are gone, or one of them came"
              + " too late and is not in the quarantine.");
    }
    Explanation explanation =
        new Explanation(
            plan.name(),
            spec.table(),
            key.values(),
            present,
            verdict.messages(),
            verdict.agrees(),
            notes);
    if (!explanation.isKnown()) {
      throw new SluiceException(
          Condition.KEY_NOT_FOUND,
          "Nothing is known of the key %s: %s has no row of it, and the topics no message. %s"
              .formatted(key.values(), spec.table(), String.join(" ", notes))
              .strip());
    }
    return explanation;
  }

  /** The table as the job describes it, with the keys that it was made with. */
  private TargetSpec keyed() {
    TargetSpec target = plan.spec().target();
    AutoCdcSpec merge = target.autoCdc();
    if (merge == null || !merge.keys().isEmpty()) {
      return target;
    }
    if (DeltaTarget.find(session, target).isEmpty()) {
      throw noTable();
    }
    return AutoCdcWrite.keys(session, target)
        .map(keys -> target.merging(merge.withKeys(keys)))
        .orElseThrow(this::appends);
  }

  private SluiceException appends() {
    return new SluiceException(
        Condition.INVALID_JOB,
        "The job %s appends to %s: its rows have no key, and each is one message, the one in its column _position. A job with target.auto_cdc.keys can be explained."
            .formatted(plan.name(), plan.spec().target().table()));
  }

  private SluiceException noTable() {
    return new SluiceException(
        Condition.KEY_NOT_FOUND,
        "There is no table %s yet, so there is no row to explain. Run the job %s first."
            .formatted(plan.spec().target().table(), plan.name()));
  }

  /** The columns that the newest batch was decoded into. */
  private PinnedColumns columns(Map<String, String> start) {
    PinnedColumns before =
        new Checkpoint(plan.checkpoint(), session.sparkContext().hadoopConfiguration())
            .log(CommitLedger.newest(session, plan.spec().target(), plan.name()))
            .columns(Long.MAX_VALUE)
            .orElse(null);
    if (rows.isChanges()) {
      PinnedColumns known = rows.known(before);
      if (before != null) {
        return known;
      }
      StructType needed = ChangeRows.survey(rows.stored(known, start), known.payload()).needed();
      return new PinnedColumns(
          ColumnMerge.of(known.payload(), needed, true), RegisteredSchemas.none());
    }
    if (!rows.hasRegisteredColumns()) {
      return new PinnedColumns(new StructType(), RegisteredSchemas.none());
    }
    return before == null ? rows.registered() : before;
  }

  /**
   * What was read of a key.
   *
   * @param messages its events
   * @param seen the messages that have events, of the key or near it
   */
  private record Read(List<KeyMessage> messages, Set<Position> seen) {}

  private Read events(KeyLookup lookup, Dataset<Row> events, AskedKey key) {
    Column newestFirst = col(META).getField("publish_time").desc();
    List<Row> told =
        lookup
            .trace(
                events,
                key.isKey(),
                key.isNamedBy(col(META).getField("key")),
                newestFirst,
                limit + 1)
            .collectAsList();
    long read = told.stream().filter(row -> !row.<Boolean>getAs(KeyLookup.STORED)).count();
    if (read > limit) {
      cut();
    }
    Set<Position> seen = new HashSet<>();
    Set<Integer> places = new HashSet<>();
    List<KeyMessage> messages = new ArrayList<>();
    for (Row row : told) {
      if (!row.<Boolean>getAs(KeyLookup.STORED)) {
        KeyMessage message = event(row);
        seen.add(message.position());
        if (message.kind() == Kind.REJECTED || row.<Boolean>getAs(KeyLookup.OF_KEY)) {
          messages.add(message);
          places.add(message.place());
        }
      }
    }
    for (Row row : told) {
      if (row.<Boolean>getAs(KeyLookup.STORED)) {
        KeyMessage message = event(row);
        boolean isNew =
            lookup.isBySequence()
                ? places.add(message.place())
                : !seen.contains(message.position());
        if (isNew) {
          seen.add(message.position());
          messages.add(message);
        }
      }
    }
    return new Read(messages, seen);
  }

  private void cut() {
    complete = false;
    notes.add(
        "The key has more than %d messages; the newest were looked at. Raise --limit for more."
            .formatted(limit));
  }

  private static KeyMessage event(Row row) {
    Row message = row.getAs(META);
    Timestamp published = message == null ? null : message.getAs("publish_time");
    Long version = message == null ? null : message.getAs("schema_version");
    Position position = position(row.getAs("_position"));
    String lacking = row.getAs(KeyLookup.LACKING);
    boolean stored = row.<Boolean>getAs(KeyLookup.STORED);
    Instant time = published == null ? null : published.toInstant();
    if (lacking != null) {
      return KeyMessage.other(
          position,
          time,
          version,
          Kind.REJECTED,
          stored,
          "the column %s is null".formatted(lacking));
    }
    Integer place = row.getAs(KeyLookup.PLACE);
    Map<String, String> content = new LinkedHashMap<>();
    row.<String, String>getJavaMap(row.fieldIndex(KeyLookup.CONTENT))
        .forEach((column, json) -> content.put(column, bare(json)));
    String point = row.getAs(KeyLookup.POINT);
    return new KeyMessage(
        position,
        time,
        version,
        switch (row.<Integer>getAs(AutoCdcWrite.KIND)) {
          case 0 -> Kind.DELETE;
          case 2 -> Kind.TRUNCATE;
          default -> Kind.UPSERT;
        },
        place == null ? 0 : place,
        point == null ? null : bare(point),
        content,
        Set.copyOf(row.getList(row.fieldIndex(KeyLookup.WRITTEN))),
        stored,
        null);
  }

  /** The value in {@code {"v":value}}. */
  private static String bare(String json) {
    return json.substring("{\"v\":".length(), json.length() - 1);
  }

  /** Messages that name the key and gave no event. */
  private List<KeyMessage> others(Dataset<Row> decoded, AskedKey key, Set<Position> seen) {
    boolean skips = Arrays.asList(decoded.columns()).contains(ChangeRows.SKIPPED);
    List<Row> named =
        decoded
            .where(key.isNamedBy(col("__key")))
            .select(
                col("__topic"),
                col("__partition"),
                col("__ledgerId"),
                col("__entryId"),
                col("__batchIndex"),
                col("__publishTime"),
                col("__schemaVersion"),
                col("__error"),
                skips ? col(ChangeRows.SKIPPED) : lit(null).cast("string"))
            .orderBy(col("__publishTime").desc())
            .limit(limit + 1)
            .collectAsList();
    if (named.size() > limit && complete) {
      cut();
    }
    List<KeyMessage> others = new ArrayList<>();
    for (Row row : named) {
      Position position = position(row);
      if (!seen.contains(position)) {
        Row error = row.getStruct(7);
        String skipped = row.getString(8);
        others.add(
            KeyMessage.other(
                position,
                row.getTimestamp(5).toInstant(),
                row.isNullAt(6) ? null : row.getLong(6),
                error != null ? Kind.BAD : skipped != null ? Kind.SKIPPED : Kind.LEFT_OUT,
                false,
                error != null
                    ? reason(error.getAs("class"), error.getAs("field"), error.getAs("message"))
                    : skipped != null ? skipped : "the steps of the job give no row of it"));
      }
    }
    return others;
  }

  static String reason(String error, @Nullable String field, String message) {
    return "%s: %s%s"
        .formatted(error, field == null || field.isEmpty() ? "" : "`" + field + "`: ", message);
  }

  static Position position(Row row) {
    return new Position(
        row.getString(0), row.getInt(1), row.getLong(2), row.getLong(3), row.getInt(4));
  }
}
