package io.sluice.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a private Pulsar server is to be started.
 *
 * @param distribution the unpacked Pulsar release, the directory that holds {@code bin/pulsar}
 * @param directory where the server keeps its data and logs; nothing else may live there
 * @param heapMegabytes the largest Java heap; direct memory gets the same
 * @param shortLived whether it lives for minutes only: it then starts with half the processor time,
 *     and never becomes as fast as one that compiles its code well
 * @param tls whether TLS ports are opened beside the plain ones; certificates come as properties
 * @param adminToken the token that the readiness check sends, where authentication is on
 * @param properties lines of {@code standalone.conf} that replace the shipped ones
 */
public record StandaloneSettings(
    Path distribution,
    Path directory,
    int heapMegabytes,
    boolean shortLived,
    boolean tls,
    Optional<String> adminToken,
    Map<String, String> properties) {

  /** Copies the properties, keeping their order. */
  public StandaloneSettings {
    properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
  }

  /**
   * A plain server with 1 GiB of heap and the shipped settings.
   *
   * @param unpacked the directory into which the release was unpacked; it holds one {@code
   *     apache-pulsar-*} directory
   * @param directory where the server keeps its data and logs
   * @throws UncheckedIOException if no release lies there
   */
  public static StandaloneSettings in(Path unpacked, Path directory) {
    return new StandaloneSettings(
        release(unpacked), directory, 1024, false, false, Optional.empty(), Map.of());
  }

  private static Path release(Path unpacked) {
    try (var entries = Files.newDirectoryStream(unpacked, "apache-pulsar-*")) {
      for (Path entry : entries) {
        return entry.toAbsolutePath().normalize();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no Pulsar release in " + unpacked, e);
    }
    throw new UncheckedIOException(new IOException("no apache-pulsar-* directory in " + unpacked));
  }

  /** These settings with one line of {@code standalone.conf} set. */
  public StandaloneSettings with(String property, String value) {
    var merged = new LinkedHashMap<>(properties);
    merged.put(property, value);
    return new StandaloneSettings(
        distribution, directory, heapMegabytes, shortLived, tls, adminToken, merged);
  }

  /** These settings with another heap size. */
  public StandaloneSettings withHeapMegabytes(int megabytes) {
    return new StandaloneSettings(
        distribution, directory, megabytes, shortLived, tls, adminToken, properties);
  }

  /** These settings for a server that lives for minutes only. */
  public StandaloneSettings withShortLife() {
    return new StandaloneSettings(
        distribution, directory, heapMegabytes, true, tls, adminToken, properties);
  }

  /** These settings with TLS ports opened beside the plain ones. */
  public StandaloneSettings withTls() {
    return new StandaloneSettings(
        distribution, directory, heapMegabytes, shortLived, true, adminToken, properties);
  }

  /** These settings with the token that the readiness check sends. */
  public StandaloneSettings withAdminToken(String token) {
    return new StandaloneSettings(
        distribution, directory, heapMegabytes, shortLived, tls, Optional.of(token), properties);
  }

  /** Whether the server has transaction coordinators. */
  boolean transactions() {
    return Boolean.parseBoolean(properties.get("transactionCoordinatorEnabled"));
  }

  /** The whole text of the server's {@code standalone.conf}: the shipped lines, then ours. */
  List<String> configuration(Ports ports) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String line :
        Files.readAllLines(distribution.resolve("conf").resolve("standalone.conf"))) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        settings.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
      }
    }
    settings.put("bindAddress", Ports.LOOPBACK);
    settings.put("advertisedAddress", Ports.LOOPBACK);
    // Without these two the bookie ignores its port and listens on every interface.
    settings.put("allowEphemeralPorts", "true");
    settings.put("listeningInterface", "lo");
    settings.put("webSocketServiceEnabled", "false");
    settings.putAll(properties);
    settings.putAll(ports.configuration(tls));
    return settings.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "StandaloneSettings[distribution="
        + distribution
        + ", directory="
        + directory
        + ", heapMegabytes="
        + heapMegabytes
        + ", shortLived="
        + shortLived
        + ", tls="
        + tls
        + ", properties="
        + properties.keySet()
        + "]";
  }
}
