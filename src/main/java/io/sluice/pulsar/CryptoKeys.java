package io.sluice.pulsar;

import java.io.Serializable;
import java.util.Map;
import org.apache.pulsar.client.api.CryptoKeyReader;
import org.apache.pulsar.client.impl.DefaultCryptoKeyReader;
import org.jspecify.annotations.Nullable;

/**
 * Where the private keys of end-to-end encrypted messages are. A location may hold the key itself,
 * so this never shows any.
 *
 * @param key the key for every message that has none of its own, null if there is none
 * @param named the keys by the name of the public key that a producer encrypted with
 */
record CryptoKeys(@Nullable String key, Map<String, String> named) implements Serializable {

  CryptoKeys {
    named = Map.copyOf(named);
  }

  /** Reads the keys when a message needs them. */
  CryptoKeyReader reader() {
    var builder = DefaultCryptoKeyReader.builder().privateKeys(named);
    if (key != null) {
      builder.defaultPrivateKey(key);
    }
    return builder.build();
  }

  @Override
  public String toString() {
    return "CryptoKeys";
  }
}
