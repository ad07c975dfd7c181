package io.sluice.interop;

import io.sluice.testing.PulsarBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The shell of somebody who types the commands of a page in a checkout, beside a broker.
 *
 * @param directory the checkout, as far as pages need one, and the reader's home
 * @param environment what the page takes for given
 */
record PageShell(Path directory, Map<String, String> environment) {

  private static final Path CHECKOUT = Path.of("").toAbsolutePath();

  /** Makes one whose topic is new. */
  static PageShell in(Path directory, PulsarBroker broker) throws Exception {
    for (String part : List.of("sluice", "airflow", "jobs", "conf", "target")) {
      Files.createSymbolicLink(directory.resolve(part), CHECKOUT.resolve(part));
    }
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Map<String, String> environment = new HashMap<>();
    environment.put("HOME", Files.createDirectory(directory.resolve("home")).toString());
    environment.put("PATH", bin + ":" + System.getenv("PATH"));
    // A command's process lives for half a minute: much of what is compiled would never pay.
    environment.put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m");
    environment.put("PULSAR", broker.serviceUrl());
    environment.put("PULSAR_ADMIN", broker.adminUrl());
    environment.put("TOPIC", broker.createTopic("page", 0));
    PageShell shell = new PageShell(directory, environment);
    shell.program("pulsar-client", "%s".formatted(pulsar().resolve("bin/pulsar-client")));
    return shell;
  }

  /** The reader's home directory. */
  Path home() {
    return directory.resolve("home");
  }

  /** Puts a program on the {@code PATH}. */
  void program(String name, String command) throws IOException {
    script(directory.resolve("bin").resolve(name), command);
  }

  /** Makes a program of a file that is not there yet. */
  static void script(Path file, String command) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, List.of("#!/bin/sh", "exec " + command + " \"$@\""));
    if (!file.toFile().setExecutable(true)) {
      throw new IOException(file + " cannot be made executable");
    }
  }

  /** Types all commands of a page, and compares what they print with what the page shows. */
  void type(Path page) throws IOException, InterruptedException {
    PageCommands.of(page).run(directory, environment);
  }

  private static Path pulsar() throws IOException {
    try (Stream<Path> unpacked = Files.list(CHECKOUT.resolve("target/pulsar"))) {
      return unpacked.findFirst().orElseThrow();
    }
  }
}
