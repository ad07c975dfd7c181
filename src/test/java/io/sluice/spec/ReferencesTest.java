package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferencesTest {

  private static final References REFERENCES = new References(FixedEnvironment.TYPICAL);

  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "${env:LAKE}/orders, /data/lake/orders",
    "${env:LAKE}${env:LAKE}, /data/lake/data/lake",
    "${env:NONE:-other}, other",
    "${env:EMPTY:-other}, other",
    "a${env:EMPTY}b, ab",
    "a${env:NONE:-}b, ab",
    "${env:LAKE:-other}, /data/lake",
    "${file:/run/secrets/pulsar-token}, hunter3",
    "\\${env:LAKE}, ${env:LAKE}",
    "\\${env:LAKE}/${env:LAKE}, ${env:LAKE}//data/lake",
    "$5 {a}, $5 {a}",
    "\\n $, \\n $"
  })
  void resolve_text_replacesReferencesAndNothingElse(String raw, String resolved)
      throws References.BadReferenceException {
    assertThat(REFERENCES.resolve(raw)).isEqualTo(resolved);
  }

  @Test
  void resolve_valueThatLooksLikeAReference_isNotResolvedAgain()
      throws References.BadReferenceException {
    var environment = new FixedEnvironment(Map.of("A", "${env:B}"), Map.of());

    assertThat(new References(environment).resolve("${env:A}")).isEqualTo("${env:B}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"${", "${}", "${env:}", "${env:1A}", "${LAKE}", "${secret:a/b}"})
  void resolve_malformedReference_isRejected(String raw) {
    assertThatThrownBy(() -> REFERENCES.resolve(raw))
        .isInstanceOfSatisfying(
            References.BadReferenceException.class,
            e -> assertThat(e.code()).isEqualTo(ProblemCode.MALFORMED_REFERENCE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a${env:NONE}", "a${file:/none}"})
  void resolve_referenceThatLeadsNowhere_namesIt(String raw) {
    assertThatThrownBy(() -> REFERENCES.resolve(raw))
        .isInstanceOfSatisfying(
            References.BadReferenceException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.UNRESOLVED_REFERENCE);
              assertThat(e.reference()).isEqualTo(raw.substring(1));
            });
  }
}
