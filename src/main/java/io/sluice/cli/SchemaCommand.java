package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.runtime.JobSchemas;
import io.sluice.runtime.SchemaEffect;
import io.sluice.spec.JobSpec;
import io.sluice.spec.ParsedJob;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice schema}: the schemas of topics beside the tables that are made of them. */
@Command(
    name = "schema",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Shows schemas beside tables, and tells what a new schema would do.",
    synopsisSubcommandLabel = "COMMAND",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice schema show jobs/orders.yaml               every version, and the table's columns",
      "  sluice schema diff jobs/orders.yaml               what the next batch adds to the table",
      "  sluice schema check orders.avsc jobs/orders.yaml  what this schema would do, for CI"
    })
final class SchemaCommand implements Runnable {

  private static final String HEAD = "  ";

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command: show, diff or check.");
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description =
          "Prints every registered version with what it changes, and the table's columns.")
  int show(@Mixin JobFiles files) {
    for (JobSpec job : jobs(files.read())) {
      JobSchemas schemas = JobSchemas.of(job);
      out().println(job.name());
      String topic = "";
      for (JobSchemas.Version version : schemas.versions()) {
        if (!version.topic().equals(topic)) {
          topic = version.topic();
          out().println(HEAD + topic);
        }
        out().printf("    version %d  %s%n", version.number(), version.type());
        version.changes().forEach(change -> out().println("      " + change));
      }
      if (topic.isEmpty()) {
        out().println(HEAD + job.source().topics().describe() + ": no schema is registered");
      }
      List<String> table = schemas.table();
      out()
          .println(
              HEAD + "table " + job.target().table() + (table.isEmpty() ? ": not there yet" : ""));
      table.forEach(column -> out().println("    " + column));
    }
    out().flush();
    return 0;
  }

  @Command(
      name = "diff",
      mixinStandardHelpOptions = true,
      description = "Prints what the registered versions would change of the table.")
  int diff(@Mixin JobFiles files) {
    for (JobSpec job : jobs(files.read())) {
      List<String> pending = JobSchemas.of(job).pending();
      out()
          .printf(
              "%s  %s%s%n",
              job.name(), job.target().table(), pending.isEmpty() ? ": up to date" : "");
      pending.forEach(change -> out().println(HEAD + change));
    }
    out().flush();
    return 0;
  }

  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      description = {
        "Tells for each job what a schema that is not registered yet would do to its table. Ends"
            + " with 0 when every table takes it, with 18 when a job would stop or messages would"
            + " not get into a table."
      })
  int check(
      @Parameters(
              index = "0",
              paramLabel = "CANDIDATE",
              description = "An Avro schema: the next version of the topics' schema.")
          Path candidate,
      @Parameters(
              index = "1..*",
              arity = "1..*",
              paramLabel = "FILES",
              description = "The job files.")
          List<String> files,
      @Option(
              names = "--set",
              paramLabel = "KEY=VALUE",
              description = "Sets one key of every job, over what its file says; may be repeated.")
          @Nullable List<String> settings) {
    String definition = read(candidate);
    boolean breaking = false;
    for (JobSpec job : jobs(JobFiles.read(files, settings == null ? List.of() : settings))) {
      List<SchemaEffect> effects = JobSchemas.of(job).check(definition);
      out()
          .printf(
              "%s  %s%s%n",
              job.name(), job.target().table(), effects.isEmpty() ? ": nothing changes" : "");
      for (SchemaEffect effect : effects) {
        out()
            .printf(
                "  %-6s  %s: %s%n",
                effect.kind().name().toLowerCase(Locale.ROOT),
                effect.change(),
                effect.kind().meaning());
        breaking |= effect.kind().isBreaking();
      }
    }
    out().flush();
    return breaking ? Condition.SCHEMA_CHANGED.exitCode() : 0;
  }

  private String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new ParameterException(
          spec.commandLine(), "Cannot read the schema " + file + ": " + e.getMessage(), e);
    }
  }

  private static List<JobSpec> jobs(List<ParsedJob> parsed) {
    return JobFiles.require(parsed).stream()
        .flatMap(job -> JobSchemas.tables(job).stream())
        .toList();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
