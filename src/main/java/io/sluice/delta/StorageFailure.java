package io.sluice.delta;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells from any failure whether the storage refused to write, and says what to do about it.
 *
 * <p>It looks at messages rather than at types: the operating system's own words survive every
 * layer, also from a task on another machine, while the exceptions around them differ by store.
 */
public enum StorageFailure {
  /** The disk or the quota is full. */
  FULL(
      "the storage is full",
      "Free space, then start the job again; it goes on where it stopped.",
      "No space left on device|Disk quota exceeded|QuotaExceeded"),
  /** The caller may not write there. */
  FORBIDDEN(
      "writing is not permitted",
      "Give the user that runs the job write access, then start it again; it goes on where it stopped.",
      "Permission denied|AccessDenied|AccessControlException|Read-only file system|Operation not permitted"),
  /** The object store answers with a failure, or not at all. */
  OBJECT_STORE(
      "the object store fails",
      "Check its endpoint, region, bucket and credentials, then start the job again; it goes on where it stopped.",
      "org\\.apache\\.hadoop\\.fs\\.s3a\\.(auth\\.)?\\w+Exception|software\\.amazon\\.awssdk\\.[\\w.]+Exception");

  private static final int DEPTH = 50;

  private final String fact;
  private final String wayOut;
  private final Pattern signs;

  StorageFailure(String fact, String wayOut, String signs) {
    this.fact = fact;
    this.wayOut = wayOut;
    this.signs = Pattern.compile(signs);
  }

  /**
   * Looks for a refusal of the storage in a failure and its causes.
   *
   * @param failure what happened
   * @param place what was being written, for the message: a table or a checkpoint with its path
   * @return STORAGE_FAILED with its message, or empty when it is something else
   */
  public static Optional<SluiceException> find(Throwable failure, String place) {
    int depth = 0;
    for (@Nullable Throwable t = failure; t != null && depth < DEPTH; t = t.getCause(), depth++) {
      String text = t.toString();
      for (StorageFailure kind : values()) {
        if (kind.signs.matcher(text).find()) {
          return Optional.of(kind.toException(place, text, failure));
        }
      }
    }
    return Optional.empty();
  }

  /** The failure of a store that does not answer. */
  static SluiceException unreachable(String table, IOException failure) {
    return new SluiceException(
        Condition.STORAGE_FAILED,
        "Cannot reach the storage of the table %s: %s".formatted(table, failure.getMessage()),
        failure);
  }

  private SluiceException toException(String place, String text, Throwable failure) {
    String line = text.lines().findFirst().orElse(text);
    return new SluiceException(
        Condition.STORAGE_FAILED,
        "Cannot write %s: %s (%s). Nothing is lost. %s".formatted(place, fact, line, wayOut),
        failure);
  }
}
