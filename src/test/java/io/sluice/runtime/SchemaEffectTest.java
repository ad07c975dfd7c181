package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.runtime.SchemaEffect.Kind;
import io.sluice.spec.SchemaEvolution;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class SchemaEffectTest {

  private static final StructType COLUMNS =
      StructType.fromDDL("id INT, note STRING, at STRUCT<lat: FLOAT>");
  private static final StructType CANDIDATE =
      StructType.fromDDL("id BIGINT, at STRUCT<lat: STRING, lon: DOUBLE>, more DATE");
  private static final List<String> CHANGES =
      List.of(
          "~ id INT -> BIGINT",
          "~ at.lat FLOAT -> STRING",
          "+ at.lon DOUBLE",
          "+ more DATE",
          "- note STRING");

  @Test
  void of_everyPolicy_tellsWhatEachChangeDoes() {
    Map<SchemaEvolution, List<Kind>> expected =
        Map.of(
            SchemaEvolution.ADD_COLUMNS,
            List.of(Kind.BREAK, Kind.BREAK, Kind.ADD, Kind.ADD, Kind.NULL),
            SchemaEvolution.WIDEN,
            List.of(Kind.WIDEN, Kind.BREAK, Kind.ADD, Kind.ADD, Kind.NULL),
            SchemaEvolution.RESCUE,
            List.of(Kind.RESCUE, Kind.RESCUE, Kind.RESCUE, Kind.RESCUE, Kind.NULL),
            SchemaEvolution.STRICT,
            List.of(Kind.STOP, Kind.STOP, Kind.STOP, Kind.STOP, Kind.STOP));
    expected.forEach(
        (evolution, kinds) -> {
          List<SchemaEffect> effects = SchemaEffect.of(COLUMNS, CANDIDATE, evolution, true);
          assertThat(effects).extracting(SchemaEffect::change).isEqualTo(CHANGES);
          assertThat(effects).as("%s", evolution).extracting(SchemaEffect::kind).isEqualTo(kinds);
        });
  }

  @Test
  void of_newFieldThatNoStepSelects_isIgnored() {
    assertThat(SchemaEffect.of(COLUMNS, COLUMNS.add("more", "date"), SchemaEvolution.STRICT, false))
        .containsExactly(new SchemaEffect(Kind.IGNORE, "+ more DATE"));
  }

  @Test
  void of_sameColumnsInOtherOrder_isNothing() {
    StructType other = StructType.fromDDL("note STRING, at STRUCT<lat: FLOAT>, id INT");
    assertThat(SchemaEffect.of(COLUMNS, other, SchemaEvolution.STRICT, true)).isEmpty();
  }
}
