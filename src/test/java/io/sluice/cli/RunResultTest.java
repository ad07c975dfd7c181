package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.runtime.JobSummary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunResultTest {

  private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");
  private static final Instant END = Instant.parse("2026-11-22T10:00:41.5Z");

  @TempDir Path directory;

  @Test
  void json_ofTablesAndNoFailure_hasEveryFigure() throws Exception {
    JsonNode written =
        new JsonMapper()
            .readTree(
                RunResult.json(
                    START,
                    END,
                    List.of(
                        new JobSummary(
                            "orders", "sales.orders", "file:/lake/orders", 7L, 2, 30, 1, START),
                        new JobSummary("none", "/lake/none", null, null, 0, 0, 0, null)),
                    null));

    assertThat(written)
        .isEqualTo(
            new JsonMapper()
                .readTree(
                    """
                    {"exit_code": 0, "condition": null, "message": null,
                     "started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T10:00:41.500Z",
                     "tables": [
                       {"job": "orders", "table": "sales.orders", "location": "file:/lake/orders", "version": 7,
                        "batches": 2, "rows": 30, "bad_messages": 1, "complete_until": "2026-11-22T10:00:00Z"},
                       {"job": "none", "table": "/lake/none", "location": null, "version": null,
                        "batches": 0, "rows": 0, "bad_messages": 0, "complete_until": null}]}
                    """));
  }

  @Test
  void write_afterAFailure_namesItAndReplacesTheEarlierFile() throws Exception {
    Path file = Files.writeString(directory.resolve("result.json"), "of an earlier run");
    RunResult result = RunResult.at(file);
    assertThat(file).doesNotExist();

    result.write(START, END, List.of(), new SluiceException(Condition.FENCED, "another one"));

    JsonNode written = new JsonMapper().readTree(file.toFile());
    assertThat(written.path("exit_code").asInt()).isEqualTo(21);
    assertThat(written.path("condition").asText()).isEqualTo("FENCED");
    assertThat(written.path("message").asText()).isEqualTo("[FENCED] another one");
    assertThat(directory).isDirectoryContaining(each -> each.equals(file));
    assertThat(directory.toFile().list()).hasSize(1);
  }
}
