package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.JobSpec;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.apache.spark.sql.SparkSession;

/** Runs jobs in this process, on the Spark that it finds or starts. */
public final class JobRunner {

  private JobRunner() {}

  /**
   * Runs jobs until all have ended; a signal to end the process finishes the batches in flight.
   *
   * @param jobs the jobs, each with a name of its own
   * @param newEpoch whether each begins a new epoch where its table ends
   * @param drainDeadline how long a batch in flight may take after such a signal
   * @param reporter told what happens
   * @throws SluiceException the reason of the first failure; the other jobs have been stopped
   */
  public static void run(
      List<JobSpec> jobs, boolean newEpoch, Duration drainDeadline, ProgressReporter reporter)
      throws InterruptedException {
    Set<String> names = new HashSet<>();
    for (JobSpec job : jobs) {
      if (!names.add(job.name())) {
        throw new SluiceException(
            Condition.INVALID_JOB,
            "Two of the jobs have the name %s. A name is a job's identity: give each its own."
                .formatted(job.name()));
      }
    }
    SparkSession spark = SparkSettings.spark();
    String warehouse = spark.conf().get("spark.sql.warehouse.dir");
    try {
      new QuerySupervisor(
              spark, reporter, drainDeadline, job -> JobPlanner.plan(job, warehouse), newEpoch)
          .run(jobs);
    } catch (TimeoutException e) {
      throw new SluiceException(
          Condition.UNEXPECTED, "Spark did not stop the jobs in time: " + e.getMessage(), e);
    }
  }
}
