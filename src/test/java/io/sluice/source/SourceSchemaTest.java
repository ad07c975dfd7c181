package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.pulsar.PulsarOptions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** The columns of a source whose payload columns are given. */
class SourceSchemaTest {

  @Test
  void complete_rescuedDataColumn_isTheLastOfThePayloadHoweverOftenItIsAsked() {
    PulsarOptions options = options(Map.of("rescuedDataColumn", "_rescued"));

    StructType once = SourceSchema.complete(options, StructType.fromDDL("id INT NOT NULL"));

    assertThat(Arrays.copyOf(once.fieldNames(), 3)).containsExactly("id", "_rescued", "__key");
    assertThat(SourceSchema.complete(options, once)).isEqualTo(once);
    assertThat(SourceSchema.payloadOf(once, options).fieldNames())
        .containsExactly("id", "_rescued");
    assertThat(
            SourceSchema.withoutRescued(SourceSchema.payloadOf(once, options), options)
                .fieldNames())
        .containsExactly("id");
  }

  @Test
  void complete_rescuedDataColumnWithoutMetadata_isTheLast() {
    PulsarOptions options =
        options(Map.of("rescuedDataColumn", "_rescued", "includeMetadata", "false"));
    StructType columns = StructType.fromDDL("id INT, _rescued STRING");

    assertThat(SourceSchema.complete(options, columns).fieldNames())
        .containsExactly("id", "_rescued");
  }

  @Test
  void complete_nameThatIsTaken_isRefused() {
    assertThatThrownBy(
            () ->
                SourceSchema.complete(
                    options(Map.of("rescuedDataColumn", "_rescued")),
                    StructType.fromDDL("_Rescued STRING, id INT")))
        .hasMessageContaining("[UNSUPPORTED_SCHEMA] Column '_Rescued' of the given schema")
        .hasMessageContaining("rescuedDataColumn");
    assertThatThrownBy(
            () ->
                SourceSchema.complete(
                    options(Map.of("rescuedDataColumn", "__KEY")), StructType.fromDDL("id INT")))
        .hasMessageContaining("[INVALID_JOB] Invalid rescuedDataColumn '__KEY'");
    assertThatThrownBy(() -> options(Map.of("rescuedDataColumn", " ")))
        .hasMessageContaining("[INVALID_JOB] Invalid rescuedDataColumn ''");
    assertThatThrownBy(
            () -> SourceSchema.complete(options(Map.of()), StructType.fromDDL("__key INT, id INT")))
        .hasMessageContaining("Column '__key' of the given schema has the name of a metadata");
  }

  private static PulsarOptions options(Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    options.put("service.url", "pulsar://b:6650");
    options.put("admin.url", "http://b:8080");
    options.put("topic", "x");
    return PulsarOptions.parse(options);
  }
}
