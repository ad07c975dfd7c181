package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.generic.GenericRecord;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.common.policies.data.SchemaCompatibilityStrategy;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** New schema versions while jobs run: the table takes them up, and no message is lost or bent. */
class SchemaEvolutionIT {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();
  private final Recorder recorder = new Recorder();

  /** What was published, by position; the value is the row that it has to become. */
  private final Map<String, Map<String, @Nullable Object>> published = new ConcurrentHashMap<>();

  private final AtomicLong numbers = new AtomicLong();

  @Test
  void run_everyVersionAtOnceWhileItRuns_addsColumnsAndFailsNoBatch() throws Exception {
    String topic = topic(SchemaCompatibilityStrategy.BACKWARD);
    AtomicInteger failedTasks = countFailedTasks();
    ScheduledExecutorService threads = Executors.newScheduledThreadPool(3);
    List<Producer<byte[]>> producers = new ArrayList<>();
    List<ScheduledFuture<?>> publishing = new ArrayList<>();
    publish(topic, OrderVersions.FIRST, 5);
    RunningJob job = start(job(topic).with("trigger", "{every: 100ms}"));
    Future<?> run = threads.submit(() -> watch(job));
    for (OrderVersions version : OrderVersions.values()) {
      long before = numbers.get();
      Producer<byte[]> producer = producer(topic, version);
      producers.add(producer);
      publishing.add(
          threads.scheduleWithFixedDelay(
              () -> send(producer, version, 5), 0, 50, TimeUnit.MILLISECONDS));
      Awaitility.await().atMost(PATIENCE).until(() -> run.isDone() || rows() > before + 40);
    }
    for (ScheduledFuture<?> each : publishing) {
      each.cancel(false);
    }
    Awaitility.await().atMost(PATIENCE).until(() -> published.size() == numbers.get());
    for (Producer<byte[]> producer : producers) {
      producer.close();
    }
    Awaitility.await().atMost(PATIENCE).until(() -> run.isDone() || rows() == published.size());
    job.drain(Duration.ofSeconds(30));
    run.get();

    assertThat(table()).isEqualTo(new TreeMap<>(published));
    assertThat(recorder.evolutions)
        .containsExactly(
            List.of("+ email STRING"),
            List.of("+ country STRING"),
            List.of("+ mail STRING"),
            List.of("+ place.lon DOUBLE"));
    assertThat(job.starts()).as("starts for the same query").isEqualTo(1 + 4);
    assertThat(recorder.pauses).hasSize(4);
    System.out.println(
        "Between the stop of a query and its start with other columns: " + recorder.pauses);
    assertThat(failedTasks).hasValue(0);
    assertThat(quarantineExists()).isFalse();
    threads.shutdownNow();
  }

  @ParameterizedTest
  @EnumSource(
      value = SchemaCompatibilityStrategy.class,
      names = {"BACKWARD", "FORWARD", "FULL", "ALWAYS_COMPATIBLE"})
  void run_oldAndNewProducersUnderEachStrategy_mergesWhatTheRegistryLetsIn(
      SchemaCompatibilityStrategy strategy) throws Exception {
    String topic = topic(strategy);
    for (OrderVersions version :
        List.of(
            OrderVersions.FIRST,
            OrderVersions.NULLABLE_ADDED,
            OrderVersions.FIRST,
            OrderVersions.DEFAULT_ADDED,
            OrderVersions.NULLABLE_ADDED)) {
      publish(topic, version, 10);
    }
    runOnce(job(topic));
    publish(topic, OrderVersions.REMOVED_AND_REORDERED, 10);
    publish(topic, OrderVersions.FIRST, 10);
    runOnce(job(topic));

    assertThat(table()).isEqualTo(new TreeMap<>(published)).hasSize(70);
  }

  @Test
  void run_promotedTypesWithoutWiden_keepWhatFitsAndQuarantineTheRest() throws Exception {
    String topic = topic(SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
    publish(topic, OrderVersions.FIRST, 10);
    runOnce(job(topic));
    publish(topic, OrderVersions.PROMOTED, 10);
    try (Producer<byte[]> producer = producer(topic, OrderVersions.PROMOTED)) {
      producer.send(OrderVersions.encode(OrderVersions.PROMOTED.order(900, 1L << 40, 0.5)));
      producer.send(OrderVersions.encode(OrderVersions.PROMOTED.order(901, 1, 0.1)));
    }
    runOnce(job(topic));

    assertThat(table()).isEqualTo(new TreeMap<>(published)).hasSize(20);
    assertThat(
            spark
                .read()
                .format("delta")
                .load(lake.path("orders_quarantine"))
                .orderBy("_position.entry")
                .select("error_class", "error_field", "schema_version", "batch", "job")
                .collectAsList()
                .toString())
        .isEqualTo(
            "[[VALUE_DOES_NOT_FIT,amount,1,1,orders], [VALUE_DOES_NOT_FIT,ratio,1,1,orders]]");
  }

  @Test
  void run_promotedTypesWithWiden_growTheColumns() throws Exception {
    String topic = topic(SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
    JobText widening = job(topic).with("target.schema_evolution", "widen");
    publish(topic, OrderVersions.FIRST, 10);
    runOnce(widening);
    try (Producer<byte[]> producer = producer(topic, OrderVersions.PROMOTED)) {
      send(producer, OrderVersions.PROMOTED.order(900, 1L << 40, 0.1));
    }
    publish(topic, OrderVersions.FIRST, 5);
    runOnce(widening);

    assertThat(table()).isEqualTo(new TreeMap<>(published)).hasSize(16);
    assertThat(delta().schema().toDDL()).contains("amount BIGINT,ratio DOUBLE");
    assertThat(quarantineExists()).isFalse();
  }

  @Test
  void run_newFieldsUnderRescue_keepTheTableAndTheData() throws Exception {
    String topic = topic(SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
    JobText rescuing = job(topic).with("target.schema_evolution", "rescue");
    publish(topic, OrderVersions.FIRST, 3);
    runOnce(rescuing);
    try (Producer<byte[]> producer = producer(topic, OrderVersions.NESTED_ADDED)) {
      producer.send(OrderVersions.encode(OrderVersions.NESTED_ADDED.order(901, 1L << 40, 0.5)));
    }
    runOnce(rescuing);

    assertThat(delta().columns())
        .containsExactly("id", "amount", "ratio", "note", "place", "_rescued_data", "_position");
    Row rescued = delta().where("id = 901").select("amount", "ratio", "_rescued_data").head();
    assertThat(rescued.isNullAt(0)).isTrue();
    assertThat(rescued.getFloat(1)).isEqualTo(0.5f);
    assertThat(
            spark
                .range(1)
                .selectExpr(
                    "from_json('%s', 'country STRING, amount BIGINT, mail STRING, place STRUCT<lon: DOUBLE>') AS r"
                        .formatted(rescued.getString(2)))
                .select("r.*")
                .head()
                .toString())
        .isEqualTo("[country901,1099511627776,mail901,[225.25]]");
    assertThat(delta().where("_rescued_data IS NOT NULL").count()).isEqualTo(1);
  }

  @Test
  void run_newVersionUnderStrict_stopsFirstAndGoesOnOnceItIsAllowed() throws Exception {
    String topic = topic(SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
    JobText strict = job(topic).with("target.schema_evolution", "strict");
    publish(topic, OrderVersions.FIRST, 5);
    runOnce(strict);
    publish(topic, OrderVersions.NULLABLE_ADDED, 5);

    for (int again = 0; again < 2; again++) {
      assertThatThrownBy(() -> runOnce(strict))
          .isInstanceOfSatisfying(
              SluiceException.class,
              e -> assertThat(e.condition()).isEqualTo(Condition.SCHEMA_CHANGED))
          .hasMessageContaining("--set target.schema_evolution=add_columns")
          .hasMessageContaining("version 1 (+ email string)");
    }
    assertThat(rows()).isEqualTo(5);

    runOnce(job(topic));
    assertThat(table()).isEqualTo(new TreeMap<>(published)).hasSize(10);
  }

  @Test
  void run_stepsThatNameTheirColumns_areNotStartedAgainForANewField() throws Exception {
    String topic = topic(SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
    JobText naming =
        job(topic)
            .with("transform", "[{sql: \"SELECT id, amount, _position FROM input\"}]")
            .with("trigger", "{every: 100ms}");
    publish(topic, OrderVersions.FIRST, 5);
    RunningJob job = start(naming);
    ExecutorService threads = Executors.newCachedThreadPool();
    Future<?> run = threads.submit(() -> watch(job));
    Awaitility.await().atMost(PATIENCE).until(() -> run.isDone() || rows() == 5);
    publish(topic, OrderVersions.DEFAULT_ADDED, 5);
    Awaitility.await().atMost(PATIENCE).until(() -> run.isDone() || rows() == 10);
    job.drain(Duration.ofSeconds(30));
    run.get();

    assertThat(job.starts()).isEqualTo(1);
    assertThat(delta().columns()).containsExactly("id", "amount", "_position");
    threads.shutdownNow();
  }

  private String topic(SchemaCompatibilityStrategy strategy) throws Exception {
    String namespace = BROKER.uniqueNamespace();
    BROKER.admin().namespaces().setSchemaCompatibilityStrategy(namespace, strategy);
    String topic = "persistent://%s/orders".formatted(namespace);
    BROKER.admin().topics().createNonPartitionedTopic(topic);
    return topic;
  }

  private JobText job(String topic) {
    return JobText.of("orders", BROKER, topic, lake.path("orders"));
  }

  private RunningJob start(JobText text) throws Exception {
    var spec =
        new JobSpecParser(Environment.ofProcess())
            .read(text.write(lake.path()).toString(), List.of())
            .require();
    return RunningJob.start(JobPlanner.plan(spec, lake.path("warehouse")), spark, false, recorder);
  }

  private void runOnce(JobText text) throws Exception {
    RunningJob job = start(text.with("trigger", "available_now"));
    watch(job);
  }

  private static boolean watch(RunningJob job) throws InterruptedException {
    while (!job.await(Duration.ofMillis(100))) {
      Thread.onSpinWait();
    }
    return true;
  }

  private static Producer<byte[]> producer(String topic, OrderVersions version) throws Exception {
    return BROKER.client().newProducer(version.schema()).topic(topic).create();
  }

  private void publish(String topic, OrderVersions version, int count) throws Exception {
    try (Producer<byte[]> producer = producer(topic, version)) {
      send(producer, version, count);
    }
  }

  private void send(Producer<byte[]> producer, OrderVersions version, int count) {
    for (int i = 0; i < count; i++) {
      long number = numbers.getAndIncrement();
      send(producer, version.order(number, number * 7, number / 8.0));
    }
  }

  private void send(Producer<byte[]> producer, GenericRecord order) {
    MessageIdAdv at = (MessageIdAdv) producer.sendAsync(OrderVersions.encode(order)).join();
    published.put(
        key(at.getLedgerId(), at.getEntryId(), at.getBatchIndex()), OrderVersions.row(order));
  }

  private AtomicInteger countFailedTasks() {
    AtomicInteger failed = new AtomicInteger();
    spark
        .sparkContext()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onTaskEnd(SparkListenerTaskEnd end) {
                if (!Success$.MODULE$.equals(end.reason())) {
                  failed.incrementAndGet();
                }
              }
            });
    return failed;
  }

  private org.apache.spark.sql.Dataset<Row> delta() {
    return spark.read().format("delta").load(lake.path("orders"));
  }

  private long rows() {
    return delta().count();
  }

  private boolean quarantineExists() {
    return java.nio.file.Files.exists(java.nio.file.Path.of(lake.path("orders_quarantine")));
  }

  private Map<String, Map<String, @Nullable Object>> table() {
    Map<String, Map<String, @Nullable Object>> rows = new TreeMap<>();
    List<String> columns = List.of(delta().select("place.*", "*").columns());
    for (Row row : delta().select("place.*", "*").collectAsList()) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      for (String column :
          List.of("id", "amount", "ratio", "note", "email", "country", "mail", "lat", "lon")) {
        Object value = columns.contains(column) ? row.getAs(column) : null;
        values.put(column, value instanceof Number number ? number.doubleValue() : value);
      }
      Row at = row.getAs("_position");
      String key =
          key(at.<Long>getAs("ledger"), at.<Long>getAs("entry"), at.<Integer>getAs("batch_index"));
      assertThat(rows.put(key, values)).as("twice in the table: " + key).isNull();
    }
    return rows;
  }

  private static String key(long ledger, long entry, int index) {
    return ledger + ":" + entry + ":" + index;
  }
}
