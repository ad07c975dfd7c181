package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.CommitRange;

/**
 * Which messages the batches of a job hold, as its checkpoint says.
 *
 * @param plan the job
 * @param epoch the checkpoint's epoch
 * @param log the checkpoint
 */
record BatchRanges(JobPlan plan, String epoch, CheckpointLog log) {

  /** The messages of a batch that Spark has begun. */
  CommitRange of(long batch) {
    return new CommitRange(
        plan.name(),
        epoch,
        batch,
        plan.spec().hash(),
        log.start(batch).orElseThrow(() -> missing(batch, "start")),
        log.end(batch).orElseThrow(() -> missing(batch, "end")));
  }

  private SluiceException missing(long batch, String what) {
    return new SluiceException(
        Condition.CHECKPOINT_MISMATCH,
        "The checkpoint %s does not say where batch %d has its %s; it was changed while the job ran. Restore it, or start again from what the table holds with --new-epoch."
            .formatted(log.location(), batch, what));
  }
}
