package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RawSchema;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.apache.pulsar.common.policies.data.SchemaCompatibilityStrategy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code sluice schema} says of a real registry and a real table. */
class SchemaCommandIT {

  private static final String FIRST = "{\"name\":\"id\",\"type\":\"int\"}";
  private static final String SECOND =
      FIRST + ",{\"name\":\"note\",\"type\":[\"null\",\"string\"],\"default\":null}";

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  private String topic = "";

  @BeforeEach
  void registerAndRun() throws Exception {
    SparkSessions.local();
    String namespace = BROKER.uniqueNamespace();
    BROKER
        .admin()
        .namespaces()
        .setSchemaCompatibilityStrategy(namespace, SchemaCompatibilityStrategy.ALWAYS_COMPATIBLE);
    topic = "persistent://" + namespace + "/orders";
    publish(FIRST, new byte[] {2});
  }

  @Test
  void show_afterARun_listsVersionsAndColumns() throws Exception {
    assertThat(Answer.to("schema", "show", job("add_columns")).out())
        .isEqualToIgnoringNewLines(
            "orders\n  %s\n    version 0  AVRO\n      + id INT\n  table %s: not there yet\n"
                .formatted(topic, table()));
    assertThat(Answer.to("run", job("add_columns")).exitCode()).isZero();
    publish(SECOND, new byte[] {4, 0});

    Answer show = Answer.to("schema", "show", job("add_columns"));

    assertThat(show.exitCode()).as(show.err()).isZero();
    assertThat(show.out())
        .contains("    version 1  AVRO\n      + note STRING\n")
        .contains("  table " + table() + "\n    id INT\n    _position STRUCT<");
  }

  @Test
  void diff_newVersion_namesTheColumnsOfTheNextBatch() throws Exception {
    assertThat(Answer.to("run", job("add_columns")).exitCode()).isZero();
    assertThat(Answer.to("schema", "diff", job("add_columns")).out())
        .isEqualToIgnoringNewLines("orders  " + table() + ": up to date\n");
    publish(SECOND, new byte[] {4, 0});

    assertThat(Answer.to("schema", "diff", job("add_columns")).out())
        .isEqualToIgnoringNewLines("orders  " + table() + "\n  + note STRING\n");
    assertThat(Answer.to("schema", "diff", job("strict")).out()).contains(": up to date");
  }

  @Test
  void check_candidates_tellWhatEachPolicyDoesAndFailWhatBreaks() throws Exception {
    String wider = FIRST.replace("int", "long");

    Answer added = check(SECOND, "add_columns");
    assertThat(added.exitCode()).as(added.err()).isZero();
    assertThat(added.out())
        .isEqualToIgnoringNewLines(
            "orders  " + table() + "\n  add     + note STRING: the table gets this column\n");

    assertThat(check(FIRST, "strict").out()).contains(": nothing changes");
    assertThat(check(wider, "widen").exitCode()).isZero();
    assertThat(check(wider, "widen").out()).contains("  widen   ~ id INT -> BIGINT");
    assertThat(check(wider, "rescue").exitCode()).isZero();
    for (Answer breaking : new Answer[] {check(wider, "add_columns"), check(SECOND, "strict")}) {
      assertThat(breaking.exitCode()).isEqualTo(Condition.SCHEMA_CHANGED.exitCode());
    }
    assertThat(check(wider, "add_columns").out()).contains("  break   ~ id INT -> BIGINT");
    assertThat(check(SECOND, "strict").out()).contains("  stop    + note STRING");
  }

  @Test
  void check_fileThatIsNoSchema_isNamed() throws Exception {
    Path file = Files.writeString(lake.path().resolve("c.avsc"), "{\"type\":");
    Answer answer = Answer.to("schema", "check", file.toString(), job("add_columns"));
    assertThat(answer.exitCode()).isEqualTo(Condition.UNSUPPORTED_SCHEMA.exitCode());
    assertThat(answer.err()).contains("no Avro schema");

    Answer missing = Answer.to("schema", "check", lake.path() + "/none", job("add_columns"));
    assertThat(missing.exitCode()).isEqualTo(Condition.INVALID_JOB.exitCode());
    assertThat(missing.err()).contains(lake.path() + "/none");
  }

  private Answer check(String fields, String evolution) throws Exception {
    Path file = Files.writeString(lake.path().resolve("candidate.avsc"), record(fields));
    return Answer.to("schema", "check", file.toString(), job(evolution));
  }

  private void publish(String fields, byte[] payload) throws Exception {
    try (var producer =
        BROKER
            .client()
            .newProducer(new RawSchema(new Schema.Parser().parse(record(fields))))
            .topic(topic)
            .create()) {
      producer.send(payload);
    }
  }

  private static String record(String fields) {
    return "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[" + fields + "]}";
  }

  private String table() {
    return lake.path("orders");
  }

  private String job(String evolution) throws IOException {
    String text =
        """
        version: 1
        name: orders
        pulsar: {service_url: "%s", admin_url: "%s"}
        source: {topics: [%s]}
        target: {table: %s, schema_evolution: %s}
        trigger: available_now
        """
            .formatted(BROKER.serviceUrl(), BROKER.adminUrl(), topic, table(), evolution);
    return Files.writeString(lake.path().resolve("orders.yaml"), text).toString();
  }
}
