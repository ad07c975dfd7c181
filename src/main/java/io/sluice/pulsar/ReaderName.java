package io.sluice.pulsar;

import java.util.UUID;

/** Names of the non-durable subscriptions that reads use. */
final class ReaderName {

  private ReaderName() {}

  /** A name that no other reader has. */
  static String fresh() {
    return "sluice-reader-" + UUID.randomUUID();
  }
}
