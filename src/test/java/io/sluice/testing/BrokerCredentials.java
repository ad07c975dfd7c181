package io.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.broker.StandaloneSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a secured test broker and its clients need: a token key and a self-signed certificate for
 * {@code localhost} and {@code 127.0.0.1}.
 */
public final class BrokerCredentials {

  private static final String ALIAS = "broker";
  private static final String STORE_PASSWORD = "changeit";

  private final Path directory;
  private final byte[] tokenKey = new byte[32];

  private BrokerCredentials(Path directory) {
    this.directory = directory.toAbsolutePath();
    new SecureRandom().nextBytes(tokenKey);
  }

  /** Creates a key and a certificate below the directory. */
  static BrokerCredentials create(Path directory) {
    try {
      Files.createDirectories(directory);
      var credentials = new BrokerCredentials(directory);
      Files.write(credentials.tokenKeyFile(), credentials.tokenKey);
      credentials.createCertificate();
      return credentials;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("no credentials for a test broker in " + directory, e);
    }
  }

  /** A token of this broker, an HS256 JWT (RFC 7519) without expiry. */
  public String token(String subject) {
    try {
      String content =
          base64("{\"alg\":\"HS256\"}") + "." + base64("{\"sub\":\"" + subject + "\"}");
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(tokenKey, "HmacSHA256"));
      return content
          + "."
          + Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(mac.doFinal(content.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The PEM file by which a client trusts the broker. */
  public Path trustCertificates() {
    return directory.resolve("broker.cert.pem");
  }

  /** The settings with tokens, authorization (superuser {@code admin}) and TLS required. */
  StandaloneSettings secure(StandaloneSettings settings) {
    String certificate = trustCertificates().toString();
    return settings
        .withTls()
        .withAdminToken(token("admin"))
        .with("authenticationEnabled", "true")
        .with(
            "authenticationProviders",
            "org.apache.pulsar.broker.authentication.AuthenticationProviderToken")
        .with("authorizationEnabled", "true")
        .with("superUserRoles", "admin")
        .with("tokenSecretKey", tokenKeyFile().toUri().toString())
        .with(
            "brokerClientAuthenticationPlugin",
            "org.apache.pulsar.client.impl.auth.AuthenticationToken")
        .with("brokerClientAuthenticationParameters", "{\"token\":\"" + token("admin") + "\"}")
        .with("tlsCertificateFilePath", certificate)
        .with("tlsKeyFilePath", privateKeyFile().toString())
        .with("tlsTrustCertsFilePath", certificate)
        .with("brokerClientTrustCertsFilePath", certificate)
        .with("brokerClientTlsEnabled", "true");
  }

  private void createCertificate() throws IOException, GeneralSecurityException {
    Path store = directory.resolve("broker.p12");
    Files.deleteIfExists(store);
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "RSA",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                STORE_PASSWORD,
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), UTF_8);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, STORE_PASSWORD.toCharArray());
    } catch (IOException e) {
      throw new IOException("keytool: " + output, e);
    }
    writePem(trustCertificates(), "CERTIFICATE", keys.getCertificate(ALIAS).getEncoded());
    writePem(
        privateKeyFile(),
        "PRIVATE KEY",
        keys.getKey(ALIAS, STORE_PASSWORD.toCharArray()).getEncoded());
  }

  private Path privateKeyFile() {
    return directory.resolve("broker.key.pem");
  }

  private Path tokenKeyFile() {
    return directory.resolve("token.key");
  }

  private static void writePem(Path file, String kind, byte[] content) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }
}
