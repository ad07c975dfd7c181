package io.sluice.runtime;

import io.sluice.spec.JobSpec;
import java.util.Map;

/**
 * A job with everything decided that does not need a cluster to decide.
 *
 * @param spec the job
 * @param sourceOptions the options of Spark's {@code pulsar} source; may hold a token
 * @param checkpoint the directory of the checkpoint
 */
record JobPlan(JobSpec spec, Map<String, String> sourceOptions, String checkpoint) {

  JobPlan {
    sourceOptions = Map.copyOf(sourceOptions);
  }

  /** The job's name. */
  String name() {
    return spec.name();
  }

  /** Nothing of the options: they may hold a token. */
  @Override
  public String toString() {
    return "job %s, checkpoint %s".formatted(name(), checkpoint);
  }
}
