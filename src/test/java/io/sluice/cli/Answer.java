package io.sluice.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * What {@code sluice} answers to a command line.
 *
 * @param exitCode what the process would end with
 * @param out what it printed
 * @param err what it printed as errors
 */
public record Answer(int exitCode, String out, String err) {

  /** Runs a command line in this process. */
  public static Answer to(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine sluice =
        Sluice.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int exitCode = sluice.execute(args);
    return new Answer(exitCode, out.toString(), err.toString());
  }
}
