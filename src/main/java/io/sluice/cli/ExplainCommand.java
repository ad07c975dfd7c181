package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.explain.Explanation;
import io.sluice.runtime.JobExplainer;
import io.sluice.runtime.JobSchemas;
import io.sluice.spec.JobSpec;
import java.io.PrintWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice explain}: which messages made a row what it is, and what became of the others. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Explains a row: which messages made it, and why others did not.",
    description = {
      "%nFor a job that merges change events by key. It reads the topics and the table side by side"
          + " and prints every message of the key: when it was published, which batch and table"
          + " version took it, and whether it was applied, superseded, late, repeated, skipped or"
          + " quarantined. Messages that the rows there are come from have a star. The job may run"
          + " meanwhile; nothing of it is touched."
    },
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The key is known, and this is its story.",
      "2:The job has no keys, or the key does not fit them.",
      "26:Nothing is known of the key: no row, no message.",
      "other:See 'sluice --help'."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice explain jobs/ecommerce/customers.yaml --key 42",
      "  sluice explain stock.yaml --key country=DE --key id=42 --since 7d",
      "  sluice explain jobs/ecommerce/database.yaml --table orders --key 7 --output json"
    })
final class ExplainCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "The job file.")
  private String file;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "[COLUMN=]VALUE",
      description =
          "The key: a value, read as the key column's type; where the key has several columns,"
              + " --key COLUMN=VALUE for each.")
  private List<String> key = new ArrayList<>();

  @Option(
      names = "--table",
      paramLabel = "NAME",
      description = "Which table of a job that has one for each topic: its path or last name.")
  private @Nullable String table;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = {
        "Read only what was published since: 90s, 30m, 12h, 7d ago, or an ISO-8601 time such as",
        "2026-01-31T08:00:00Z. Default: all that the topics still have."
      })
  private @Nullable String since;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "How many messages of the key to look at, the newest; default ${DEFAULT-VALUE}.")
  private int limit;

  @Option(
      names = "--output",
      paramLabel = "FORM",
      defaultValue = "text",
      description = {
        "text, or json: a line for the key with its rows and notes, then a line per message;",
        "default ${DEFAULT-VALUE}."
      })
  private String output = "";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one key of the job, over what its file says; may be repeated.")
  private List<String> settings = new ArrayList<>();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (!List.of("text", "json").contains(output)) {
      throw misuse("--output is text or json, not '%s'.".formatted(output));
    }
    if (limit < 1) {
      throw misuse("--limit is at least 1, not %d.".formatted(limit));
    }
    Instant from = since == null ? null : time(since, Instant.now());
    JobSpec job = one(JobFiles.require(JobFiles.read(List.of(file), settings)).get(0));
    Explanation explanation = JobExplainer.explain(job, key, from, limit);
    PrintWriter out = spec.commandLine().getOut();
    if (output.equals("json")) {
      ExplanationJson.lines(explanation).forEach(out::println);
    } else {
      out.print(ExplanationText.of(explanation));
    }
    out.flush();
    return 0;
  }

  private Instant time(String text, Instant now) {
    try {
      return Age.parse(text).map(now::minus).orElseGet(() -> Instant.parse(text.strip()));
    } catch (DateTimeException e) {
      throw misuse(
          "--since is a time ago such as 30m, 12h or 7d, or one such as 2026-01-31T08:00:00Z, not '%s'."
              .formatted(text));
    }
  }

  /** The job itself, or the one of the table that is asked for. */
  private JobSpec one(JobSpec job) {
    List<JobSpec> tables = JobSchemas.tables(job);
    List<JobSpec> wanted =
        tables.stream().filter(each -> table == null || isNamed(each, table)).toList();
    if (wanted.size() == 1) {
      return wanted.get(0);
    }
    List<String> names = tables.stream().map(each -> each.target().table()).sorted().toList();
    throw new SluiceException(
        Condition.INVALID_JOB,
        tables.isEmpty()
            ? "The job %s has no table yet: no topic matches its pattern.".formatted(job.name())
            : "The job %s has %d tables%s. Name one with --table: %s"
                .formatted(
                    job.name(),
                    tables.size(),
                    table == null || !wanted.isEmpty() ? "" : ", and none is '" + table + "'",
                    String.join(", ", names)));
  }

  private static boolean isNamed(JobSpec job, String table) {
    String path = job.target().table();
    return path.equals(table) || path.endsWith("/" + table) || path.endsWith("." + table);
  }

  private ParameterException misuse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
