package io.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.broker.StandaloneSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.commons.codec.digest.Md5Crypt;

/**
 * What a secured test broker and its clients need, for every way to authenticate that the broker
 * takes at once: tokens, client certificates, and users with passwords.
 *
 * <p>The broker's certificate is for {@code localhost} and for no other host.
 */
public final class BrokerCredentials {

  /** The role of the client certificate. */
  public static final String CERTIFICATE_ROLE = "certificate-reader";

  /** The user with a password, and its role. */
  public static final String PASSWORD_ROLE = "password-reader";

  private static final String AUTHENTICATION = "org.apache.pulsar.broker.authentication.";

  private final Path directory;
  private final byte[] tokenKey = random(32);
  private final String password = "pw-" + HexFormat.of().formatHex(random(12));
  private final TlsIdentity broker;
  private final TlsIdentity client;

  private BrokerCredentials(Path directory) throws IOException, GeneralSecurityException {
    this.directory = directory;
    this.broker = TlsIdentity.create(directory, "broker", storePassword(), "dns:localhost");
    this.client = TlsIdentity.create(directory, CERTIFICATE_ROLE, storePassword(), null);
    Files.write(tokenKeyFile(), tokenKey);
    Files.writeString(
        passwordFile(), PASSWORD_ROLE + ":" + Md5Crypt.apr1Crypt(password.getBytes(UTF_8)) + "\n");
    Files.writeString(
        trustedByTheBroker(),
        Files.readString(broker.certificate()) + Files.readString(client.certificate()));
  }

  /** Creates keys, certificates and files below the directory. */
  static BrokerCredentials create(Path directory) {
    try {
      return new BrokerCredentials(Files.createDirectories(directory).toAbsolutePath());
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("no credentials for a test broker in " + directory, e);
    }
  }

  /** A token of this broker, an HS256 JWT (RFC 7519) without expiry. */
  public String token(String subject) {
    return signed("{\"sub\":\"" + subject + "\"}");
  }

  /** A token of this broker that is good until then, to the second. */
  public String token(String subject, Instant expiry) {
    return signed("{\"sub\":\"" + subject + "\",\"exp\":" + expiry.getEpochSecond() + "}");
  }

  private String signed(String claims) {
    try {
      String content = base64("{\"alg\":\"HS256\"}") + "." + base64(claims);
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
    return broker.certificate();
  }

  /** The JKS file by which a client trusts the broker. */
  public Path trustStore() {
    return broker.trust();
  }

  /** The certificate of a client of role {@link #CERTIFICATE_ROLE}. */
  public TlsIdentity client() {
    return client;
  }

  /** The password of {@link #PASSWORD_ROLE}. */
  public String password() {
    return password;
  }

  /** The password of every key and trust store. */
  public String storePassword() {
    return "store-" + password;
  }

  /** The settings with authentication, authorization (superuser {@code admin}) and TLS. */
  StandaloneSettings secure(StandaloneSettings settings) {
    return settings
        .withTls()
        .withAdminToken(token("admin"))
        .with("authenticationEnabled", "true")
        .with(
            "authenticationProviders",
            AUTHENTICATION
                + "AuthenticationProviderToken,"
                + AUTHENTICATION
                + "AuthenticationProviderTls,"
                + AUTHENTICATION
                + "AuthenticationProviderBasic")
        .with("authenticationRefreshCheckSeconds", "1")
        .with("authorizationEnabled", "true")
        .with("superUserRoles", "admin")
        .with("tokenSecretKey", tokenKeyFile().toUri().toString())
        .with("basicAuthConf", passwordFile().toUri().toString())
        .with(
            "brokerClientAuthenticationPlugin",
            "org.apache.pulsar.client.impl.auth.AuthenticationToken")
        .with("brokerClientAuthenticationParameters", "{\"token\":\"" + token("admin") + "\"}")
        .with("tlsCertificateFilePath", broker.certificate().toString())
        .with("tlsKeyFilePath", broker.privateKey().toString())
        .with("tlsTrustCertsFilePath", trustedByTheBroker().toString())
        .with("brokerClientTrustCertsFilePath", broker.certificate().toString())
        .with("brokerClientTlsEnabled", "true");
  }

  private Path tokenKeyFile() {
    return directory.resolve("token.key");
  }

  private Path passwordFile() {
    return directory.resolve("users.htpasswd");
  }

  private Path trustedByTheBroker() {
    return directory.resolve("clients.pem");
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }
}
