package io.sluice.cli;

import io.sluice.maintain.MaintenanceStep;
import io.sluice.runtime.JobMaintenance;
import io.sluice.spec.JobSpec;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice maintain}: compacts, clusters and vacuums the tables of jobs. */
@Command(
    name = "maintain",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Keeps tables quick to read and small to keep.",
    description = {
      "%nOf a job: its tables, what lies beside them, and their quarantines. Small files become few"
          + " where that saves at least four, rows of a clustered table are put together, files that"
          + " no version of the last week needs (delta.deletedFileRetentionDuration) are deleted."
          + " The jobs may run meanwhile: who meets the other's commit begins again from it."
    },
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Done, or, with --dry-run, told.",
      "2:A job file is wrong, or there is no such table.",
      "other:See 'sluice --help'."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice maintain jobs/*.yaml --dry-run",
      "  sluice maintain jobs/orders.yaml --quarantine-retention 90d",
      "  sluice maintain /data/lake/orders"
    })
final class MaintainCommand implements Callable<Integer> {

  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");
  private static final int UNIT = 1024;

  @Mixin private Subjects subjects;

  @Option(names = "--dry-run", description = "Tells what would be done, and changes nothing.")
  private boolean dryRun;

  @Option(
      names = "--quarantine-retention",
      paramLabel = "AGE",
      description = {
        "Deletes messages that have been in a quarantine for longer, such as 90d; of a job only.",
        "Default: all stay."
      })
  private @Nullable String quarantineRetention;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    List<JobSpec> jobs = subjects.jobs();
    PrintWriter out = spec.commandLine().getOut();
    JobMaintenance maintenance =
        new JobMaintenance(
            dryRun,
            Instant.now(),
            quarantineRetention == null ? null : age(quarantineRetention),
            step -> {
              out.println(line(step, dryRun));
              out.flush();
            });
    jobs.forEach(maintenance::maintain);
    subjects.tables().forEach(maintenance::maintain);
    if (dryRun) {
      out.println("Nothing was changed (--dry-run).");
      out.flush();
    }
    return 0;
  }

  private Duration age(String text) {
    return Age.parse(text)
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(),
                    "--quarantine-retention is an age such as 12h or 90d, not '%s'."
                        .formatted(text)));
  }

  static String line(MaintenanceStep step, boolean dryRun) {
    String what =
        switch (step.kind()) {
          case COMPACT -> "compact";
          case CLUSTER -> "cluster";
          case EXPIRE -> "expire";
          case VACUUM -> "vacuum";
          case GAVE_WAY -> "gave way to another writer; the next run does it";
          case NONE -> "nothing to do";
        };
    String amount =
        switch (step.kind()) {
          case COMPACT, CLUSTER ->
              "%,d files, %s%s"
                  .formatted(
                      step.amount(),
                      size(step.bytes()),
                      dryRun ? "" : ", are now %,d".formatted(step.left()));
          case VACUUM -> "%,d files, %s".formatted(step.amount(), size(step.bytes()));
          case EXPIRE -> "%,d rows".formatted(step.amount());
          case GAVE_WAY, NONE -> "";
        };
    return "%s  %-8s  %s".formatted(step.table(), what, amount).strip();
  }

  private static String size(long bytes) {
    double amount = bytes;
    int unit = 0;
    while (amount >= UNIT && unit < UNITS.size() - 1) {
      amount /= UNIT;
      unit++;
    }
    return (unit == 0 ? "%.0f %s" : "%.1f %s").formatted(amount, UNITS.get(unit));
  }
}
