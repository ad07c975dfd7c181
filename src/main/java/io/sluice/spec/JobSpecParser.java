package io.sluice.spec;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads jobs, strictly: a key that does not exist, stands twice or has a wrong value is a problem,
 * and all problems of a file are found in one go.
 */
public final class JobSpecParser {

  private final Environment environment;

  /**
   * Creates a parser.
   *
   * @param environment what the jobs may refer to, and where their files are
   */
  public JobSpecParser(Environment environment) {
    this.environment = environment;
  }

  /**
   * Reads a job from a file; a file that cannot be read is a problem like any other.
   *
   * @param file the file's name as the user gave it
   * @param overrides settings that win over the file, each {@code dotted.path=value}
   */
  public ParsedJob read(String file, List<String> overrides) {
    try {
      return parse(file, environment.file(Path.of(file)), overrides);
    } catch (IOException | InvalidPathException e) {
      Problems problems = new Problems(new SourceText(file, ""));
      problems.addForFile(
          ProblemCode.UNREADABLE_FILE,
          "the job file cannot be read: " + Unreadable.reason(e),
          null);
      return new ParsedJob(file, null, problems.finished());
    }
  }

  /**
   * Reads a job from its text.
   *
   * @param file the name under which problems are reported
   * @param text the YAML
   * @param overrides settings that win over the text, each {@code dotted.path=value}
   */
  public ParsedJob parse(String file, String text, List<String> overrides) {
    SourceText source = new SourceText(file, text);
    Problems problems = new Problems(source);
    JobSpec job = bind(source, text, overrides, problems);
    return new ParsedJob(file, problems.hasErrors() ? null : job, problems.finished());
  }

  private @Nullable JobSpec bind(
      SourceText source, String text, List<String> overrides, Problems problems) {
    Node file = YamlText.compose(source.name(), source, text, problems);
    if (file == null) {
      return null;
    }
    Node root = new Overrides(JobKeys.JOB, problems).apply(file, overrides);
    LiteralSecrets secrets = LiteralSecrets.find(root, problems);
    References references = new References(environment);
    var job = JobKeys.JOB.read(new YamlValue(root, root, "", problems, references));
    return job == null ? null : job.apply(JobHash.of(root, secrets));
  }
}
