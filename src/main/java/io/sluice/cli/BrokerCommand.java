package io.sluice.cli;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.broker.PulsarStandalone;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice broker}: a private broker that runs until it is stopped. */
@Command(
    name = "broker",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Runs a Pulsar broker of one's own, to try things on.",
    description = {
      "%nStarts an empty broker on free ports of loopback, and prints where it listens as settings"
          + " for the shell, by the names that the jobs of jobs/ read. It keeps every message,"
          + " acknowledged or not, until Ctrl-C, SIGTERM or the end of the process that has started"
          + " it; then all of it is deleted. It is no broker for data that matters."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The process that has started it has ended.",
      "143:It was asked to stop.",
      "other:See 'sluice --help'."
    },
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice broker",
      "%nIn another shell, with the line that it has printed:%n",
      "  export PULSAR_SERVICE_URL=pulsar://127.0.0.1:PORT PULSAR_ADMIN_URL=http://127.0.0.1:PORT",
      "  sluice run jobs/orders.yaml"
    })
final class BrokerCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    // Several may run at once.
    PulsarStandalone broker =
        PulsarStandalone.start(DemonstrationBroker.in("broker/" + ProcessHandle.current().pid()));
    AtomicBoolean stopping = new AtomicBoolean();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stopping.set(true);
                  broker.close();
                },
                "close-broker"));
    out.printf(
        "export PULSAR_SERVICE_URL=%s PULSAR_ADMIN_URL=%s%n",
        broker.serviceUrl(), broker.adminUrl());
    out.flush();
    CompletableFuture.anyOf(
            end(ProcessHandle.of(broker.pid()))
                .orElseGet(() -> CompletableFuture.completedFuture(null)),
            end(ProcessHandle.current().parent()).orElseGet(CompletableFuture::new))
        .join();
    if (!broker.isRunning() && !stopping.get()) {
      throw new SluiceException(
          Condition.BROKER_UNREACHABLE,
          "The broker has ended by itself; its log is in " + broker.logDirectory());
    }
    return 0;
  }

  private static Optional<CompletableFuture<ProcessHandle>> end(Optional<ProcessHandle> process) {
    return process.map(ProcessHandle::onExit);
  }
}
