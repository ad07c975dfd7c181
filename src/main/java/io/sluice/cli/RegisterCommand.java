package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.register.Engine;
import io.sluice.register.LakeTable;
import io.sluice.register.Registrar;
import io.sluice.register.Registrar.Outcome;
import io.sluice.register.Registration;
import io.sluice.register.RegistrationPlan;
import io.sluice.runtime.JobTables;
import io.sluice.spec.JobSpec;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice register}: the tables of jobs, made known to query engines. */
@Command(
    name = "register",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Makes the tables of jobs known to Trino, Athena, a Hive metastore or DuckDB.",
    description = {
      "%nPrints the statements that the engine needs, to be run there; with --apply, Trino and a Hive"
          + " metastore are told at once, and telling them again changes nothing. A table that is not"
          + " there yet is left out, and one that the engine cannot read is refused. Quarantines and"
          + " what lies beside a table are registered only if they are named."
    },
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Every table that is there is registered, or its statements are printed.",
      "2:A job file is wrong, or no table is there.",
      "28:The engine cannot read a table, refuses it, or knows another by its name; the others are"
          + " registered.",
      "29:No answer from the engine.",
      "other:See 'sluice --help'."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice register jobs/*.yaml --engine trino --catalog lake --schema shop",
      "  sluice register jobs/*.yaml --engine trino --catalog lake --schema shop \\",
      "    --apply --server http://localhost:8080 --user etl",
      "  sluice register jobs/orders.yaml --engine athena --schema shop",
      "  sluice register jobs/orders.yaml --engine hive --schema shop --apply --server thrift://hms:9083",
      "  sluice register /data/lake/orders --engine duckdb | duckdb shop.duckdb"
    })
final class RegisterCommand implements Callable<Integer> {

  @Mixin private Subjects subjects;

  @Mixin private EngineOptions engine;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The name of the one table. Default: the last part of its path or identifier.")
  private @Nullable String name;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Engine chosen = engine.chosen();
    if (engine.isApplied()) {
      try (Registrar registrar = engine.connect(chosen)) {
        return answer(applied(plan(chosen), registrar));
      }
    }
    RegistrationPlan plan = plan(chosen);
    if (!plan.tables().isEmpty()) {
      out().print(chosen.script(plan.tables()));
    }
    return answer(plan);
  }

  private RegistrationPlan plan(Engine chosen) {
    List<JobSpec> jobs = subjects.jobs();
    JobTables tables = JobTables.onSpark();
    jobs.forEach(tables::add);
    subjects.tables().forEach(tables::add);
    List<LakeTable> found = tables.found();
    if (found.isEmpty()) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "There is no table yet%s. Run the job first, or give a table's path or identifier."
              .formatted(
                  tables.missing().isEmpty()
                      ? ": no topic matches"
                      : ": " + String.join(", ", tables.missing())));
    }
    if (name != null && found.size() > 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--name is for one table, and there are %d: %s."
              .formatted(
                  found.size(),
                  found.stream().map(LakeTable::table).collect(Collectors.joining(", "))));
    }
    tables.missing().forEach(table -> err().println("Not there yet, left out: " + table));
    return RegistrationPlan.of(chosen, found, name);
  }

  /** Tells the engine, and says what became of each table. */
  private RegistrationPlan applied(RegistrationPlan plan, Registrar registrar) {
    List<Registration> done = new ArrayList<>();
    List<SluiceException> refused = new ArrayList<>(plan.refused());
    for (Registration table : plan.tables()) {
      try {
        Outcome outcome = registrar.register(table, engine.isReplacing());
        out().printf("%s  %s  %s%n", table.name(), words(outcome), table.place());
        out().flush();
        done.add(table);
      } catch (SluiceException e) {
        if (e.condition() != Condition.NOT_REGISTERED) {
          throw e;
        }
        refused.add(e);
      }
    }
    return new RegistrationPlan(done, plan.doubts(), refused);
  }

  private static String words(Outcome outcome) {
    return switch (outcome) {
      case REGISTERED -> "registered";
      case KNOWN -> "already registered";
      case REPLACED -> "registered in place of another";
    };
  }

  private int answer(RegistrationPlan plan) {
    out().flush();
    plan.doubts().forEach(err()::println);
    plan.refused().forEach(each -> err().println(each.getMessage()));
    err().flush();
    return plan.refused().isEmpty() ? 0 : Condition.NOT_REGISTERED.exitCode();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
