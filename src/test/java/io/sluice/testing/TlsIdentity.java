package io.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key with its self-signed certificate, made by {@code keytool}, as files of several kinds.
 *
 * @param certificate the certificate as PEM
 * @param privateKey the key as PEM (PKCS #8)
 * @param store key and certificate as PKCS #12
 * @param trust a store of kind JKS that holds the certificate alone
 * @param password of both stores
 */
public record TlsIdentity(
    Path certificate, Path privateKey, Path store, Path trust, String password) {

  /**
   * Makes a key and its files.
   *
   * @param directory where the files go
   * @param name the common name, which is the role of a client that shows the certificate
   * @param password the password of the stores
   * @param hosts what the certificate is for, as in {@code dns:localhost}; null for a client's
   */
  public static TlsIdentity create(
      Path directory, String name, String password, @Nullable String hosts)
      throws IOException, GeneralSecurityException {
    TlsIdentity identity =
        new TlsIdentity(
            directory.resolve(name + ".cert.pem"),
            directory.resolve(name + ".key.pem"),
            directory.resolve(name + ".p12"),
            directory.resolve(name + ".trust.jks"),
            password);
    KeyStore keys = identity.generate(name, hosts);
    Certificate certificate = keys.getCertificate(name);
    writePem(identity.certificate, "CERTIFICATE", certificate.getEncoded());
    writePem(
        identity.privateKey, "PRIVATE KEY", keys.getKey(name, password.toCharArray()).getEncoded());
    KeyStore trusted = KeyStore.getInstance("JKS");
    trusted.load(null, null);
    trusted.setCertificateEntry(name, certificate);
    try (OutputStream out = Files.newOutputStream(identity.trust)) {
      trusted.store(out, password.toCharArray());
    }
    return identity;
  }

  private KeyStore generate(String name, @Nullable String hosts)
      throws IOException, GeneralSecurityException {
    Files.deleteIfExists(store);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keyalg", "RSA", "-storetype", "PKCS12"));
    command.addAll(List.of("-alias", name, "-dname", "CN=" + name, "-storepass", password));
    command.addAll(List.of("-keystore", store.toString()));
    if (hosts != null) {
      command.addAll(List.of("-ext", "san=" + hosts));
    }
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(keytool.getInputStream().readAllBytes(), UTF_8);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, password.toCharArray());
    } catch (IOException e) {
      throw new IOException("keytool: " + output, e);
    }
    return keys;
  }

  private static void writePem(Path file, String kind, byte[] content) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
  }

  /** Never shows the password. */
  @Override
  public String toString() {
    return "TlsIdentity[" + certificate + "]";
  }
}
