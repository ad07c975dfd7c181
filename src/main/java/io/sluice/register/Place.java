package io.sluice.register;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A directory by its URI, which programs spell in several ways.
 *
 * @param scheme such as {@code file} or {@code s3a}, in lower case
 * @param rest authority and path, not encoded, without a slash at the end
 */
record Place(String scheme, String rest) {

  private static final String LOCAL = "file";
  private static final Set<String> S3 = Set.of("s3", "s3a", "s3n");
  private static final Pattern PARTS = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):(.*)");

  /** The directory of a text such as {@code file:/a}, {@code s3a://bucket/a} or {@code /a}. */
  static Place of(String text) {
    Matcher uri = PARTS.matcher(text);
    boolean named = uri.matches();
    String scheme = named ? uri.group(1).toLowerCase(Locale.ROOT) : LOCAL;
    String rest = (named ? uri.group(2) : text).replaceFirst("/+$", "");
    return new Place(
        scheme,
        scheme.equals(LOCAL) ? rest.replaceFirst("^/*(?=/)", "") : rest.replaceFirst("^//", ""));
  }

  boolean isLocal() {
    return scheme.equals(LOCAL);
  }

  boolean isOnS3() {
    return S3.contains(scheme);
  }

  /** As programs outside of Hadoop name it: {@code s3://} for all that lies on S3. */
  Place common() {
    return isOnS3() ? new Place("s3", rest) : this;
  }

  /**
   * The URI as the standard has it: what is special in URIs, or not of ASCII, is encoded.
   *
   * @throws IllegalArgumentException if it is none
   */
  String encoded() {
    int path = isLocal() ? 0 : rest.indexOf('/');
    try {
      return new URI(
              scheme,
              path < 0 ? rest : rest.substring(0, path),
              path < 0 ? "" : rest.substring(path),
              null,
              null)
          .toASCIIString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(this + " is no URI: " + e.getMessage(), e);
    }
  }

  /** The URI, not encoded. */
  @Override
  public String toString() {
    return scheme + "://" + rest;
  }
}
