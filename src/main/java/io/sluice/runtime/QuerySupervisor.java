package io.sluice.runtime;

import io.sluice.SluiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts jobs, watches them, and stops them: all when one fails, and each after its batch when the
 * process is asked to end.
 */
final class QuerySupervisor {

  private static final Logger LOG = LoggerFactory.getLogger(QuerySupervisor.class);
  private static final Duration LOOK = Duration.ofMillis(200);

  /** Spark ends its context at 50 and 40, and file systems close at 10; batches end before. */
  private static final int HOOK_PRIORITY = 60;

  private final SparkSession spark;
  private final ProgressReporter reporter;
  private final Duration drainDeadline;
  private final List<RunningJob> jobs = new ArrayList<>();
  private volatile boolean draining;

  /**
   * A supervisor of jobs in one process.
   *
   * @param drainDeadline how long a batch in flight may take when the process is asked to end
   */
  QuerySupervisor(SparkSession spark, ProgressReporter reporter, Duration drainDeadline) {
    this.spark = spark;
    this.reporter = reporter;
    this.drainDeadline = drainDeadline;
  }

  /**
   * Runs jobs until all have ended.
   *
   * @param newEpoch whether each is to go on where its table ends rather than by its checkpoint
   * @throws SluiceException the reason of the first failure; the other jobs have been stopped
   */
  void run(List<JobPlan> plans, boolean newEpoch) throws InterruptedException, TimeoutException {
    Runnable hook = this::drain;
    ShutdownHookManager.get()
        .addShutdownHook(hook, HOOK_PRIORITY, drainDeadline.toSeconds() + 30, TimeUnit.SECONDS);
    try {
      for (JobPlan plan : plans) {
        start(RunningJob.start(plan, spark, newEpoch, reporter));
      }
      watch();
    } catch (SluiceException e) {
      if (!draining) {
        stopAll();
        throw e;
      }
    } finally {
      if (!draining) {
        ShutdownHookManager.get().removeShutdownHook(hook);
      }
    }
  }

  private void start(RunningJob job) {
    synchronized (jobs) {
      jobs.add(job);
      if (draining) {
        job.beginDrain();
      }
    }
  }

  private void watch() throws InterruptedException {
    List<RunningJob> active = new ArrayList<>(jobs);
    while (!active.isEmpty()) {
      for (RunningJob job : List.copyOf(active)) {
        if (job.await(LOOK)) {
          active.remove(job);
          if (!draining) {
            job.reportEnd();
          }
        }
      }
    }
  }

  private void stopAll() throws TimeoutException {
    for (RunningJob job : jobs) {
      job.stop();
    }
  }

  private void drain() {
    List<RunningJob> running;
    synchronized (jobs) {
      draining = true;
      running = jobs.stream().filter(RunningJob::isActive).toList();
      running.forEach(RunningJob::beginDrain);
    }
    if (running.isEmpty()) {
      return;
    }
    reporter.draining();
    for (RunningJob job : running) {
      try {
        job.drain(drainDeadline);
        job.reportEnd();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (TimeoutException e) {
        LOG.warn("A job did not stop in time; its last batch is done again by the next run", e);
      }
    }
  }
}
