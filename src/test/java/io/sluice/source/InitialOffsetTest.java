package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a query began, on the local file system. */
class InitialOffsetTest {

  private static final Positions FIRST =
      Positions.of(Map.of(new TopicPartition("persistent://t/n/a", 0), new Pos(3, 4)));

  @TempDir private Path checkpoint;
  private Path file;

  @BeforeEach
  void place() {
    file = checkpoint.resolve("sources").resolve("0").resolve("0");
  }

  @Test
  void orElseKeep_atTheFirstStart_keepsThePositions() throws IOException {
    assertThat(initialOffset().orElseKeep(() -> FIRST)).isEqualTo(FIRST);

    assertThat(file).hasContent("v1\n{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"3:4\"}}}");
  }

  @Test
  void orElseKeep_atALaterStart_givesTheKeptOnesWithoutAsking() {
    initialOffset().orElseKeep(() -> FIRST);

    assertThat(
            initialOffset()
                .orElseKeep(
                    () -> {
                      throw new AssertionError("The beginning is known");
                    }))
        .isEqualTo(FIRST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "v1", "v2\n{\"v\":1,\"t\":{}}", "v1\n{\"a\":1}", "v1\n"})
  void orElseKeep_whenTheFileIsNotItsOwn_isACheckpointMismatch(String content) throws IOException {
    Files.createDirectories(checkpoint.resolve("sources").resolve("0"));
    Files.writeString(file, content);

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> initialOffset().orElseKeep(() -> FIRST))
        .satisfies(
            failure -> assertThat(failure.condition()).isEqualTo(Condition.CHECKPOINT_MISMATCH))
        .withMessageContaining(file.toString())
        .withMessageContaining("v1");
    assertThat(file).hasContent(content);
  }

  @Test
  void orElseKeep_whenTheCheckpointCannotBeWritten_saysWhere() throws IOException {
    Files.writeString(checkpoint.resolve("sources"), "a file where the folder must be");

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> initialOffset().orElseKeep(() -> FIRST))
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.STORAGE_FAILED));
  }

  private InitialOffset initialOffset() {
    return new InitialOffset(
        checkpoint.resolve("sources").resolve("0").toString(), new Configuration());
  }
}
