package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.spec.JobSpec;
import io.sluice.spec.ParsedJob;
import io.sluice.spec.Problem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice validate}: says everything that is wrong with job files, and starts nothing. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Reports everything that is wrong with job files; connects to nothing.",
    description = {
      "%nEvery problem is printed with its file, line and column, the line itself, and what to do"
          + " about it. The codes are explained in docs/reference/job.md."
    },
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Every file is a job that can run; warnings may have been printed.",
      "2:At least one file has a problem, or the command line is wrong."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice validate jobs/orders.yaml",
      "  sluice validate jobs/*.yaml",
      "  LAKE=/tmp/lake sluice validate jobs/orders.yaml --set trigger=available_now"
    })
final class ValidateCommand implements Callable<Integer> {

  @Mixin private JobFiles files;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    List<ParsedJob> parsed = files.read();
    for (ParsedJob file : parsed) {
      file.problems().stream().map(Problem::render).forEach(out::print);
      JobSpec job = file.job();
      if (job != null) {
        out.println("OK " + file.file() + ": " + summary(job));
      }
    }
    out.flush();
    boolean allRight = parsed.stream().allMatch(file -> file.job() != null);
    return allRight ? 0 : Condition.INVALID_JOB.exitCode();
  }

  private static String summary(JobSpec job) {
    return "job '%s' %s -> %s"
        .formatted(job.name(), job.source().topics().describe(), job.target().table());
  }
}
