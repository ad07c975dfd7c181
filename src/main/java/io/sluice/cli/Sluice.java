package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The {@code sluice} command.
 *
 * <p>A further command is one class that implements {@code Callable<Integer>}, named in {@code
 * subcommands}. Its fields and method signatures name no type of Spark, Delta or Pulsar: picocli
 * reflects on every command to print the help, which has to come at once and without Spark.
 */
@Command(
    name = "sluice",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Streams Apache Pulsar topics into Delta Lake tables, exactly once, from a YAML file.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice run jobs/orders.yaml    run a job until it is stopped",
      "  sluice validate jobs/*.yaml    report everything that is wrong with these jobs",
      "  sluice COMMAND --help          what a command takes, with examples"
    },
    subcommands = {
      ValidateCommand.class,
      RunCommand.class,
      SchemaCommand.class,
      ExplainCommand.class,
      MaintainCommand.class,
      RegisterCommand.class,
      QuickstartCommand.class,
      BrokerCommand.class
    })
public final class Sluice implements Runnable {

  @Spec private CommandSpec spec;

  private Sluice() {}

  /**
   * Runs one command and ends the process with its exit code.
   *
   * @param args the command's name and its arguments
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command with everything below it, ready to execute. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Sluice());
    commandLine.getCommandSpec().usageMessage().exitCodeList(exitCodes());
    commandLine.setUsageHelpWidth(100);
    commandLine.setParameterExceptionHandler(Sluice::reportMisuse);
    commandLine.setExecutionExceptionHandler(Sluice::reportFailure);
    return commandLine;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command.");
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    codes.put("  0", "Done; for a question: yes.");
    for (Condition condition : Condition.values()) {
      codes.put("%3d".formatted(condition.exitCode()), condition + ": " + condition.meaning());
    }
    return codes;
  }

  private static int reportMisuse(ParameterException misuse, String[] args) {
    CommandLine commandLine = misuse.getCommandLine();
    var err = commandLine.getErr();
    err.println(misuse.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(misuse, err);
    err.println("Try '" + commandLine.getCommandSpec().qualifiedName() + " --help'.");
    return Condition.INVALID_JOB.exitCode();
  }

  private static int reportFailure(Exception failure, CommandLine commandLine, ParseResult parsed) {
    var err = commandLine.getErr();
    if (failure instanceof SluiceException known) {
      err.println(known.getMessage());
      return known.condition().exitCode();
    }
    failure.printStackTrace(err);
    return Condition.UNEXPECTED.exitCode();
  }
}
