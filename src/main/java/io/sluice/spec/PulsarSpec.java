package io.sluice.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the Pulsar brokers are and how to be let in.
 *
 * @param serviceUrl the binary endpoint, {@code pulsar://} or {@code pulsar+ssl://}
 * @param adminUrl the admin endpoint, {@code http://} or {@code https://}
 * @param token the token to authenticate with; null for an open broker
 * @param tls how the broker's certificate is checked; null for the client's defaults
 * @param options further client settings, passed on as they are
 */
public record PulsarSpec(
    String serviceUrl,
    String adminUrl,
    @Nullable Secret token,
    @Nullable TlsSpec tls,
    Map<String, String> options) {

  /** Keeps its own copy of the options, in their order. */
  public PulsarSpec {
    options = Ordered.copyOf(options);
  }

  /** The values without the token and those of the options, which may be secrets. */
  @Override
  public String toString() {
    return "PulsarSpec[serviceUrl=%s, adminUrl=%s, token=%s, tls=%s, options=%s]"
        .formatted(serviceUrl, adminUrl, token, tls, options.keySet());
  }
}
