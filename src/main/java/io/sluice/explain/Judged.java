package io.sluice.explain;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A message with what became of it.
 *
 * @param message the message
 * @param taken the batch that has it; null if none, or if the table's log does not say
 * @param outcome what became of it
 * @param late whether the table had a later event of the key when it read this one
 * @param certain whether everything that it takes to say so is still there
 * @param stands whether the key's rows, or that there are none, are still its doing
 * @param columns the columns of the rows there are that have its values
 * @param by the message that took its place, or was there before it; null if none
 */
public record Judged(
    KeyMessage message,
    @Nullable Taken taken,
    Outcome outcome,
    boolean late,
    boolean certain,
    boolean stands,
    Set<String> columns,
    @Nullable Position by) {

  /** Copies the columns. */
  public Judged {
    columns = Set.copyOf(columns);
  }

  /**
   * The batch that has a message.
   *
   * @param batch its id
   * @param epoch the epoch that it is counted in
   * @param version the table version that it made
   * @param time when it was committed
   */
  public record Taken(long batch, String epoch, long version, Instant time) {}
}
