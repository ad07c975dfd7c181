package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.BadRecords;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.DebeziumSpec;
import io.sluice.spec.JobSpec;
import io.sluice.spec.LateInserts;
import io.sluice.spec.PayloadFormat;
import io.sluice.spec.PulsarSpec;
import io.sluice.spec.ScdType;
import io.sluice.spec.Secret;
import io.sluice.spec.SourceSpec;
import io.sluice.spec.StartPosition;
import io.sluice.spec.TargetSpec;
import io.sluice.spec.TlsSpec;
import io.sluice.spec.TopicSelection;
import io.sluice.spec.TriggerSpec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobPlannerTest {

  private static final String WAREHOUSE = "file:/warehouse";

  @Test
  void plan_smallestJob_namesEverythingThatSparkNeeds() {
    JobPlan plan = JobPlanner.plan(job("/lake/orders", null, open()), WAREHOUSE);

    assertThat(plan.sourceOptions())
        .isEqualTo(
            Map.of(
                "service.url", "pulsar://h:6650",
                "admin.url", "http://h:8080",
                "topics", "persistent://t/n/a,persistent://t/n/b",
                "startingOffsets", "earliest",
                "subscription", "sluice-orders",
                "payload", "auto",
                "includeMetadata", "true",
                "topicSchemas", "merge",
                "mode", "PERMISSIVE"));
  }

  @Test
  void plan_tableAtAPath_putsTheCheckpointBesideIt() {
    assertThat(JobPlanner.plan(job("s3a://b/lake/orders/", null, open()), WAREHOUSE).checkpoint())
        .isEqualTo("s3a://b/lake/_sluice/orders/checkpoint");
  }

  @Test
  void plan_tableOfTheCatalog_putsTheCheckpointIntoTheWarehouse() {
    assertThat(JobPlanner.plan(job("shop.orders", null, open()), WAREHOUSE).checkpoint())
        .isEqualTo("file:/warehouse/_sluice/orders/checkpoint");
  }

  @Test
  void plan_checkpointOfTheJob_isTaken() {
    assertThat(JobPlanner.plan(job("/lake/orders", "/cp", open()), WAREHOUSE).checkpoint())
        .isEqualTo("/cp");
  }

  @Test
  void plan_tokenAndTls_goToClientAndAdminAndAreNotPrinted() {
    PulsarSpec secured =
        new PulsarSpec(
            "pulsar+ssl://h:6651",
            "https://h:8443",
            new Secret("s3cr3t"),
            new TlsSpec("/ca.pem", true, false),
            Map.of("connectionTimeoutMs", "5000"));
    JobPlan plan = JobPlanner.plan(job("/lake/orders", null, secured), WAREHOUSE);

    for (String side : List.of("pulsar.client.", "pulsar.admin.")) {
      assertThat(plan.sourceOptions())
          .containsEntry(side + "authParams", "token:s3cr3t")
          .containsEntry(
              side + "authPluginClassName",
              "org.apache.pulsar.client.impl.auth.AuthenticationToken")
          .containsEntry(side + "tlsTrustCertsFilePath", "/ca.pem")
          .containsEntry(side + "tlsHostnameVerificationEnable", "true")
          .containsEntry(side + "tlsAllowInsecureConnection", "false");
    }
    assertThat(plan.sourceOptions()).containsEntry("pulsar.client.connectionTimeoutMs", "5000");
    assertThat(plan.toString()).doesNotContain("s3cr3t");
  }

  @Test
  void plan_everyKeyOfTheSource_isPassedOn() {
    SourceSpec source =
        new SourceSpec(
            new TopicSelection.Matching("persistent://t/n/a-.*"),
            new StartPosition.At(Map.of("persistent://t/n/a-1", Map.of(0, "5:7"))),
            "mine",
            1024L,
            10L,
            PayloadFormat.TEXT,
            null,
            DebeziumSpec.DEFAULT,
            BadRecords.DEFAULT,
            Map.of("failOnDataLoss", "false"));
    JobSpec job =
        new JobSpec(
            "orders",
            null,
            open(),
            source,
            List.of(),
            TargetSpec.of("/t"),
            new TriggerSpec.AvailableNow(),
            null,
            "0123456789abcdef");

    assertThat(JobPlanner.plan(job, WAREHOUSE).sourceOptions())
        .containsEntry("topicsPattern", "persistent://t/n/a-.*")
        .doesNotContainKey("topics")
        .containsEntry(
            "startingOffsets", "{\"v\":1,\"t\":{\"persistent://t/n/a-1\":{\"0\":\"5:7\"}}}")
        .containsEntry("subscription", "mine")
        .containsEntry("maxBytesPerTrigger", "1024")
        .containsEntry("maxRowsPerTrigger", "10")
        .containsEntry("payload", "string")
        .containsEntry("failOnDataLoss", "false");
  }

  @Test
  void plan_mergeInTheOrderOfTheTopic_holdsNewPartitionsBackUnlessTheJobSaysOtherwise() {
    assertThat(newPartitions(List.of(), Map.of())).isEqualTo("hold");
    assertThat(newPartitions(List.of(), Map.of("NEWPARTITIONS", "read"))).isNull();
    assertThat(newPartitions(List.of("version"), Map.of())).isNull();
  }

  private static @Nullable String newPartitions(List<String> order, Map<String, String> options) {
    AutoCdcSpec merge =
        new AutoCdcSpec(
            List.of("id"),
            order,
            null,
            null,
            ColumnSelection.none(),
            ColumnSelection.all(),
            ScdType.ONE,
            ColumnSelection.all(),
            null,
            LateInserts.QUARANTINE);
    JobSpec job = job(open(), options, TargetSpec.of("/t").merging(merge), null);
    return JobPlanner.plan(job, WAREHOUSE).sourceOptions().get("newPartitions");
  }

  private static PulsarSpec open() {
    return new PulsarSpec("pulsar://h:6650", "http://h:8080", null, null, Map.of());
  }

  static JobSpec job(String table, @Nullable String checkpoint, PulsarSpec pulsar) {
    return job(pulsar, Map.of(), TargetSpec.of(table), checkpoint);
  }

  private static JobSpec job(
      PulsarSpec pulsar,
      Map<String, String> options,
      TargetSpec target,
      @Nullable String checkpoint) {
    SourceSpec source =
        new SourceSpec(
            new TopicSelection.Named(List.of("persistent://t/n/a", "persistent://t/n/b")),
            new StartPosition.Earliest(),
            null,
            null,
            null,
            PayloadFormat.REGISTRY,
            null,
            DebeziumSpec.DEFAULT,
            BadRecords.DEFAULT,
            options);
    return new JobSpec(
        "orders",
        null,
        pulsar,
        source,
        List.of(),
        target,
        new TriggerSpec.AvailableNow(),
        checkpoint,
        "0123456789abcdef");
  }

  static JobSpec job() {
    return job("/lake/orders", null, open());
  }
}
