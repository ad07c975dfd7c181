package io.sluice.delta;

import java.util.Optional;

/**
 * The name under which a job's step is recorded in a table's transaction ids.
 *
 * <p>It outlives restarts and changes of driver, and changes with the checkpoint's epoch: batch ids
 * of a new checkpoint start at 0 again and must not be taken for those of the old one.
 *
 * @param job the job's name
 * @param epoch the checkpoint's epoch
 * @param step the write within a batch; each table has one per batch
 */
record AppId(String job, String epoch, String step) {

  /** {@code sluice/<job>/<epoch>/<step>}, as Delta stores it. */
  @Override
  public String toString() {
    return "sluice/" + job + "/" + epoch + "/" + step;
  }

  /** Reads a stored id; empty when it is not Sluice's. */
  static Optional<AppId> parse(String text) {
    String[] parts = text.split("/", -1);
    return parts.length == 4 && parts[0].equals("sluice")
        ? Optional.of(new AppId(parts[1], parts[2], parts[3]))
        : Optional.empty();
  }
}
