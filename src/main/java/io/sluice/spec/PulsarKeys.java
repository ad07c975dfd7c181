package io.sluice.spec;

import java.util.List;
import java.util.Map;

/** The keys of {@code pulsar}; part of {@link JobKeys}. */
final class PulsarKeys {

  private static final Key<String> TRUST_CERTS_FILE =
      Key.optional(
          "trust_certs_file",
          Scalars.text(),
          "A PEM file with the certificates to trust. Without it, those of the JVM.");
  private static final Key<Boolean> VERIFY_HOSTNAME =
      Key.withDefault(
          "verify_hostname",
          Scalars.bool(),
          "true",
          "Whether the broker's certificate has to name the host that was dialled.");
  private static final Key<Boolean> ALLOW_INSECURE =
      Key.withDefault(
          "allow_insecure",
          Scalars.bool(),
          "false",
          "Whether any certificate is accepted. Only for experiments.");

  private static final Block<TlsSpec> TLS =
      new Block<>(
          "How the broker's certificate is checked.",
          List.of(TRUST_CERTS_FILE, VERIFY_HOSTNAME, ALLOW_INSECURE),
          List.of(),
          keys ->
              new TlsSpec(
                  keys.find(TRUST_CERTS_FILE),
                  keys.get(VERIFY_HOSTNAME),
                  keys.get(ALLOW_INSECURE)));

  private static final Key<String> SERVICE_URL =
      Key.withDefault(
          "service_url",
          url("pulsar", "pulsar+ssl"),
          "pulsar://localhost:6650",
          "The brokers: pulsar://host:port, or pulsar+ssl://host:port with TLS.");
  private static final Key<String> ADMIN_URL =
      Key.withDefault(
          "admin_url",
          url("http", "https"),
          "http://localhost:8080",
          "The brokers' admin endpoint: http://host:port or https://host:port.");
  private static final Key<Secret> TOKEN =
      Key.optional(
          "token",
          Scalars.secret(),
          "The token to authenticate with, as a reference: ${env:PULSAR_TOKEN} or"
              + " ${file:/run/secrets/token}. Never the token itself.");
  private static final Key<TlsSpec> TLS_KEY =
      Key.optional("tls", TLS, "How the broker's certificate is checked.");
  private static final Key<Map<String, String>> CLIENT_OPTIONS =
      Key.withDefault(
          "options",
          Scalars.options(),
          "{}",
          "Further settings of the Pulsar client, by the names of its configuration, passed on as"
              + " they are.");

  /** The block {@code pulsar}. */
  static final Block<PulsarSpec> PULSAR =
      new Block<>(
          "Where the Pulsar brokers are and how to be let in.",
          List.of(SERVICE_URL, ADMIN_URL, TOKEN, TLS_KEY, CLIENT_OPTIONS),
          List.of(),
          keys ->
              new PulsarSpec(
                  keys.get(SERVICE_URL),
                  keys.get(ADMIN_URL),
                  keys.find(TOKEN),
                  keys.find(TLS_KEY),
                  keys.get(CLIENT_OPTIONS)));

  private PulsarKeys() {}

  private static ScalarType<String> url(String plain, String secured) {
    return Scalars.text(
        "a URL",
        "^" + plain + "(" + secured.substring(plain.length()).replace("+", "\\+") + ")?://.+$",
        "write " + plain + "://host:port or " + secured + "://host:port",
        text -> {
          if (!text.startsWith(plain + "://") && !text.startsWith(secured + "://")) {
            throw new IllegalArgumentException(
                "does not begin with " + plain + ":// or " + secured + "://");
          }
          return text;
        });
  }
}
