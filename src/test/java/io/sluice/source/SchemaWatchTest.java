package io.sluice.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.pulsar.TopicSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** Which versions stop a stream, and what the registry is asked for. */
class SchemaWatchTest {

  private static final String TOPIC = "persistent://public/default/x";
  private static final List<String> TOPICS = List.of(TOPIC);
  private static final String ID = "{'name':'id','type':'int'}";
  private static final String LONG_ID = "{'name':'id','type':'long'}";
  private static final String NOTE = "{'name':'note','type':'string'}";
  private static final StructType COLUMNS = StructType.fromDDL("id INT");

  private final FakeRegistry registry = new FakeRegistry();

  @Test
  void check_nothingNewToRead_asksNothing() {
    registry.put(version(0, ID, NOTE));

    watch(Map.of("acceptedSchemas", "{}")).check(List.of(), TOPICS);

    assertThat(registry.questions).isEmpty();
  }

  @Test
  void check_versionWithoutAChange_isAskedForOnce() {
    SchemaWatch watch = watch(Map.of("acceptedSchemas", "{}"));
    registry.put(version(0, ID));

    watch.check(TOPICS, TOPICS);
    watch.check(TOPICS, TOPICS);

    assertThat(registry.questions).containsExactly("current", "versions", "current");
  }

  @Test
  void check_newField_stopsByNameUntilItIsAccepted() {
    registry.put(version(0, ID), version(1, ID, NOTE), version(2, ID));
    SchemaWatch watch = watch(Map.of("acceptedSchemas", accepted(version(0, ID))));

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> watch.check(TOPICS, TOPICS))
          .hasMessageContaining("[SCHEMA_CHANGED]")
          .hasMessageContaining(TOPIC + ": version 1 (+ note string).");
    }
    assertThatCode(
            () -> watch(Map.of("acceptedSchemas", accepted(version(2, ID)))).check(TOPICS, TOPICS))
        .doesNotThrowAnyException();
  }

  @Test
  void check_withoutAcceptedVersions_takesThoseOfTheStart() {
    registry.put(version(0, ID, NOTE));
    SchemaWatch watch = watch(Map.of());

    watch.check(TOPICS, TOPICS);
    registry.put(version(0, ID, NOTE), version(1, ID, NOTE, "{'name':'more','type':'int'}"));

    assertThatThrownBy(() -> watch.check(TOPICS, TOPICS))
        .hasMessageContaining("version 1 (+ note string, + more int)");
  }

  @Test
  void check_rules_stopOnWhatTheySay() {
    registry.put(version(0, LONG_ID));
    String none = "{}";

    assertThatCode(() -> check("newFields", none)).doesNotThrowAnyException();
    assertThatThrownBy(() -> check("widerTypes", none))
        .hasMessageContaining("(~ id int -> bigint)");
    registry.put(version(0, NOTE));
    assertThatCode(() -> check("none", none)).doesNotThrowAnyException();
    registry.put(version(0, ID), version(1));
    assertThatCode(() -> check("widerTypes", none)).doesNotThrowAnyException();
    assertThatThrownBy(() -> check("any", none)).hasMessageContaining("version 1 (- id int)");
    assertThatCode(() -> check("any", accepted(version(1)))).doesNotThrowAnyException();
  }

  @Test
  void check_schemaWasDeleted_saysSo() {
    registry.put(version(0, ID));
    String accepted = accepted(version(0, LONG_ID));
    assertThatThrownBy(() -> check("newFields", accepted))
        .hasMessageContaining("version 0 is another schema than before");
    registry.put(version(0, ID), version(1, ID), version(2, ID));
    assertThatThrownBy(() -> check("newFields", accepted))
        .hasMessageContaining("version 0 is another schema than before");
    registry.put();
    assertThatThrownBy(() -> check("newFields", accepted))
        .hasMessageContaining("its newest version is none, but version 0 was there before");
  }

  @Test
  void snapshot_afterADeletedSchemaThatStopsNothing_isOfAnotherEra() {
    registry.put(version(0, ID));
    SchemaWatch watch = watch(Map.of("stopOnSchemaChange", "none"));
    watch.check(TOPICS, TOPICS);
    String era = watch.snapshot(TOPICS).era();
    watch.check(TOPICS, TOPICS);
    assertThat(watch.snapshot(TOPICS).era()).isEqualTo(era);

    registry.put(version(0, LONG_ID));
    watch.check(TOPICS, TOPICS);

    assertThat(watch.snapshot(TOPICS).era()).isNotEqualTo(era);
    assertThat(watch.snapshot(TOPICS).newest())
        .isEqualTo(RegisteredSchemas.of(Map.of(TOPIC, version(0, LONG_ID))));
  }

  @Test
  void snapshot_versionThatTheDriverHadNotSeen_stopsATaskBeforeAFieldIsLost() {
    SchemaSnapshot snapshot =
        watch(Map.of("acceptedSchemas", accepted(version(0, ID)))).snapshot(TOPICS);
    PulsarOptions options = options(Map.of());

    snapshot.check(options.schemas(), TOPIC, version(0, ID, NOTE), COLUMNS);
    snapshot.check(options.schemas(), TOPIC, version(1, LONG_ID), COLUMNS);
    assertThatThrownBy(
            () -> snapshot.check(options.schemas(), TOPIC, version(1, ID, NOTE), COLUMNS))
        .hasMessageContaining("[SCHEMA_CHANGED]")
        .hasMessageContaining("+ note string");
    snapshot.check(
        options(Map.of("stopOnSchemaChange", "none")).schemas(),
        TOPIC,
        version(1, ID, NOTE),
        COLUMNS);
  }

  @Test
  void check_rescuedData_newFieldsStopWithAnyOnly() {
    registry.put(version(0, ID), version(1, ID, NOTE));
    StructType columns = StructType.fromDDL("id INT, rescued STRING");

    for (String stopOn : List.of("newFields", "widerTypes", "any")) {
      PulsarOptions options =
          options(
              Map.of(
                  "rescuedDataColumn",
                  "rescued",
                  "stopOnSchemaChange",
                  stopOn,
                  "acceptedSchemas",
                  accepted(version(0, ID))));
      SchemaWatch watch = new SchemaWatch(options, columns, registry);

      watch.snapshot(TOPICS).check(options.schemas(), TOPIC, version(1, ID, NOTE), COLUMNS);
      if (stopOn.equals("any")) {
        assertThatThrownBy(() -> watch.check(TOPICS, TOPICS))
            .hasMessageContaining("version 1 (+ note string).");
      } else {
        watch.check(TOPICS, TOPICS);
      }
    }
  }

  @Test
  void check_payloadIsTakenAsBytes_asksNothing() {
    watch(Map.of("payload", "bytes")).check(TOPICS, TOPICS);

    assertThat(registry.questions).isEmpty();
  }

  private void check(String stopOn, String accepted) {
    watch(Map.of("stopOnSchemaChange", stopOn, "acceptedSchemas", accepted)).check(TOPICS, TOPICS);
  }

  private SchemaWatch watch(Map<String, String> more) {
    return new SchemaWatch(options(more), COLUMNS, registry);
  }

  private static PulsarOptions options(Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    options.put("service.url", "pulsar://b:6650");
    options.put("admin.url", "http://b:8080");
    options.put("topic", TOPIC);
    return PulsarOptions.parse(options);
  }

  private static String accepted(TopicSchema schema) {
    return RegisteredSchemas.of(Map.of(TOPIC, schema)).toJson();
  }

  private static TopicSchema version(long number, String... fields) {
    String definition = "{'type':'record','name':'R','fields':[" + String.join(",", fields) + "]}";
    return new TopicSchema(
        number, SchemaType.AVRO, definition.replace('\'', '"').getBytes(UTF_8), Map.of());
  }

  /** A registry of one topic that keeps what it is asked for. */
  private static final class FakeRegistry implements SchemaWatch.Registry {

    private final List<String> questions = new ArrayList<>();
    private List<TopicSchema> versions = List.of();

    void put(TopicSchema... now) {
      versions = List.of(now);
    }

    @Override
    public Map<String, RegisteredSchemas.Version> current(Collection<String> topics) {
      questions.add("current");
      Map<String, RegisteredSchemas.Version> answer = new TreeMap<>();
      topics.forEach(topic -> answer.put(topic, RegisteredSchemas.Version.of(newest())));
      return answer;
    }

    @Override
    public Map<String, TopicSchema> newest(Collection<String> topics) {
      questions.add("newest");
      Map<String, TopicSchema> answer = new TreeMap<>();
      topics.forEach(topic -> answer.put(topic, newest()));
      return answer;
    }

    private TopicSchema newest() {
      return versions.isEmpty() ? TopicSchema.none() : versions.get(versions.size() - 1);
    }

    @Override
    public Map<String, List<TopicSchema>> versions(Collection<String> topics) {
      questions.add("versions");
      Map<String, List<TopicSchema>> answer = new TreeMap<>();
      topics.forEach(topic -> answer.put(topic, versions));
      return answer;
    }
  }
}
