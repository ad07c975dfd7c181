package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.spec.SchemaEvolution;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ColumnPlannerTest {

  private static final PinnedColumns PINNED = columns("id INT, note STRING", 1);
  private static final PinnedColumns NEW = columns("note STRING, id BIGINT, more DATE", 2);

  @ParameterizedTest
  @CsvSource({
    "-1, false, -1, 0",
    "0, false, -1, 0",
    "0, true, 0, 1",
    "7, true, 7, 8",
    "7, false, 6, 7",
    "7, false, 7, 8",
  })
  void nextBatch_checkpointAndTable_isTheFirstThatNothingIsDecidedOf(
      long logged, boolean done, long inTable, long next) {
    assertThat(ColumnPlanner.nextBatch(batch(logged), done, batch(inTable))).isEqualTo(next);
  }

  @Test
  void next_eachPolicy_takesUpWhatItMay() {
    assertThat(next(SchemaEvolution.ADD_COLUMNS))
        .isEqualTo(columns("id INT, note STRING, more DATE", 2));
    assertThat(next(SchemaEvolution.WIDEN))
        .isEqualTo(columns("id BIGINT, note STRING, more DATE", 2));
    assertThat(next(SchemaEvolution.RESCUE)).isEqualTo(PINNED);
    assertThat(next(SchemaEvolution.STRICT)).isEqualTo(PINNED);
  }

  @ParameterizedTest
  @EnumSource
  void next_nothingPinned_isWhatIsRegistered(SchemaEvolution evolution) {
    assertThat(ColumnPlanner.next(null, NEW.payload(), NEW.schemas(), evolution)).isEqualTo(NEW);
    assertThat(ColumnPlanner.changes(null, NEW)).isEmpty();
  }

  @Test
  void options_eachPolicy_watchForWhatItCannotTake() {
    assertThat(stop(SchemaEvolution.ADD_COLUMNS, true)).isEqualTo("newFields");
    assertThat(stop(SchemaEvolution.ADD_COLUMNS, false)).isEqualTo("none");
    assertThat(stop(SchemaEvolution.WIDEN, true)).isEqualTo("widerTypes");
    assertThat(stop(SchemaEvolution.STRICT, true)).isEqualTo("any");
    assertThat(ColumnPlanner.options(PINNED, SchemaEvolution.RESCUE, true))
        .containsEntry("stopOnSchemaChange", "newFields")
        .containsEntry("rescuedDataColumn", "_rescued_data")
        .containsEntry("acceptedSchemas", PINNED.schemas().toJson());
  }

  @Test
  void pinned_writtenAndRead_isTheSame() {
    assertThat(PinnedColumns.parse(NEW.toJson())).isEqualTo(NEW);
    assertThatThrownBy(() -> PinnedColumns.parse("{\"v\":2}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("version 1");
  }

  private static PinnedColumns next(SchemaEvolution evolution) {
    return ColumnPlanner.next(PINNED, NEW.payload(), NEW.schemas(), evolution);
  }

  private static String stop(SchemaEvolution evolution, boolean growing) {
    return ColumnPlanner.options(PINNED, evolution, growing).getOrDefault("stopOnSchemaChange", "");
  }

  private static OptionalLong batch(long number) {
    return number < 0 ? OptionalLong.empty() : OptionalLong.of(number);
  }

  private static PinnedColumns columns(String ddl, long version) {
    return new PinnedColumns(
        StructType.fromDDL(ddl),
        new RegisteredSchemas(
            Map.of(
                "persistent://t/n/x", new RegisteredSchemas.Version(version, "0123456789abcdef"))));
  }
}
