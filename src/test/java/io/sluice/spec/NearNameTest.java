package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearNameTest {

  private static final List<String> NAMES =
      List.of("table", "topics", "topics_pattern", "max_bytes_per_batch");

  @ParameterizedTest
  @CsvSource({
    "tabel, table",
    "Table, table",
    "topic, topics",
    "topicsPattern, topics_pattern",
    "max_byte_per_batch, max_bytes_per_batch"
  })
  void of_misspelling_findsTheName(String wrong, String meant) {
    assertThat(NearName.of(wrong, NAMES)).contains(meant);
  }

  @Test
  void of_anythingElse_findsNone() {
    assertThat(NearName.of("zebra", NAMES)).isEmpty();
    assertThat(NearName.of("x".repeat(1_000_000), NAMES)).isEmpty();
  }
}
