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
}
