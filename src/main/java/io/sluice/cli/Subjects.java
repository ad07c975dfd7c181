package io.sluice.cli;

import io.sluice.spec.JobSpec;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What a command is given that takes jobs by their files, and tables by themselves; a picocli
 * mixin.
 */
final class Subjects {

  @Parameters(
      paramLabel = "FILE|TABLE",
      arity = "1..*",
      description = "Job files, ending in .yaml or .yml, or tables: a path or an identifier.")
  private List<String> subjects = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one key of every job, over what its file says; may be repeated.")
  private List<String> settings = new ArrayList<>();

  /**
   * The jobs of the files.
   *
   * @throws io.sluice.SluiceException INVALID_JOB with all problems of all files
   */
  List<JobSpec> jobs() {
    return JobFiles.require(
        JobFiles.read(subjects.stream().filter(Subjects::isJobFile).toList(), settings));
  }

  /** The tables that are named by themselves. */
  List<String> tables() {
    return subjects.stream().filter(each -> !isJobFile(each)).toList();
  }

  private static boolean isJobFile(String argument) {
    return argument.endsWith(".yaml") || argument.endsWith(".yml");
  }
}
