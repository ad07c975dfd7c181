package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicSchema;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The schema versions that the tasks of this JVM have met, so that the registry is asked for each
 * once and not once per task. Definitions are shared, as they never change; decoders are each
 * task's own, as they hold the row that they decode into.
 */
final class ExecutorSchemas {

  /** Far more than one query reads; a definition takes a few kilobytes. */
  private static final int MAX_VERSIONS = 1_000;

  private static final Map<Key, TopicSchema> KNOWN =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, TopicSchema> eldest) {
          return size() > MAX_VERSIONS;
        }
      };

  /**
   * What a definition is kept by.
   *
   * @param era tells the numbers that a registry gave before a deletion from those after it
   * @param version the number; {@link TopicSchema#NO_VERSION} for the newest
   */
  private record Key(PulsarOptions.Connection connection, String topic, String era, long version) {}

  private ExecutorSchemas() {}

  /**
   * A version of a topic's schema.
   *
   * @param version as a message carries it, null for the newest
   * @throws io.sluice.SluiceException if the registry does not have it or cannot be asked
   */
  static TopicSchema of(
      PulsarOptions.Connection connection, String topic, String era, byte @Nullable [] version) {
    Key key =
        new Key(
            connection,
            topic,
            era,
            version == null ? TopicSchema.NO_VERSION : SchemaCatalog.number(version));
    synchronized (KNOWN) {
      TopicSchema known = KNOWN.get(key);
      if (known != null) {
        return known;
      }
    }
    // Outside of the lock: two tasks that ask for the same at once do no harm.
    TopicSchema asked = SchemaCatalog.writtenWith(connection, topic, version);
    synchronized (KNOWN) {
      KNOWN.put(key, asked);
    }
    return asked;
  }
}
