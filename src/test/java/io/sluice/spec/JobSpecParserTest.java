package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobSpecParserTest {

  private static final Path JOBS = Path.of("src/test/resources/jobs");
  private static final JobSpecParser PARSER = new JobSpecParser(FixedEnvironment.TYPICAL);

  @Test
  void parse_smallestJob_fillsInEveryDefault() throws IOException {
    JobSpec job = parse("smallest.yaml").require();

    assertThat(job)
        .isEqualTo(
            new JobSpec(
                "orders",
                null,
                new PulsarSpec(
                    "pulsar://localhost:6650", "http://localhost:8080", null, null, Map.of()),
                new SourceSpec(
                    new TopicSelection.Named(List.of("persistent://public/default/orders")),
                    new StartPosition.Earliest(),
                    null,
                    null,
                    null,
                    PayloadFormat.REGISTRY,
                    null,
                    DebeziumSpec.DEFAULT,
                    BadRecords.DEFAULT,
                    Map.of()),
                List.of(),
                TargetSpec.of("/tmp/lake/orders"),
                new TriggerSpec.Every(Duration.ofSeconds(10)),
                null,
                job.hash()));
  }

  @Test
  void parse_fullestJob_readsEveryKey() throws IOException {
    JobSpec job = parse("fullest.yaml").require();

    assertThat(job.pulsar())
        .isEqualTo(
            new PulsarSpec(
                "pulsar+ssl://localhost:6651",
                "https://localhost:8443",
                new Secret("hunter3"),
                new TlsSpec("/etc/ssl/pulsar.pem", false, true),
                Map.of("connectionTimeoutMs", "5000", "memoryLimitBytes", "67108864")));
    assertThat(job.source())
        .isEqualTo(
            new SourceSpec(
                new TopicSelection.Named(
                    List.of(
                        "persistent://shop/sales/orders",
                        "persistent://shop/sales/returns",
                        "persistent://public/default/refunds")),
                new StartPosition.At(
                    Map.of(
                        "persistent://shop/sales/orders", Map.of(0, "12:5", 1, "13:0"),
                        "persistent://public/default/refunds", Map.of(0, "7:0"))),
                "orders-to-lake",
                64L << 20,
                1_000_000L,
                PayloadFormat.JSON,
                "order_id BIGINT, amount DECIMAL(12,2), fx_rate DOUBLE, at TIMESTAMP",
                DebeziumSpec.DEFAULT,
                new BadRecords(BadRecordPolicy.DROP, 0.25, 1000L),
                Map.of("failOnDataLoss", "true")));
    assertThat(job.target())
        .isEqualTo(
            new TargetSpec(
                "/data/lake/orders",
                true,
                List.of("day"),
                List.of(),
                Map.of(
                    "delta.logRetentionDuration", "interval 30 days",
                    "delta.dataSkippingNumIndexedCols", "4"),
                SchemaEvolution.STRICT,
                "/data/lake/bad/orders",
                null,
                true,
                List.of(TableReader.TRINO, TableReader.ATHENA)));
    assertThat(job.trigger()).isEqualTo(new TriggerSpec.Every(Duration.ofMillis(500)));
    assertThat(job.checkpoint()).isEqualTo("/data/lake/_checkpoints/orders");
    assertThat(job.description()).isEqualTo("One row per order event.");
  }

  @Test
  void parse_sqlSteps_carryThePlaceWhereTheirTextBegins() throws IOException {
    assertThat(parse("fullest.yaml").require().transform())
        .containsExactly(
            new TransformStep.Sql(
                "SELECT *, amount * fx_rate AS amount_eur FROM input",
                new SourceMark("fullest.yaml", 36, 10)),
            new TransformStep.Sql(
                "SELECT *, date(at) AS day\nFROM input\nWHERE amount_eur > 0\n",
                new SourceMark("fullest.yaml", 38, 7)));
  }

  @Test
  void toString_ofJobWithSecrets_showsNone() throws IOException {
    ParsedJob parsed =
        parse("fullest.yaml", "pulsar.options.authParams=hunter2", "source.options.x=hunter2");

    assertThat(parsed.require().pulsar().options()).containsEntry("authParams", "hunter2");
    assertThat(parsed.require().toString()).doesNotContain("hunter");
  }

  @Test
  void parse_literalSecret_warnsAndStillGivesTheJob() throws IOException {
    ParsedJob parsed = parse("smallest.yaml", "pulsar.token=hunter2");

    assertThat(parsed.require().pulsar().token()).isEqualTo(new Secret("hunter2"));
    assertThat(parsed.problems())
        .extracting(Problem::code)
        .containsExactly(ProblemCode.LITERAL_SECRET);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2048, 2048",
    "64 MiB, 67108864",
    "64MiB, 67108864",
    "1 GB, 1000000000",
    "500kb, 500000",
    "1.5 KiB, 1536",
    "2TiB, 2199023255552"
  })
  void parse_size_countsBytes(String text, long bytes) throws IOException {
    JobSpec job = parse("smallest.yaml", "source.max_bytes_per_batch=" + text).require();

    assertThat(job.source().maxBytesPerBatch()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "0s, 0",
    "500ms, 500",
    "10s, 10000",
    "2m, 120000",
    "1h, 3600000",
    "7d, 604800000",
    "3 s, 3000"
  })
  void parse_duration_countsMilliseconds(String text, long millis) throws IOException {
    JobSpec job = parse("smallest.yaml", "trigger.every=" + text).require();

    assertThat(job.trigger()).isEqualTo(new TriggerSpec.Every(Duration.ofMillis(millis)));
  }

  @ParameterizedTest
  @CsvSource({
    "/lake/orders, true",
    "./orders, true",
    "s3a://lake/orders, true",
    "file:orders, true",
    "orders, false",
    "shop.orders, false",
    "main.shop.orders, false"
  })
  void parse_table_isPathWithSlashOrScheme(String table, boolean isPath) throws IOException {
    TargetSpec target = parse("smallest.yaml", "target.table=" + table).require().target();

    assertThat(target.table()).isEqualTo(table);
    assertThat(target.isPath()).isEqualTo(isPath);
  }

  @ParameterizedTest
  @CsvSource({
    "orders-.*, persistent://public/default/orders-.*",
    "shop/sales/.*, persistent://shop/sales/.*",
    "persistent://shop/sales/(a|b), persistent://shop/sales/(a|b)"
  })
  void parse_topicsPattern_isBroughtIntoItsFullForm(String text, String full) {
    ParsedJob parsed =
        PARSER.parse(
            "job.yaml",
            "{version: 1, name: a, source: {topics_pattern: \"" + text + "\"}, target: {table: t}}",
            List.of());

    assertThat(parsed.require().source().topics()).isEqualTo(new TopicSelection.Matching(full));
  }

  @Test
  void parse_latestAndAvailableNow_areWords() throws IOException {
    JobSpec job = parse("smallest.yaml", "source.start=latest", "trigger=available_now").require();

    assertThat(job.source().start()).isEqualTo(new StartPosition.Latest());
    assertThat(job.trigger()).isEqualTo(new TriggerSpec.AvailableNow());
  }

  @Test
  void parse_overrideBelowFreeMap_takesTheRestAsOneKey() throws IOException {
    JobSpec job =
        parse(
                "fullest.yaml",
                "target.properties.delta.appendOnly=true",
                "pulsar.options.connectionTimeoutMs=7")
            .require();

    assertThat(job.target().properties()).containsEntry("delta.appendOnly", "true").hasSize(3);
    assertThat(job.pulsar().options()).containsEntry("connectionTimeoutMs", "7").hasSize(2);
  }

  @Test
  void parse_overrideWithList_replacesTheList() throws IOException {
    JobSpec job = parse("fullest.yaml", "source.topics=[a, b]", "source.start=earliest").require();

    assertThat(job.source().topics())
        .isEqualTo(
            new TopicSelection.Named(
                List.of("persistent://public/default/a", "persistent://public/default/b")));
  }

  @Test
  void parse_overrideGivenTwice_takesTheLast() throws IOException {
    JobSpec job = parse("smallest.yaml", "name=first", "name=second").require();

    assertThat(job.name()).isEqualTo("second");
  }

  @Test
  void parse_overrideThatMendsTheFile_leavesNoProblem() {
    ParsedJob parsed =
        PARSER.parse(
            "job.yaml",
            "{version: 1, name: NO, source: {topics: [a]}, target: {table: t}}",
            List.of("name=yes-this"));

    assertThat(parsed.problems()).isEmpty();
  }

  @Test
  void read_missingFile_isAProblem() {
    ParsedJob parsed = PARSER.read("jobs/none.yaml", List.of());

    assertThat(parsed.job()).isNull();
    assertThat(parsed.problems())
        .extracting(Problem::render)
        .containsExactly(
            "jobs/none.yaml:1:1: SLUICE-C001: the job file cannot be read: it does not exist\n");
  }

  @Test
  void require_wrongJob_failsWithEveryProblem() {
    ParsedJob parsed = PARSER.parse("job.yaml", "version: 1\nname: NO\n", List.of());

    assertThatThrownBy(parsed::require)
        .isInstanceOfSatisfying(
            SluiceException.class, e -> assertThat(e.condition()).isEqualTo(Condition.INVALID_JOB))
        .hasMessageContaining("'NO' is not a job name")
        .hasMessageContaining("the key 'source' is missing")
        .hasMessageContaining("the key 'target' is missing");
  }

  private static ParsedJob parse(String file, String... overrides) throws IOException {
    return PARSER.parse(file, Files.readString(JOBS.resolve(file)), List.of(overrides));
  }
}
