package io.sluice.testing;

import io.sluice.SluiceException;
import io.sluice.runtime.BatchProgress;
import io.sluice.runtime.JobSummary;
import io.sluice.runtime.ProgressReporter;
import java.time.Duration;
import java.util.List;

/** Nobody looks on. */
public final class SilentReporter implements ProgressReporter {

  @Override
  public void started(String job, String table, String checkpoint) {}

  @Override
  public void batch(BatchProgress progress) {}

  @Override
  public void evolved(String job, List<String> changes) {}

  @Override
  public void startedAgain(String job, Duration pause) {}

  @Override
  public void ended(JobSummary summary) {}

  @Override
  public void failed(String job, SluiceException reason) {}

  @Override
  public void draining() {}
}
