package io.sluice.spec;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the parser made of one file.
 *
 * @param file the file's name as the user gave it
 * @param job the job; null when a problem is more than a warning
 * @param problems everything that is wrong, in the order of the file; may hold warnings beside a
 *     job
 */
public record ParsedJob(String file, @Nullable JobSpec job, List<Problem> problems) {

  /** Keeps its own copy of the problems. */
  public ParsedJob {
    problems = List.copyOf(problems);
  }

  /**
   * The job, for callers that cannot go on without it.
   *
   * @throws SluiceException {@link Condition#INVALID_JOB} with all problems, when there is no job
   */
  public JobSpec require() {
    if (job == null) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          problems.stream()
              .map(Problem::render)
              .collect(Collectors.joining("", "cannot run " + file + ":\n", "")));
    }
    return job;
  }
}
