package io.sluice.spec;

import java.time.Duration;

/** When a batch is due. */
public sealed interface TriggerSpec {

  /**
   * A batch whenever the interval has passed and something new is there, until the job is stopped.
   *
   * @param interval from the start of one batch to the start of the next
   */
  record Every(Duration interval) implements TriggerSpec {}

  /** Batches until everything that is there at the start is taken; then the job ends. */
  record AvailableNow() implements TriggerSpec {}
}
