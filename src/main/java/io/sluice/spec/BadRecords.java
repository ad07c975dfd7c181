package io.sluice.spec;

import org.jspecify.annotations.Nullable;

/**
 * How a job treats messages that cannot be decoded.
 *
 * @param policy what becomes of such a message
 * @param maxRatio the largest share of a batch's messages that may be such, above 0 and at most 1;
 *     null for no limit
 * @param maxPerBatch the most such messages that a batch may have; null for no limit
 */
public record BadRecords(
    BadRecordPolicy policy, @Nullable Double maxRatio, @Nullable Long maxPerBatch) {

  /** What holds when the job says nothing: each goes to the quarantine, without a limit. */
  public static final BadRecords DEFAULT = new BadRecords(BadRecordPolicy.QUARANTINE, null, null);
}
