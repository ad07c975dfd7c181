package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.CommitRange;
import io.sluice.delta.DeltaTarget;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.DriverProcess;
import io.sluice.testing.FaultingLogStore;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs that merge change events from a real topic, killed around each of their commits. */
class AutoCdcRunIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final int PARTITIONS = 2;
  private static final int KEYS = 20;
  private static final int EVENTS = 400;

  @RegisterExtension final TempLake lake = new TempLake();

  private final Recorder recorder = new Recorder();

  /** By key and place in the order, what each event says; null when it deletes. */
  private final Map<Integer, TreeMap<Integer, @Nullable Integer>> published = new TreeMap<>();

  private int withoutKey;

  @BeforeEach
  void startSpark() {
    SparkSessions.local();
  }

  /**
   * What a job merges, and how.
   *
   * @param bySequence whether it reads rows in any order, rather than a database's changes
   * @param type its {@code stored_as_scd_type}
   */
  private record Merge(boolean bySequence, int type) {

    private JobText job(String name, Topics topics, TempLake lake) {
      JobText job =
          bySequence
              ? rows(name, topics.rows(), lake)
              : JobText.of(name, BROKER, topics.changes(), lake.path(name))
                  .with("source.format", "debezium");
      return job.with(
          "target.auto_cdc",
          "{stored_as_scd_type: %d%s}"
              .formatted(
                  type,
                  bySequence ? ", keys: [id], sequence_by: [n], apply_as_deletes: v IS NULL" : ""));
    }
  }

  /** The same events in any order and as a database's changes. */
  private record Topics(String rows, String changes) {}

  /**
   * A kill of a driver.
   *
   * @param point where
   * @param begins whether the driver begins a new epoch
   * @param anew whether the next one does
   */
  private record Kill(Merge merge, String point, boolean begins, boolean anew) {

    private Kill(boolean bySequence, int type, String point) {
      this(new Merge(bySequence, type), point, false, false);
    }

    private static Kill beginningAnew(boolean bySequence, int type, String point) {
      return new Kill(new Merge(bySequence, type), point, false, true);
    }
  }

  /**
   * Commits are counted from the driver's start. In a batch by sequence the companion's is the
   * first, then come the table's and the quarantine's; in one of changes there is no companion. A
   * driver takes half a minute: {@code -Dsluice.kills=15} tries all of these.
   */
  private static final List<Kill> KILLS =
      List.of(
              new Kill(true, 1, "delta.before-companion"),
              Kill.beginningAnew(true, 1, "delta.after-companion"),
              new Kill(true, 2, "delta.before-log@2"),
              new Kill(true, 2, "runtime.after-quarantine"),
              new Kill(false, 1, "delta.after-log@1"),
              new Kill(new Merge(true, 1), "delta.after-companion-end", true, true),
              new Kill(new Merge(false, 2), "delta.after-log@1", true, false),
              new Kill(false, 2, "runtime.after-commit"),
              new Kill(true, 1, "delta.before-log@1"),
              new Kill(true, 1, "delta.after-companion"),
              new Kill(true, 1, "runtime.before-quarantine"),
              new Kill(true, 2, "delta.after-companion"),
              Kill.beginningAnew(true, 2, "delta.after-companion"),
              new Kill(false, 1, "runtime.before-quarantine"),
              new Kill(false, 2, "delta.before-log@1"))
          .subList(0, Integer.getInteger("sluice.kills", 7));

  @Test
  void run_killedInABatch_tableEqualsTheEvents() throws Exception {
    Topics topics = topics("cdc-kill");
    List<JobText> jobs = begun(topics, "cdc-kill", KILLS.stream().map(Kill::merge).toList());
    List<JobText> goingOn = new ArrayList<>();
    List<JobText> beginningAnew = new ArrayList<>();
    for (int i = 0; i < KILLS.size(); i++) {
      Kill kill = KILLS.get(i);
      DriverProcess killed =
          driver(
              "cdc-kill-" + i,
              "-Dsluice.fault=" + kill.point(),
              jobs.get(i),
              newEpoch(kill.begins()));
      assertThat(killed.exitCode())
          .as("%s%n%s", kill, killed.output())
          .isEqualTo(FaultPoint.EXIT_CODE);
      (kill.anew() ? beginningAnew : goingOn).add(jobs.get(i));
    }

    run(goingOn.toArray(JobText[]::new));
    run(true, beginningAnew.toArray(JobText[]::new));

    for (int i = 0; i < KILLS.size(); i++) {
      assertEqualsTheEvents("cdc-kill-" + i, KILLS.get(i).merge());
    }
  }

  /** Jobs that have read half of the events. */
  private List<JobText> begun(Topics topics, String name, List<Merge> merges) throws Exception {
    publish(topics, 0);
    List<JobText> jobs = new ArrayList<>();
    for (Merge merge : merges) {
      jobs.add(merge.job(name + "-" + jobs.size(), topics, lake));
    }
    run(jobs.toArray(JobText[]::new));
    publish(topics, EVENTS);
    return jobs;
  }

  /**
   * A driver that is paused.
   *
   * @param point before or after which of its commits, counted as in {@link #KILLS}
   * @param begins whether it begins a new epoch itself, whose first commit ends the one before
   * @param anew whether the other driver begins a new epoch, rather than goes on with the batch
   */
  private record Pause(Merge merge, String point, boolean begins, boolean anew) {

    /**
     * What shuts the paused driver out: the table does where an epoch ends. Otherwise the other's
     * batch is the same and as good as its own, and the checkpoint tells the two apart.
     */
    private String fence() {
      if (begins) {
        return anew ? "with --new-epoch has taken" : "since this one looked where the table ends";
      }
      if (anew) {
        return point.startsWith("after")
            ? "with --new-epoch has taken"
            : "Another running instance";
      }
      return "uses the checkpoint of the job";
    }
  }

  private static final List<Pause> PAUSES =
      List.of(
          new Pause(new Merge(true, 2), "before@1", false, false),
          new Pause(new Merge(true, 1), "before@2", false, true),
          new Pause(new Merge(false, 2), "after@1", false, true),
          new Pause(new Merge(false, 1), "before@1", true, true),
          new Pause(new Merge(false, 1), "before@1", true, false));

  @Test
  void run_pausedAtACommitWhileAnotherDriverGoesOn_isFencedAndTableEqualsTheEvents()
      throws Exception {
    Topics topics = topics("cdc-pause");
    List<JobText> jobs = begun(topics, "cdc-pause", PAUSES.stream().map(Pause::merge).toList());
    List<DriverProcess> paused = new ArrayList<>();
    try {
      for (int i = 0; i < PAUSES.size(); i++) {
        Pause pause = PAUSES.get(i);
        DriverProcess driver =
            driver(
                "cdc-pause-" + i,
                "-Dsluice.pause=" + pause.point(),
                jobs.get(i),
                newEpoch(pause.begins()));
        paused.add(driver);
        driver.awaitPause();
      }
      for (int i = 0; i < PAUSES.size(); i++) {
        run(PAUSES.get(i).anew(), jobs.get(i));
      }
      for (int i = 0; i < PAUSES.size(); i++) {
        DriverProcess driver = paused.get(i);
        driver.resume();
        assertThat(driver.exitCode()).as(driver.output()).isEqualTo(Condition.FENCED.exitCode());
        assertThat(driver.output()).contains(PAUSES.get(i).fence());
      }
    } finally {
      // One that is stopped would never end by itself.
      paused.forEach(DriverProcess::kill);
    }
    // What the one that was shut out has left in the checkpoint is in nobody's way.
    run(jobs.toArray(JobText[]::new));

    for (int i = 0; i < PAUSES.size(); i++) {
      assertEqualsTheEvents("cdc-pause-" + i, PAUSES.get(i).merge());
    }
  }

  private void assertEqualsTheEvents(String name, Merge merge) {
    String which = "%s %s".formatted(name, merge);
    if (merge.type() == 1) {
      assertThat(rows(name)).as(which).isEqualTo(newest());
    } else {
      assertThat(versions(name)).as(which).isEqualTo(versions());
    }
    assertThat(quarantined(name))
        .as(which)
        .hasSize(merge.bySequence() ? withoutKey : 2)
        .doesNotHaveDuplicates();
    assertThat(table(name).columns())
        .as(which)
        .contains("id", "n", "v", "_position")
        .hasSize(merge.type() == 2 ? 6 : merge.bySequence() ? 5 : 4);
    assertGapless(name);
  }

  /** Each message is in one batch of the table's log. */
  private void assertGapless(String name) {
    SparkSession spark = SparkSessions.local();
    DeltaTarget table = DeltaTarget.find(spark, TargetSpec.of(lake.path(name))).orElseThrow();
    List<CommitRange> ranges = new CommitLedger(spark, table).ranges(name);
    assertThat(ranges).as(name).hasSizeGreaterThan(1);
    for (int n = 1; n < ranges.size(); n++) {
      assertThat(ranges.get(n).from()).as(name).isEqualTo(ranges.get(n - 1).to());
    }
  }

  private List<String> quarantined(String name) {
    return table(name + "_quarantine")
        .selectExpr("string(_position)")
        .as(Encoders.STRING())
        .collectAsList();
  }

  @Test
  void run_keysMoveToNewPartitions_whichWaitUntilTheOlderOnesAreRead() throws Exception {
    Topics topics = topics("cdc-grown");
    JobText job =
        new Merge(false, 1).job("grown", topics, lake).with("source.max_rows_per_batch", "150");
    publish(topics, 0);
    run(job);
    publish(topics, EVENTS);
    BROKER.admin().topics().updatePartitionedTopic(topics.changes(), 2 * PARTITIONS);
    publish(topics, 2 * EVENTS);
    run(job);

    assertThat(rows("grown")).isEqualTo(newest());
    assertThat(
            table("grown")
                .select("_position.partition")
                .distinct()
                .as(Encoders.INT())
                .collectAsList())
        .as("partitions that have the newest of a key")
        .anyMatch(partition -> partition >= PARTITIONS);
  }

  @Test
  void run_killedBetweenTheTwoMessagesOfAKeyChange_nextBatchHasWhatTheRowWas() throws Exception {
    String topic = BROKER.createTopic("cdc-moves", 0);
    JobText job =
        JobText.of("moves", BROKER, topic, lake.path("moves")).with("source.format", "debezium");
    change(topic, "c", 1, "null", "{\"id\": 1, \"v\": \"large\"}", 5);
    change(topic, "d", 1, "{\"id\": 1}", "null", 7);

    DriverProcess killed = driver("moves", "-Dsluice.fault=delta.after-departures", job);
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(FaultPoint.EXIT_CODE);
    run(job);
    long between = table("moves").count();
    change(topic, "c", 2, "null", "{\"id\": 2, \"v\": \"__debezium_unavailable_value\"}", 7);
    run(job);

    assertThat(between).isZero();
    assertThat(
            table("moves").selectExpr("concat(id, ' ', v)").as(Encoders.STRING()).collectAsList())
        .containsExactly("2 large");
  }

  private static void change(
      String topic, String op, int id, String before, String after, int place) throws Exception {
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      producer
          .newMessage()
          .key("{\"id\": %d}".formatted(id))
          .value(
              "{\"op\": \"%s\", \"before\": %s, \"after\": %s, \"source\": {\"lsn\": %d}}"
                  .formatted(op, before, after, place))
          .send();
    }
  }

  private Dataset<Row> table(String name) {
    return SparkSessions.local().read().format("delta").load(lake.path(name));
  }

  @Test
  void run_typeTwoByTopic_showsEveryVersionAndQuarantinesWhatHasNoKey() throws Exception {
    String topic = BROKER.createTopic("cdc-versions", 0);
    send(
        topic,
        "{\"id\": 1, \"n\": 1, \"v\": 10}",
        "{\"id\": null, \"n\": 2, \"v\": 11}",
        "{\"id\": 1, \"n\": 3, \"v\": 10}",
        "{\"id\": 2, \"n\": 4, \"v\": 20}");
    JobText job =
        job("versions", topic)
            .with(
                "target.auto_cdc",
                "{keys: [id], apply_as_deletes: v < 0, except_columns: [n], stored_as_scd_type: 2}");
    run(job);
    send(topic, "{\"id\": 1, \"n\": 5, \"v\": 12}", "{\"id\": 2, \"n\": 6, \"v\": -1}");
    run(job);

    List<String> versions =
        table("versions")
            .orderBy("id", "__START_AT")
            .selectExpr(
                "concat_ws(' ', id, v, __START_AT.entry, coalesce(string(__END_AT.entry), 'open'))")
            .as(Encoders.STRING())
            .collectAsList();
    assertThat(versions).containsExactly("1 10 0 4", "1 12 4 open", "2 20 3 5");
    Row bad =
        table("versions_quarantine")
            .selectExpr("error_class", "error_field", "_position.entry", "string(payload)")
            .head();
    assertThat(bad.toString())
        .startsWith("[NULL_KEY,id,1,")
        .contains("\"n\":2")
        .contains("\"v\":11");
    assertThat(recorder.batches.stream().mapToLong(BatchProgress::bad).sum()).isEqualTo(1);
  }

  @Test
  void run_tableOfAnotherKind_isRefused() throws Exception {
    String topic = BROKER.createTopic("cdc-kinds", 0);
    send(topic, "{\"id\": 1, \"n\": 1, \"v\": 1}");
    JobText keyed = job("kinds", topic).with("target.auto_cdc", "{keys: [id]}");
    run(keyed);

    refused(job("kinds", topic), Condition.TABLE_MISMATCH, "it is merged by its keys id");
    refused(
        job("kinds", topic).with("target.auto_cdc", "{keys: [id, n]}"),
        Condition.TABLE_MISMATCH,
        "sluice.autoCdc.keys 'id', and the job says 'id,n'");
    refused(
        job("kinds", topic).with("target.auto_cdc", "{keys: [id], sequence_by: [n]}"),
        Condition.TABLE_MISMATCH,
        "sluice.autoCdc.sequenceBy");
    refused(
        job("kinds", topic).with("target.auto_cdc", "{keys: [id], stored_as_scd_type: 2}"),
        Condition.TABLE_MISMATCH,
        "sluice.autoCdc.scdType");
    refused(
        job("kinds", topic)
            .with("target.auto_cdc", "{keys: [id]}")
            .with("transform", "[{sql: \"SELECT *, 1 AS _index FROM input\"}]"),
        Condition.UNSUPPORTED_SCHEMA,
        "_index");
    refused(
        job("kinds", topic).with("target.auto_cdc", "{keys: [no]}"),
        Condition.INVALID_JOB,
        "names the column `no`, which the events do not have");
    refused(
        job("kinds", topic).with("target.auto_cdc", "{keys: [id], apply_as_deletes: v}"),
        Condition.TRANSFORM_FAILED,
        "target.auto_cdc.apply_as_deletes cannot be used");
    refused(
        job("kinds", topic)
            .with("target.auto_cdc", "{keys: [id]}")
            .with("transform", "[{sql: \"SELECT *, 1 AS __start_at FROM input\"}]"),
        Condition.UNSUPPORTED_SCHEMA,
        "column `__start_at`");
  }

  @Test
  void run_keyInTwoPartitions_isRefusedAndNothingIsWritten() throws Exception {
    String topic = BROKER.createTopic("cdc-crossing", PARTITIONS);
    send(topic + "-partition-0", "{\"id\": 1, \"n\": 1, \"v\": 1}");
    send(topic + "-partition-1", "{\"id\": 1, \"n\": 2, \"v\": 2}");
    JobText job = job("crossing", topic).with("target.auto_cdc", "{keys: [id]}");

    refused(job, Condition.UNORDERED_EVENTS, "nothing says which is later");
    assertThat(rows("crossing")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void run_tableIsEmptiedAndTheTopicHasPartitions_isRefusedUntilTheJobSaysNotTo(int type)
      throws Exception {
    String topic = BROKER.createTopic("cdc-emptied-" + type, PARTITIONS);
    send(topic + "-partition-0", "{\"id\": 1, \"n\": 1, \"v\": 1}");
    send(topic + "-partition-1", "{\"id\": null, \"n\": 2, \"v\": 0}");
    String merge = "{keys: [id], stored_as_scd_type: %d, apply_as_truncates: \"%s\"}";
    String name = "emptied-" + type;

    refused(
        job(name, topic).with("target.auto_cdc", merge.formatted(type, "v = 0")),
        Condition.UNORDERED_EVENTS,
        "set target.auto_cdc.apply_as_truncates to \"false\"");
    assertThat(rows(name)).isEmpty();
    run(job(name, topic).with("target.auto_cdc", merge.formatted(type, "false")));

    assertThat(rows(name)).containsExactly("1 1");
    assertThat(table(name + "_quarantine").count()).isEqualTo(1);
  }

  private static Topics topics(String name) throws Exception {
    return new Topics(
        BROKER.createTopic(name, PARTITIONS), BROKER.createTopic(name + "-database", PARTITIONS));
  }

  private JobText job(String name, String topic) {
    return rows(name, topic, lake);
  }

  private static JobText rows(String name, String topic, TempLake lake) {
    return JobText.of(name, BROKER, topic, lake.path(name))
        .with("source.format", "json")
        .with("source.schema", "id INT, n BIGINT, v INT");
  }

  /**
   * The same events as Debezium tells of them, in their order and with one message among them that
   * cannot be decoded; and as rows in any order, some of them twice, and some without a key.
   */
  private void publish(Topics topics, int first) throws Exception {
    List<Integer> places = new ArrayList<>();
    try (Producer<String> asRows = producer(topics.rows());
        Producer<String> asChanges = producer(topics.changes())) {
      List<CompletableFuture<MessageId>> sent = new ArrayList<>();
      sent.add(asChanges.newMessage().key("{\"id\": 0}").value("{\"op\":").sendAsync());
      for (int n = first; n < first + EVENTS; n++) {
        Integer value = value(n);
        published.computeIfAbsent(id(n), key -> new TreeMap<>()).put(n, value);
        String change =
            value == null
                ? "{\"op\": \"d\", \"before\": %s, \"after\": null, \"source\": {}}"
                : "{\"op\": \"u\", \"before\": null, \"after\": %s, \"source\": {}}";
        sent.add(
            asChanges
                .newMessage()
                .key("{\"id\": %d}".formatted(id(n)))
                .value(change.formatted(row(n, "" + id(n))))
                .sendAsync());
        places.add(n);
        if (n % 10 == 3) {
          places.add(n);
        }
      }
      Collections.shuffle(places, new Random(first));
      for (int n : places) {
        sent.add(asRows.newMessage().key("k" + id(n)).value(row(n, "" + id(n))).sendAsync());
        if (n % 37 == 0) {
          withoutKey++;
          sent.add(asRows.newMessage().key("k" + id(n)).value(row(n, "null")).sendAsync());
        }
      }
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
    }
  }

  private static int id(int n) {
    return n * 7 % KEYS;
  }

  private static @Nullable Integer value(int n) {
    return n % 5 == 0 ? null : (Integer) n;
  }

  private static String row(int n, String id) {
    return "{\"id\": %s, \"n\": %d, \"v\": %s}".formatted(id, n, value(n));
  }

  private static Producer<String> producer(String topic) throws Exception {
    return BROKER.client().newProducer(Schema.STRING).topic(topic).create();
  }

  private static void send(String topic, String... messages) throws Exception {
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).enableBatching(false).create()) {
      for (String message : messages) {
        producer.send(message);
      }
    }
  }

  private Set<String> newest() {
    Set<String> rows = new TreeSet<>();
    published.forEach(
        (id, values) -> {
          Integer last = values.lastEntry().getValue();
          if (last != null) {
            rows.add(id + " " + last);
          }
        });
    return rows;
  }

  /** Each event that writes is a version, as no two write the same; it ends with the next event. */
  private List<String> versions() {
    List<String> versions = new ArrayList<>();
    published.forEach(
        (id, values) -> {
          values.forEach(
              (n, value) -> {
                if (value != null) {
                  versions.add(id + " " + value + (n.equals(values.lastKey()) ? " open" : ""));
                }
              });
        });
    return versions;
  }

  private List<String> versions(String table) {
    return table(table)
        .orderBy("id", "v")
        .selectExpr("concat(int(id), ' ', int(v), if(__END_AT IS NULL, ' open', ''))")
        .as(Encoders.STRING())
        .collectAsList();
  }

  private Set<String> rows(String table) {
    Set<String> rows = new TreeSet<>();
    for (Row row : table(table).selectExpr("int(id)", "int(v)").collectAsList()) {
      assertThat(rows.add(row.getInt(0) + " " + row.getInt(1))).isTrue();
    }
    return rows;
  }

  private void refused(JobText job, Condition condition, String message) {
    assertThatThrownBy(() -> run(job))
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).isEqualTo(condition))
        .hasMessageContaining(message);
  }

  private void run(JobText... jobs) throws Exception {
    run(false, jobs);
  }

  private void run(boolean newEpoch, JobText... jobs) throws Exception {
    List<JobSpec> specs = new ArrayList<>();
    for (JobText job : jobs) {
      String file = job.write(lake.path()).toString();
      specs.add(new JobSpecParser(Environment.ofProcess()).read(file, List.of()).require());
    }
    JobRunner.run(specs, newEpoch, Duration.ofSeconds(30), recorder);
  }

  private static String[] newEpoch(boolean begins) {
    return begins ? new String[] {"--new-epoch"} : new String[0];
  }

  /** A driver whose batches are of 150 rows. */
  private DriverProcess driver(String name, String setting, JobText job, String... flags)
      throws Exception {
    List<String> settings =
        List.of(setting, "-Dspark.delta.logStore.file.impl=" + FaultingLogStore.class.getName());
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of(
            "run", job.write(lake.path()).toString(), "--set", "source.max_rows_per_batch=150"));
    arguments.addAll(List.of(flags));
    return DriverProcess.start(lake.path().resolve(name + ".log"), settings, arguments);
  }
}
