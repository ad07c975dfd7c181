package io.sluice.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.runtime.JobSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run has done, for the scheduler that started it: a file that holds one JSON object. It
 * appears whole, at the run's end, and never tells of an earlier run.
 */
final class RunResult {

  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;

  private RunResult(Path file) {
    this.file = file;
  }

  /**
   * Makes sure that the file can be written later, and removes that of an earlier run.
   *
   * @throws SluiceException INVALID_JOB if its directory is missing or cannot be written
   */
  static RunResult at(Path file) {
    Path absolute = file.toAbsolutePath();
    Path directory = absolute.getParent();
    if (directory == null || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "The result file %s cannot be written: %s is no directory that this process may write. Create it, or name another file."
              .formatted(file, directory));
    }
    try {
      Files.deleteIfExists(absolute);
    } catch (IOException e) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "The result file %s is of an earlier run and cannot be removed: %s. Name another file."
              .formatted(file, e),
          e);
    }
    return new RunResult(absolute);
  }

  /**
   * Writes the file.
   *
   * @param ended the jobs that ended without failure
   * @param failure why the run failed; null if it did not
   * @throws SluiceException STORAGE_FAILED if it cannot be written
   */
  void write(
      Instant start, Instant end, List<JobSummary> ended, @Nullable SluiceException failure) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.writeString(part, json(start, end, ended, failure) + "\n");
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new SluiceException(
          Condition.STORAGE_FAILED,
          "The result file %s cannot be written: %s. What the jobs have written to their tables stays."
              .formatted(file, e),
          e);
    }
  }

  static String json(
      Instant start, Instant end, List<JobSummary> ended, @Nullable SluiceException failure) {
    ObjectNode result = JSON.createObjectNode();
    result.put("exit_code", failure == null ? 0 : failure.condition().exitCode());
    result.put("condition", failure == null ? null : failure.condition().name());
    result.put("message", failure == null ? null : failure.getMessage());
    result.put("started_at", start.toString());
    result.put("ended_at", end.toString());
    ArrayNode tables = result.putArray("tables");
    for (JobSummary summary : ended) {
      Instant completeUntil = summary.completeUntil();
      tables
          .addObject()
          .put("job", summary.job())
          .put("table", summary.table())
          .put("location", summary.location())
          .put("version", summary.version())
          .put("batches", summary.batches())
          .put("rows", summary.rows())
          .put("bad_messages", summary.bad())
          .put("complete_until", completeUntil == null ? null : completeUntil.toString());
    }
    return result.toPrettyString();
  }
}
