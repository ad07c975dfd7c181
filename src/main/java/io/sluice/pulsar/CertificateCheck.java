package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Shakes hands with the TLS endpoints of a cluster to see whether their certificates are trusted.
 *
 * <p>The Pulsar client takes a certificate it does not trust for a lost connection: it tries again
 * for half a minute and then says that the connection is closed. This check says what is wrong, at
 * once. It concerns certificates alone; a host that cannot be reached is left to the client, which
 * may have another way to it.
 */
final class CertificateCheck {

  private static final Pattern ENDPOINT = Pattern.compile("(?:\\[([^]]+)]|([^:,/\\[\\]]+)):(\\d+)");
  private static final int PATIENCE_MILLIS = 5_000;

  private final SSLContext context;
  private final boolean verifyHostname;
  private final boolean binary;

  private CertificateCheck(SSLContext context, boolean verifyHostname, boolean binary) {
    this.context = context;
    this.verifyHostname = verifyHostname;
    this.binary = binary;
  }

  /**
   * Checks both addresses of a cluster.
   *
   * @throws SluiceException BROKER_UNREACHABLE for an address none of whose hosts shows a
   *     certificate that is trusted, INVALID_JOB for settings that the client does not take
   */
  static void of(PulsarOptions.Connection connection) {
    of(connection.serviceUrl(), connection.client());
    of(connection.adminUrl(), ClientSettings.ofAdmin(connection));
  }

  /**
   * Checks every host of an address; one without TLS passes.
   *
   * @param given settings of the client, as they are given
   */
  static void of(String url, Map<String, String> given) {
    Map<String, String> settings = new HashMap<>();
    ClientSettings.of(given).forEach((name, value) -> settings.put(name, value.toString()));
    boolean insecure = Boolean.parseBoolean(settings.get("tlsAllowInsecureConnection"));
    boolean binary = url.startsWith("pulsar+ssl://");
    if (!(binary || url.startsWith("https://"))
        || insecure
        || settings.containsKey("sslFactoryPlugin")) {
      return;
    }
    CertificateCheck check;
    try {
      check =
          new CertificateCheck(
              context(settings),
              Boolean.parseBoolean(settings.get("tlsHostnameVerificationEnable")),
              binary);
    } catch (IOException | GeneralSecurityException unreadable) {
      // The client reports files that it cannot read.
      return;
    }
    String problem = null;
    Matcher endpoints = ENDPOINT.matcher(url);
    while (endpoints.find()) {
      String host = endpoints.group(1) == null ? endpoints.group(2) : endpoints.group(1);
      String refused = check.refusal(host, Integer.parseInt(endpoints.group(3)));
      if (refused == null) {
        return;
      }
      problem = host + ": " + refused;
    }
    if (problem != null) {
      throw new SluiceException(
          Condition.BROKER_UNREACHABLE,
          "Cannot connect to "
              + url
              + ": the certificate is refused for host "
              + problem
              + ". Dial a host that the certificate names, and trust its issuer"
              + " (pulsar.client.tlsTrustCertsFilePath, or tlsTrustStorePath with useKeyStoreTls)");
    }
  }

  /** Why the certificate of a host is not trusted, or null if nothing speaks against it. */
  private @Nullable String refusal(String host, int port) {
    try (Socket plain = new Socket()) {
      InetSocketAddress address = new InetSocketAddress(host, port);
      plain.connect(address, PATIENCE_MILLIS);
      plain.setSoTimeout(PATIENCE_MILLIS);
      // The Pulsar client looks up the name of an IP address; the admin client takes it as it is.
      String name = binary ? address.getHostName() : host;
      try (SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, name, port, true)) {
        if (verifyHostname) {
          SSLParameters parameters = socket.getSSLParameters();
          parameters.setEndpointIdentificationAlgorithm("HTTPS");
          socket.setSSLParameters(parameters);
        }
        socket.startHandshake();
      }
      return null;
    } catch (IOException failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof CertificateException) {
          return cause.getMessage();
        }
      }
      return null;
    }
  }

  private static SSLContext context(Map<String, String> settings)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = null;
    if (Boolean.parseBoolean(settings.get("useKeyStoreTls"))) {
      trusted = trustStore(settings);
    } else if (settings.get("tlsTrustCertsFilePath") != null) {
      trusted = certificates(Path.of(settings.get("tlsTrustCertsFilePath")));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  private static @Nullable KeyStore trustStore(Map<String, String> settings)
      throws IOException, GeneralSecurityException {
    String path = settings.get("tlsTrustStorePath");
    if (path == null) {
      return null;
    }
    KeyStore store = KeyStore.getInstance(settings.getOrDefault("tlsTrustStoreType", "JKS"));
    String password = settings.get("tlsTrustStorePassword");
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      store.load(in, password == null ? null : password.toCharArray());
    }
    return store;
  }

  private static KeyStore certificates(Path pem) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(pem)) {
      List<Certificate> all =
          new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
      for (int i = 0; i < all.size(); i++) {
        store.setCertificateEntry(Integer.toString(i), all.get(i));
      }
    }
    return store;
  }
}
