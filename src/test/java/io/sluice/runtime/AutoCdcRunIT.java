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
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Path;
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
   * A kill of a driver.
   *
   * @param bySequence whether the job reads rows in any order, rather than a database's changes
   * @param type the job's {@code stored_as_scd_type}
   * @param point where
   * @param anew whether the job then goes on in a new epoch
   */
  private record Kill(boolean bySequence, int type, String point, boolean anew) {

    private Kill(boolean bySequence, int type, String point) {
      this(bySequence, type, point, false);
    }

    private JobText job(String name, String topic, TempLake lake) {
      JobText job =
          bySequence
              ? rows(name, topic, lake)
              : JobText.of(name, BROKER, topic, lake.path(name)).with("source.format", "debezium");
      return job.with("source.max_rows_per_batch", "150")
          .with(
              "target.auto_cdc",
              "{stored_as_scd_type: %d%s}"
                  .formatted(
                      type,
                      bySequence
                          ? ", keys: [id], sequence_by: [n], apply_as_deletes: v IS NULL"
                          : ""));
    }
  }

  /**
   * In a batch by sequence the companion's version is written first, then the table's, then the
   * quarantine's, which the first batch creates after the table and the companion were: so the 7th
   * version is the companion's of the second batch. In one of changes it is the 5th, the table's.
   */
  private static final List<Kill> KILLS =
      List.of(
          new Kill(true, 1, "delta.before-companion@2"),
          new Kill(true, 1, "delta.before-log@7"),
          new Kill(true, 1, "delta.after-companion@2"),
          new Kill(true, 1, "runtime.before-quarantine@1"),
          new Kill(true, 1, "delta.after-companion@2", true),
          new Kill(true, 2, "delta.before-log@8"),
          new Kill(true, 2, "delta.after-companion@2"),
          new Kill(true, 2, "delta.after-companion@2", true),
          new Kill(true, 2, "runtime.after-quarantine@1"),
          new Kill(false, 1, "delta.after-log@5"),
          new Kill(false, 1, "runtime.before-quarantine@1"),
          new Kill(false, 2, "delta.before-log@5"),
          new Kill(false, 2, "runtime.after-commit@2"));

  @Test
  void run_killedInABatch_tableEqualsTheEvents() throws Exception {
    String rows = BROKER.createTopic("cdc-kill", PARTITIONS);
    String changes = BROKER.createTopic("cdc-kill-database", PARTITIONS);
    publish(rows, changes, 0);
    List<String> goingOn = new ArrayList<>();
    List<JobText> beginningAnew = new ArrayList<>();
    for (Kill kill : KILLS) {
      String name = name(kill);
      JobText job = kill.job(name, kill.bySequence() ? rows : changes, lake);
      String file = job.write(lake.path()).toString();
      DriverProcess killed = driver(name, List.of("-Dsluice.fault=" + kill.point()), List.of(file));
      assertThat(killed.exitCode())
          .as("%s%n%s", kill, killed.output())
          .isEqualTo(FaultPoint.EXIT_CODE);
      if (kill.anew()) {
        beginningAnew.add(job.with("source.max_rows_per_batch", "1000"));
      } else {
        goingOn.add(file);
      }
    }
    publish(rows, changes, EVENTS);

    goingOn.addAll(List.of("--set", "source.max_rows_per_batch=1000"));
    DriverProcess again = driver("again", List.of(), goingOn);
    assertThat(again.exitCode()).as(again.output()).isZero();
    for (JobText job : beginningAnew) {
      run(job, true);
    }

    for (Kill kill : KILLS) {
      String name = name(kill);
      if (kill.type() == 1) {
        assertThat(rows(name)).as(kill.toString()).isEqualTo(newest());
      } else {
        assertThat(versions(name)).as(kill.toString()).isEqualTo(versions());
      }
      assertThat(quarantined(name))
          .as(kill.toString())
          .hasSize(kill.bySequence() ? withoutKey : 2)
          .doesNotHaveDuplicates();
      assertThat(table(name).columns())
          .as(kill.toString())
          .contains("id", "n", "v", "_position")
          .hasSize(kill.type() == 2 ? 6 : kill.bySequence() ? 5 : 4);
      assertGapless(name);
    }
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

  private static String name(Kill kill) {
    return "cdc-" + KILLS.indexOf(kill);
  }

  private List<String> quarantined(String name) {
    return table(name + "_quarantine")
        .selectExpr("string(_position)")
        .as(Encoders.STRING())
        .collectAsList();
  }

  @Test
  void run_keysMoveToNewPartitions_whichWaitUntilTheOlderOnesAreRead() throws Exception {
    String rows = BROKER.createTopic("cdc-grown", PARTITIONS);
    String changes = BROKER.createTopic("cdc-grown-database", PARTITIONS);
    JobText job =
        JobText.of("grown", BROKER, changes, lake.path("grown"))
            .with("source.format", "debezium")
            .with("source.max_rows_per_batch", "150");
    publish(rows, changes, 0);
    run(job);
    publish(rows, changes, EVENTS);
    BROKER.admin().topics().updatePartitionedTopic(changes, 2 * PARTITIONS);
    publish(rows, changes, 2 * EVENTS);
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
    String file = job.write(lake.path()).toString();
    change(topic, "c", 1, "null", "{\"id\": 1, \"v\": \"large\"}", 5);
    change(topic, "d", 1, "{\"id\": 1}", "null", 7);

    DriverProcess killed =
        driver("moves", List.of("-Dsluice.fault=delta.after-departures"), List.of(file));
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
  private void publish(String rows, String changes, int first) throws Exception {
    List<Integer> places = new ArrayList<>();
    try (Producer<String> asRows = producer(rows);
        Producer<String> asChanges = producer(changes)) {
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

  private void run(JobText job) throws Exception {
    run(job, false);
  }

  private void run(JobText job, boolean newEpoch) throws Exception {
    Path file = job.write(lake.path());
    JobSpec spec =
        new JobSpecParser(Environment.ofProcess()).read(file.toString(), List.of()).require();
    JobRunner.run(List.of(spec), newEpoch, Duration.ofSeconds(30), recorder);
  }

  private DriverProcess driver(String name, List<String> settings, List<String> options)
      throws Exception {
    List<String> all = new ArrayList<>(settings);
    all.add(
        "-Dspark.delta.logStore.file.impl=" + io.sluice.testing.FaultingLogStore.class.getName());
    List<String> arguments = new ArrayList<>(List.of("run"));
    arguments.addAll(options);
    return DriverProcess.start(lake.path().resolve(name + ".log"), all, arguments);
  }
}
