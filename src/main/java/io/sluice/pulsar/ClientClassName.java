package io.sluice.pulsar;

import org.apache.pulsar.client.api.PulsarClient;

/**
 * Published names of the Pulsar client's classes, as users write them, turned into those of this
 * build.
 *
 * <p>Inside sluice.jar the client is relocated; see "The Pulsar client inside sluice.jar is
 * relocated" in docs/decisions.md.
 */
final class ClientClassName {

  // In pieces: as one constant it would be rewritten together with the classes.
  private static final String PUBLISHED = String.join(".", "org", "apache", "pulsar", "");
  private static final String HERE =
      PulsarClient.class
          .getName()
          .substring(0, PulsarClient.class.getName().lastIndexOf("client."));

  private ClientClassName() {}

  /** The setting with a class of the client named as it is here; any other setting as given. */
  static String of(String setting) {
    return setting.startsWith(PUBLISHED) ? HERE + setting.substring(PUBLISHED.length()) : setting;
  }
}
