package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobHashTest {

  private static final String JOB =
      "{version: 1, name: a, pulsar: {token: \"${env:T}\"}, source: {topics: [x, y]}, target:"
          + " {table: t}}";

  @Test
  void hash_ofOneText_isTheSameInEveryRelease() {
    assertThat(hash(JOB)).isEqualTo("f676e6f5a6b0056a");
  }

  @Test
  void hash_commentsStyleAndOrder_doNotCount() {
    String restyled =
        """
        # another style
        target: {table: "t"}
        name: 'a'
        source:
          topics:
            - x   # first
            - y
        pulsar:
          token: ${env:T}
        version: 1
        """;

    assertThat(hash(restyled)).isEqualTo(hash(JOB));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"name=b", "source.topics=[y, x]", "source.topics=[xy]", "trigger=available_now"})
  void hash_anotherMeaning_counts(String override) {
    assertThat(hash(JOB, override)).isNotEqualTo(hash(JOB));
  }

  @Test
  void hash_whatAReferenceResolvesTo_doesNotCount() {
    var other = new FixedEnvironment(Map.of("T", "another"), Map.of());

    assertThat(new JobSpecParser(other).parse("a", JOB, List.of()).require().hash())
        .isEqualTo(hash(JOB));
  }

  @Test
  void hash_literalSecret_doesNotCount() {
    assertThat(hash(JOB, "pulsar.token=hunter2")).isEqualTo(hash(JOB, "pulsar.token=hunter3"));
  }

  private static String hash(String text, String... overrides) {
    var environment = new FixedEnvironment(Map.of("T", "token"), Map.of());
    return new JobSpecParser(environment).parse("a", text, List.of(overrides)).require().hash();
  }
}
