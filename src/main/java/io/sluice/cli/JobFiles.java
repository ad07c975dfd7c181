package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.spec.ParsedJob;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The job files that a command is given, and what is to differ from them; a picocli mixin. */
final class JobFiles {

  @Parameters(paramLabel = "FILES", arity = "1..*", description = "The job files.")
  private List<String> files;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = {
        "Sets one key of every job, over what its file says; may be repeated.",
        "The value is YAML: --set trigger=available_now --set source.topics=[a,b]"
      })
  private List<String> overrides = new ArrayList<>();

  /** What the parser makes of each file, in the order of the command line. */
  List<ParsedJob> read() {
    return read(List.of());
  }

  /**
   * What the parser makes of each file, in the order of the command line.
   *
   * @param further what other options of the command set, as {@code KEY=VALUE}
   */
  List<ParsedJob> read(List<String> further) {
    return read(files, Stream.concat(overrides.stream(), further.stream()).toList());
  }

  /** What the parser makes of files that a command takes in its own way. */
  static List<ParsedJob> read(List<String> files, List<String> settings) {
    JobSpecParser parser = new JobSpecParser(Environment.ofProcess());
    return files.stream().map(file -> parser.read(file, settings)).toList();
  }

  /**
   * The jobs of files without problems.
   *
   * @throws SluiceException INVALID_JOB with all problems of all files
   */
  static List<JobSpec> require(List<ParsedJob> parsed) {
    StringBuilder problems = new StringBuilder();
    for (ParsedJob file : parsed) {
      if (file.job() == null) {
        file.problems().forEach(problem -> problems.append(problem.render()));
      }
    }
    if (!problems.isEmpty()) {
      throw new SluiceException(Condition.INVALID_JOB, problems.toString().strip());
    }
    return parsed.stream().map(ParsedJob::require).toList();
  }
}
