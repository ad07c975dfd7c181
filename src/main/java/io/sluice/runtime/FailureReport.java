package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.StorageFailure;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConcurrentModificationException;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.AnalysisException;
import org.jspecify.annotations.Nullable;

/** Finds in whatever Spark throws the one thing that a person has to know. */
final class FailureReport {

  private static final int DEPTH = 50;

  private FailureReport() {}

  /**
   * The failure of a job by its name.
   *
   * @param failure what was thrown, with all that Spark wraps around it
   * @param job the job's name
   * @param places the table and the checkpoint, for failures of the storage
   */
  static SluiceException of(Throwable failure, String job, String places) {
    Optional<SluiceException> known = SluiceException.in(failure);
    if (known.isPresent() && known.get().condition() != Condition.UNEXPECTED) {
      return known.get();
    }
    List<Throwable> chain = chain(failure);
    return StorageFailure.find(failure, places)
        .or(() -> spark(chain, job, failure))
        .or(() -> connection(chain, job, failure))
        .or(() -> known)
        .orElseGet(() -> unexpected(chain, job, failure));
  }

  private static Optional<SluiceException> spark(
      List<Throwable> chain, String job, Throwable failure) {
    for (Throwable t : chain) {
      if (t instanceof SparkThrowable named && named.getCondition() != null) {
        String condition = named.getCondition();
        if (condition.startsWith("CONCURRENT_STREAM_LOG_UPDATE")
            || t instanceof SparkConcurrentModificationException) {
          return Optional.of(
              failure(
                  Condition.FENCED,
                  "Another running instance uses the checkpoint of the job %s; this one has stopped. Let one of the two run; nothing is lost.",
                  job,
                  null,
                  failure));
        }
        if (condition.startsWith("MALFORMED_RECORD_IN_PARSING")) {
          return Optional.of(
              failure(
                  Condition.UNDECODABLE_MESSAGE,
                  "A message of the job %s is not JSON of the columns in source.schema: %s",
                  job,
                  t,
                  failure));
        }
        if (t instanceof AnalysisException || dataError(named)) {
          return Optional.of(
              failure(
                  Condition.TRANSFORM_FAILED,
                  "The transform of the job %s fails: %s",
                  job,
                  t,
                  failure));
        }
      }
    }
    return Optional.empty();
  }

  /** SQL's own class of errors in the values, such as a division by zero. */
  private static boolean dataError(SparkThrowable named) {
    return named.getSqlState() != null && named.getSqlState().startsWith("22");
  }

  private static Optional<SluiceException> connection(
      List<Throwable> chain, String job, Throwable failure) {
    return chain.stream()
        .filter(t -> t instanceof ConnectException || t instanceof UnknownHostException)
        .findFirst()
        .map(
            t ->
                failure(
                    Condition.BROKER_UNREACHABLE,
                    "The job %s cannot connect: %s. Check that the addresses are right and the servers run; then start it again, it goes on where it stopped.",
                    job,
                    t,
                    failure));
  }

  private static SluiceException unexpected(List<Throwable> chain, String job, Throwable failure) {
    return failure(
        Condition.UNEXPECTED,
        "The job %s failed: %s. Nothing is lost; run it with --verbose for the whole trace.",
        job,
        chain.get(chain.size() - 1),
        failure);
  }

  private static SluiceException failure(
      Condition condition, String text, String job, @Nullable Throwable shown, Throwable cause) {
    String message =
        shown == null
            ? text.formatted(job)
            : text.formatted(job, shown.getMessage() == null ? shown : shown.getMessage());
    return new SluiceException(condition, message, cause);
  }

  private static List<Throwable> chain(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    for (@Nullable Throwable t = failure; t != null && chain.size() < DEPTH; t = t.getCause()) {
      chain.add(t);
    }
    return chain;
  }
}
