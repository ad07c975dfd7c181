package io.sluice.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: Sluice's own version and those that it is built for. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() throws IOException {
    Properties versions = new Properties();
    try (InputStream in =
        Objects.requireNonNull(Version.class.getResourceAsStream("version.properties"))) {
      versions.load(in);
    }
    return new String[] {
      "sluice " + versions.getProperty("sluice"),
      "Spark %s, Delta Lake %s, Pulsar client %s, Java %s"
          .formatted(
              versions.getProperty("spark"),
              versions.getProperty("delta"),
              versions.getProperty("pulsar"),
              Runtime.version())
    };
  }
}
