package io.sluice.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.sluice.pulsar.FakeEntry;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.TopicPartition;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;

/** One message as a row: a payload column, then the metadata's. */
class PulsarRowTest {

  private static final StructType VALUE = new StructType().add("value", DataTypes.StringType, true);

  private final PulsarRow row = row(true);

  @Test
  void row_hasThePayload_thenTheMetadata() {
    row.at(entry("hello"));

    assertThat(row.numFields()).isEqualTo(1 + 14);
    assertThat(row.isNullAt(0)).isFalse();
    assertThat(row.getUTF8String(0)).isEqualTo(UTF8String.fromString("hello"));
    assertThat(row.getBinary(column("__key"))).isEqualTo("key".getBytes(UTF_8));
    assertThat(row.getUTF8String(column("__topic")))
        .isEqualTo(UTF8String.fromString("persistent://t/n/a"));
    assertThat(row.getBinary(column("__messageId"))).containsExactly(8, 9);
    assertThat(row.getLong(column("__publishTime"))).isEqualTo(1_700_000_000_123_000L);
    assertThat(row.isNullAt(column("__eventTime"))).isTrue();
    var properties = row.getMap(column("__messageProperties"));
    assertThat(properties.numElements()).isEqualTo(1);
    assertThat(properties.keyArray().getUTF8String(0)).isEqualTo(UTF8String.fromString("p"));
    assertThat(properties.valueArray().getUTF8String(0)).isEqualTo(UTF8String.fromString("q"));
    assertThat(row.getInt(column("__partition"))).isEqualTo(4);
    assertThat(row.getLong(column("__ledgerId"))).isEqualTo(11);
    assertThat(row.getLong(column("__entryId"))).isEqualTo(12);
    assertThat(row.getInt(column("__batchIndex"))).isEqualTo(3);
    assertThat(row.getLong(column("__schemaVersion"))).isEqualTo(258);
    assertThat(row.isNullAt(column("__orderingKey"))).isTrue();
    assertThat(row.getUTF8String(column("__producerName")))
        .isEqualTo(UTF8String.fromString("producer"));
    assertThat(row.getLong(column("__sequenceId"))).isEqualTo(77);
  }

  @Test
  void row_withoutMetadata_hasThePayloadOnly() {
    PulsarRow plain = row(false).at(entry("hello"));

    assertThat(plain.numFields()).isEqualTo(1);
    assertThat(plain.copy().numFields()).isEqualTo(1);
  }

  @Test
  void row_ofAMessageWithoutPayload_isNullInEveryPayloadColumn_andKeepsItsMetadata() {
    row.at(entry("before"));
    assertThat(row.isNullAt(0)).isFalse();

    row.at(new FakeEntry(11, 13, null));

    assertThat(row.isNullAt(0)).isTrue();
    assertThat(row.get(0, DataTypes.StringType)).isNull();
    assertThatIllegalStateException().isThrownBy(() -> row.getUTF8String(0));
    assertThat(row.getLong(column("__entryId"))).isEqualTo(13);
    assertThat(row.copy().isNullAt(0)).isTrue();
  }

  @Test
  void copy_keepsItsValuesWhenTheRowGoesOn() {
    InternalRow copy = row.at(entry("first")).copy();
    row.at(new FakeEntry(20, 21, "second".getBytes(UTF_8)));

    assertThat(copy.getUTF8String(0)).isEqualTo(UTF8String.fromString("first"));
    assertThat(copy.getLong(column("__ledgerId"))).isEqualTo(11);
    assertThat(copy.isNullAt(column("__eventTime"))).isTrue();
    assertThat(row.getUTF8String(0)).isEqualTo(UTF8String.fromString("second"));
  }

  @Test
  void row_thatStandsAtNoMessage_failsInsteadOfInventing() {
    assertThatIllegalStateException().isThrownBy(() -> row.isNullAt(0));
  }

  @Test
  void row_isReadOnly() {
    row.at(entry("hello"));

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> row.setNullAt(0));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> row.update(0, null));
  }

  private static int column(String name) {
    return SourceSchema.complete(options("string", Map.of("mode", "PERMISSIVE")), VALUE)
        .fieldIndex(name);
  }

  private static FakeEntry entry(String text) {
    return new FakeEntry(11, 12, text.getBytes(UTF_8));
  }

  private static PulsarRow row(boolean includeMetadata) {
    return row(
        options("string", Map.of("includeMetadata", Boolean.toString(includeMetadata))), VALUE);
  }

  private static PulsarRow row(PulsarOptions options, StructType columns) {
    return new PulsarRow(
        options, SchemaSnapshot.unchecked(), new TopicPartition("persistent://t/n/a", 4), columns);
  }

  private static PulsarOptions options(String payload, Map<String, String> more) {
    Map<String, String> options = new HashMap<>();
    options.put("service.url", "pulsar://b:6650");
    options.put("admin.url", "http://b:8080");
    options.put("topic", "persistent://t/n/a");
    options.put("payload", payload);
    options.putAll(more);
    return PulsarOptions.parse(options);
  }
}
