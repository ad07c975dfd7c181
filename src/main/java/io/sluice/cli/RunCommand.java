package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.runtime.JobRunner;
import io.sluice.spec.JobSpec;
import io.sluice.spec.ParsedJob;
import io.sluice.spec.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice run}: runs jobs until they end, fail, or are asked to stop. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Runs jobs: topics into tables, exactly once.",
    description = {
      "%nEvery file is checked before any job starts. Each batch prints one line. On SIGTERM and"
          + " Ctrl-C the batch in flight is finished first; whatever the process dies of, the next"
          + " run goes on where the table ends."
    },
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Every job has taken all there was (trigger available_now).",
      "2:A job file or the command line is wrong; nothing was started.",
      "143:Stopped by SIGTERM, after the batch in flight; 130 by Ctrl-C.",
      "other:A job failed; see 'sluice --help'. The other jobs were stopped."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice run jobs/orders.yaml",
      "  sluice run jobs/*.yaml --trigger available_now",
      "  sluice run jobs/orders.yaml --trigger available_now --result /tmp/orders.json",
      "  sluice run jobs/orders.yaml --trigger every=10s --set target.table=/tmp/orders"
    })
final class RunCommand implements Callable<Integer> {

  @Mixin private JobFiles files;
  @Spec private CommandSpec spec;

  @Option(
      names = "--trigger",
      paramLabel = "TRIGGER",
      description = "available_now, or every=INTERVAL such as every=10s; over what the files say.")
  private @Nullable String trigger;

  @Option(
      names = "--new-epoch",
      description =
          "Leaves the checkpoint's log aside and goes on where the table ends: for a checkpoint"
              + " that is lost or no longer belongs to the table. Other drivers are shut out.")
  private boolean newEpoch;

  @Option(
      names = "--drain-seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long a batch in flight may take after SIGTERM; default ${DEFAULT-VALUE}.")
  private int drainSeconds;

  @Option(
      names = "--result",
      paramLabel = "FILE",
      description =
          "Writes at the end what was done: JSON with the exit code and, for each table, location,"
              + " version, batches, rows, bad messages and until when it is complete. Not on"
              + " SIGTERM.")
  private @Nullable Path result;

  @Option(names = "--verbose", description = "Prints the whole trace of a failure.")
  private boolean verbose;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    List<ParsedJob> parsed = files.read(overrides());
    parsed.stream()
        .flatMap(file -> file.problems().stream())
        .map(Problem::render)
        .forEach(err::print);
    err.flush();
    List<JobSpec> jobs = new ArrayList<>();
    for (ParsedJob file : parsed) {
      JobSpec job = file.job();
      if (job != null) {
        jobs.add(job);
      }
    }
    if (jobs.size() < parsed.size()) {
      return Condition.INVALID_JOB.exitCode();
    }
    RunResult file = result == null ? null : RunResult.at(result);
    Instant start = Instant.now();
    SummaryReporter reporter =
        new SummaryReporter(
            new ConsoleReporter(spec.commandLine().getOut(), Clock.system(ZoneId.systemDefault())));
    SluiceException failure = null;
    try {
      JobRunner.run(jobs, newEpoch, Duration.ofSeconds(drainSeconds), reporter);
    } catch (SluiceException e) {
      if (verbose) {
        e.printStackTrace(err);
      }
      failure = e;
    }
    if (file != null && !reporter.isStopped()) {
      file.write(start, Instant.now(), reporter.ended(), failure);
    }
    if (failure != null) {
      throw failure;
    }
    return 0;
  }

  private List<String> overrides() {
    if (trigger == null) {
      return List.of();
    }
    int equals = trigger.indexOf('=');
    return List.of(
        equals < 0
            ? "trigger=" + trigger
            : "trigger={%s: %s}"
                .formatted(trigger.substring(0, equals), trigger.substring(equals + 1)));
  }
}
