package io.sluice.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.pulsar.RegisteredSchemas.Version;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.UndecodablePayloadException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which schemas tasks decode with, and what they ask the registry for. */
class WriterDecodersTest {

  private static final String TOPIC = "persistent://public/default/x";
  private static final String ID = "{'name':'id','type':'int'}";
  private static final String NOTE = "{'name':'note','type':'string','default':'none'}";
  private static final byte[] ID_5 = {10};

  private final Map<Long, TopicSchema> registry = new HashMap<>();
  private final List<Long> questions = new ArrayList<>();
  private final ExecutorSchemas known = new ExecutorSchemas(this::answer);

  @Test
  void of_tasksOfOneEra_askForAVersionOnce() {
    registry.put(0L, version(0, ID));

    for (int task = 0; task < 3; task++) {
      assertThat(decode(snapshot("era", version(0, ID)), bytes(0), "id INT").getInt(0))
          .isEqualTo(5);
    }

    assertThat(questions).containsExactly(0L);
  }

  @Test
  void of_anotherEra_asksAgainAndDecodesWithTheNewDefinition() {
    registry.put(0L, version(0, ID));
    decode(snapshot("before", version(0, ID)), bytes(0), "id INT");
    TopicSchema other = version(0, "{'name':'id','type':'boolean'}");
    registry.put(0L, other);

    InternalRow row = decode(snapshot("after", other), bytes(0), "id BOOLEAN", new byte[] {1});

    assertThat(row.getBoolean(0)).isTrue();
    assertThat(questions).containsExactly(0L, 0L);
  }

  @Test
  void of_versionThatCannotBeHad_isAskedForAgainByTheNextTask() {
    for (int task = 0; task < 2; task++) {
      WriterDecoders decoders =
          new WriterDecoders(
              options(), snapshot("era", version(1, ID)), TOPIC, columns("id INT"), known);
      for (int message = 0; message < 2; message++) {
        assertThatExceptionOfType(UnreadableVersionException.class)
            .isThrownBy(() -> decoders.of(bytes(1)))
            .satisfies(
                failure -> assertThat(failure.kind()).isEqualTo(Kind.UNKNOWN_SCHEMA_VERSION));
      }
    }
    registry.put(1L, version(1, ID));

    decode(snapshot("era", version(1, ID)), bytes(1), "id INT");

    assertThat(questions).containsExactly(1L, 1L, 1L);
  }

  @Test
  void of_moreVersionsThanAreKept_forgetsTheOneThatWasNotUsedForLongest() {
    for (long number = 0; number <= ExecutorSchemas.MAX_VERSIONS; number++) {
      registry.put(number, version(number, ID));
      known.of(options().connection(), TOPIC, "era", bytes(number));
      known.of(options().connection(), TOPIC, "era", bytes(0));
    }
    questions.clear();

    known.of(options().connection(), TOPIC, "era", bytes(0));
    known.of(options().connection(), TOPIC, "era", bytes(1));

    assertThat(questions).containsExactly(1L);
  }

  @Test
  void of_messageWithoutAVersion_isOfTheNewestThatTheDriverHasSeen() {
    registry.put(0L, version(0, ID));
    registry.put(TopicSchema.NO_VERSION, version(TopicSchema.NO_VERSION, NOTE));

    assertThat(decode(snapshot("era", version(0, ID)), null, "id INT").getInt(0)).isEqualTo(5);
    assertThat(decode(snapshot("era", TopicSchema.none()), null, "value BINARY").getBinary(0))
        .isEqualTo(ID_5);
    assertThat(questions).containsExactly(0L);
    SchemaSnapshot unseen =
        new SchemaSnapshot("era", RegisteredSchemas.none(), RegisteredSchemas.none(), true);
    assertThat(decode(unseen, null, "note STRING", new byte[] {2, 'x'}).getString(0))
        .isEqualTo("x");
    assertThat(questions).containsExactly(0L, TopicSchema.NO_VERSION);
  }

  @Test
  void of_fieldThatTheWriterLacks_isNullWhateverItsDefault() {
    registry.put(0L, version(0, ID));
    registry.put(1L, version(1, ID, NOTE));

    InternalRow row =
        decode(snapshot("era", version(1, ID, NOTE)), bytes(0), "id INT, note STRING");

    assertThat(row.isNullAt(1)).isTrue();
    assertThat(questions).containsExactly(0L, 1L);
  }

  @Test
  void of_newestVersionWasDeletedOrCannotBeMapped_decodesWithTheWriterAlone() {
    registry.put(0L, version(0, ID));
    TopicSchema newest = version(1, ID, NOTE);
    assertThat(decode(snapshot("deleted", newest), bytes(0), "id INT, note STRING").isNullAt(1))
        .isTrue();

    registry.put(1L, new TopicSchema(1, SchemaType.PROTOBUF, new byte[0], Map.of()));

    assertThat(decode(snapshot("unmapped", newest), bytes(0), "id INT").getInt(0)).isEqualTo(5);
  }

  private TopicSchema answer(
      PulsarOptions.Connection connection, String topic, byte @Nullable [] version) {
    long number = version == null ? TopicSchema.NO_VERSION : SchemaCatalog.number(version);
    questions.add(number);
    TopicSchema schema = registry.get(number);
    if (schema == null) {
      throw new SluiceException(Condition.UNSUPPORTED_SCHEMA, "no version " + number);
    }
    return schema;
  }

  private InternalRow decode(SchemaSnapshot schemas, byte @Nullable [] version, String columns) {
    return decode(schemas, version, columns, ID_5);
  }

  private InternalRow decode(
      SchemaSnapshot schemas, byte @Nullable [] version, String columns, byte[] payload) {
    return new WriterDecoders(options(), schemas, TOPIC, columns(columns), known)
        .of(version)
        .decode(payload, 0, payload.length);
  }

  private static SchemaSnapshot snapshot(String era, TopicSchema newest) {
    RegisteredSchemas seen = new RegisteredSchemas(Map.of(TOPIC, Version.of(newest)));
    return new SchemaSnapshot(era, seen, seen, true);
  }

  private static byte[] bytes(long version) {
    return ByteBuffer.allocate(Long.BYTES).putLong(version).array();
  }

  private static StructType columns(String ddl) {
    return StructType.fromDDL(ddl);
  }

  private static PulsarOptions options() {
    return PulsarOptions.parse(
        Map.of("service.url", "pulsar://b:6650", "admin.url", "http://b:8080", "topic", "x"));
  }

  private static TopicSchema version(long number, String... fields) {
    String definition = "{'type':'record','name':'R','fields':[" + String.join(",", fields) + "]}";
    return new TopicSchema(
        number, SchemaType.AVRO, definition.replace('\'', '"').getBytes(UTF_8), Map.of());
  }
}
