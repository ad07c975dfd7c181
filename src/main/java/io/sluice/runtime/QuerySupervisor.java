package io.sluice.runtime;

import io.sluice.SluiceException;
import io.sluice.spec.JobSpec;
import io.sluice.spec.TablePerTopic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts jobs, watches them, and stops them: all when one fails, and each after its batch when the
 * process is asked to end.
 *
 * <p>A job with a table for each topic is many, each of which fails alone: the others go on, and
 * its failure is the process's when all have ended.
 */
final class QuerySupervisor {

  private static final Logger LOG = LoggerFactory.getLogger(QuerySupervisor.class);
  private static final Duration LOOK = Duration.ofMillis(200);

  /** Spark ends its context at 50 and 40, and file systems close at 10; batches end before. */
  private static final int HOOK_PRIORITY = 60;

  private final SparkSession spark;
  private final ProgressReporter reporter;
  private final Duration drainDeadline;
  private final Function<JobSpec, JobPlan> planner;
  private final boolean newEpoch;
  private final List<RunningJob> jobs = new ArrayList<>();
  private final Set<RunningJob> failAlone = new HashSet<>();
  private final List<TopicTables> perTopic = new ArrayList<>();
  private volatile boolean draining;
  private @Nullable SluiceException failure;

  /**
   * A supervisor of jobs in one process.
   *
   * @param drainDeadline how long a batch in flight may take when the process is asked to end
   * @param newEpoch whether each is to go on where its table ends rather than by its checkpoint
   */
  QuerySupervisor(
      SparkSession spark,
      ProgressReporter reporter,
      Duration drainDeadline,
      Function<JobSpec, JobPlan> planner,
      boolean newEpoch) {
    this.spark = spark;
    this.reporter = reporter;
    this.drainDeadline = drainDeadline;
    this.planner = planner;
    this.newEpoch = newEpoch;
  }

  /**
   * Runs jobs until all have ended.
   *
   * @throws SluiceException the reason of the first failure; the other jobs have been stopped
   * @throws InterruptedException if the thread is interrupted; all jobs have been stopped
   */
  void run(List<JobSpec> specs) throws InterruptedException, TimeoutException {
    Runnable hook = this::drain;
    ShutdownHookManager.get()
        .addShutdownHook(hook, HOOK_PRIORITY, drainDeadline.toSeconds() + 30, TimeUnit.SECONDS);
    try {
      for (JobSpec spec : specs) {
        Optional<TablePerTopic> tables = TablePerTopic.of(spec);
        if (tables.isPresent()) {
          perTopic.add(TopicTables.open(tables.get()));
        } else {
          start(spec);
        }
      }
      for (TopicTables tables : perTopic) {
        startAppeared(tables);
      }
      watch();
      if (failure != null && !draining) {
        throw failure;
      }
    } catch (SluiceException | InterruptedException e) {
      if (!draining) {
        stopAll();
        throw e;
      }
    } finally {
      perTopic.forEach(TopicTables::close);
      if (!draining) {
        ShutdownHookManager.get().removeShutdownHook(hook);
      }
    }
  }

  private RunningJob start(JobSpec spec) {
    RunningJob job = RunningJob.start(planner.apply(spec), spark, newEpoch, reporter);
    synchronized (jobs) {
      jobs.add(job);
      if (draining) {
        job.beginDrain();
      }
    }
    return job;
  }

  private void startAppeared(TopicTables tables) {
    TopicTables.Appeared appeared = tables.appeared();
    appeared.refused().forEach(reason -> failed(tables.name(), reason));
    for (JobSpec spec : appeared.jobs()) {
      if (draining) {
        return;
      }
      try {
        failAlone.add(start(spec));
      } catch (SluiceException e) {
        failed(spec.name(), e);
      }
    }
  }

  private void failed(String job, SluiceException reason) {
    reporter.failed(job, reason);
    if (failure == null) {
      failure = reason;
    }
  }

  private void watch() throws InterruptedException {
    Set<RunningJob> over = new HashSet<>();
    while (true) {
      boolean looking = !draining && perTopic.stream().anyMatch(TopicTables::isContinuous);
      if (looking) {
        lookForTopics();
      }
      List<RunningJob> active = jobs.stream().filter(job -> !over.contains(job)).toList();
      if (active.isEmpty()) {
        if (!looking || failure != null) {
          return;
        }
        TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
      }
      for (RunningJob job : active) {
        if (isOver(job, LOOK.dividedBy(active.size()))) {
          over.add(job);
        }
      }
    }
  }

  private boolean isOver(RunningJob job, Duration patience) throws InterruptedException {
    try {
      if (!job.await(patience)) {
        return false;
      }
      if (!draining) {
        job.reportEnd();
      }
    } catch (SluiceException e) {
      if (!failAlone.contains(job)) {
        throw e;
      }
      failed(job.name(), e);
    }
    return true;
  }

  private void lookForTopics() {
    for (TopicTables tables : perTopic) {
      if (tables.isContinuous()) {
        try {
          startAppeared(tables);
        } catch (SluiceException e) {
          LOG.warn("The topics of the job {} cannot be looked up now", tables.name(), e);
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
