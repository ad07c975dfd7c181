package io.sluice.cli;

import io.sluice.broker.StandaloneSettings;
import java.nio.file.Path;
import java.util.Objects;

/** The Pulsar broker of demonstrations: on loopback, keeping whatever is published. */
final class DemonstrationBroker {

  /** The directory that Sluice was unpacked or checked out to. */
  static final Path HOME = Path.of(Objects.requireNonNullElse(System.getenv("SLUICE_HOME"), "."));

  private DemonstrationBroker() {}

  /**
   * The settings of one.
   *
   * @param directory for its data and logs, below {@code target}; no other running broker has it
   */
  static StandaloneSettings in(String directory) {
    Path build = HOME.resolve("target");
    return StandaloneSettings.in(build.resolve("pulsar"), build.resolve(directory))
        .with("defaultRetentionTimeInMinutes", "-1")
        .with("defaultRetentionSizeInMB", "-1");
  }
}
