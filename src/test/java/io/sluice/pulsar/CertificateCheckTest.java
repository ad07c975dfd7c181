package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.testing.TlsIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.apache.pulsar.client.impl.PulsarClientImpl;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateCheckTest {

  private static final String PASSWORD = "changeit";

  @TempDir static Path directory;
  private static TlsIdentity here;
  private static TlsIdentity elsewhere;
  private static SSLServerSocket right;
  private static SSLServerSocket wrong;

  @BeforeAll
  static void listen() throws Exception {
    here = TlsIdentity.create(directory, "here", PASSWORD, "dns:localhost");
    elsewhere = TlsIdentity.create(directory, "elsewhere", PASSWORD, "dns:elsewhere.example.com");
    right = server(here);
    wrong = server(elsewhere);
  }

  @AfterAll
  static void close() throws IOException {
    right.close();
    wrong.close();
  }

  @Test
  void check_certificateOfTheHostByATrustedIssuer_passes() {
    assertPasses(url("pulsar+ssl", right), trusting(here));
    assertPasses(url("https", right), trusting(here));
  }

  @Test
  void check_certificateForAnotherHost_isRefusedUnlessHostsAreNotVerified() {
    assertRefused(url("pulsar+ssl", wrong), trusting(elsewhere), "localhost");
    assertRefused(url("https", wrong), trusting(elsewhere), "localhost");
    assertPasses(
        url("pulsar+ssl", wrong),
        Map.of(
            "tlsTrustCertsFilePath",
            elsewhere.certificate().toString(),
            "tlsHostnameVerificationEnable",
            "false"));
  }

  @Test
  void check_issuerThatIsNotTrusted_isRefusedUnlessEverythingIsTaken() {
    assertRefused(url("pulsar+ssl", right), trusting(elsewhere), "certification path");
    assertRefused(url("pulsar+ssl", right), Map.of(), "certification path");
    assertPasses(url("pulsar+ssl", right), Map.of("tlsAllowInsecureConnection", "true"));
  }

  @Test
  void check_trustStore_isUsedWhereKeyStoresAre() {
    Map<String, String> settings =
        Map.of(
            "useKeyStoreTls",
            "true",
            "tlsTrustStorePath",
            here.trust().toString(),
            "tlsTrustStorePassword",
            PASSWORD);
    assertPasses(url("pulsar+ssl", right), settings);
    assertRefused(url("pulsar+ssl", wrong), settings, "certification path");
  }

  @Test
  void check_oneOfSeveralHostsIsTrusted_passes() {
    assertPasses(
        "pulsar+ssl://localhost:" + wrong.getLocalPort() + ",localhost:" + right.getLocalPort(),
        trusting(here));
  }

  @Test
  void check_hostThatCannotBeReached_isLeftToTheClient() {
    assertPasses("pulsar+ssl://localhost:1", trusting(here));
  }

  @Test
  void client_hostnameVerification_isOnUnlessTurnedOff() {
    assertThat(verifies(Map.of())).isTrue();
    assertThat(verifies(Map.of("tlsHostnameVerificationEnable", "false"))).isFalse();
  }

  private static boolean verifies(Map<String, String> settings) {
    var connection =
        new PulsarOptions.Connection(
            "pulsar+ssl://localhost:1", "https://localhost:1", settings, Map.of());
    try (PulsarClients.Lease lease = PulsarClients.acquire(connection)) {
      return ((PulsarClientImpl) lease.client())
          .getConfiguration()
          .isTlsHostnameVerificationEnable();
    }
  }

  private static void assertPasses(String url, Map<String, String> settings) {
    assertThatCode(() -> CertificateCheck.of(url, settings)).doesNotThrowAnyException();
  }

  private static void assertRefused(String url, Map<String, String> settings, String why) {
    assertThatThrownBy(() -> CertificateCheck.of(url, settings))
        .hasMessageContaining("[" + Condition.BROKER_UNREACHABLE + "]")
        .hasMessageContaining("the certificate is refused for host localhost")
        .hasMessageContaining(why);
  }

  private static Map<String, String> trusting(TlsIdentity identity) {
    return Map.of("tlsTrustCertsFilePath", identity.certificate().toString());
  }

  private static String url(String scheme, SSLServerSocket server) {
    return scheme + "://localhost:" + server.getLocalPort();
  }

  private static SSLServerSocket server(TlsIdentity identity) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(identity.store())) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    var server =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(() -> shakeHands(server), "tls-server");
    thread.setDaemon(true);
    thread.start();
    return server;
  }

  private static void shakeHands(SSLServerSocket server) {
    while (!server.isClosed()) {
      try (SSLSocket socket = (SSLSocket) server.accept()) {
        socket.startHandshake();
      } catch (IOException refusedOrClosed) {
        // What the client makes of it is what the tests look at.
      }
    }
  }
}
