package io.sluice.source;

import io.sluice.pulsar.PulsarOptions.Connection;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicSchema;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The schema versions that the tasks of a JVM have met, so that the registry is asked for each once
 * and not once per task. Definitions are shared, as they never change; decoders are each task's
 * own, as they hold the row that they decode into. What cannot be had is asked for again.
 */
final class ExecutorSchemas {

  /** Those of this JVM. */
  static final ExecutorSchemas SHARED = new ExecutorSchemas(SchemaCatalog::writtenWith);

  /** Far more than the queries of one executor read; a definition takes a few kilobytes. */
  static final int MAX_VERSIONS = 1_000;

  /** Asks for a version of a topic's schema. */
  @FunctionalInterface
  interface Registry {
    /** As {@link SchemaCatalog#writtenWith}. */
    TopicSchema writtenWith(Connection connection, String topic, byte @Nullable [] version);
  }

  /**
   * What a definition is kept by.
   *
   * @param era tells the numbers that a registry gave before a deletion from those after it
   * @param version the number; {@link TopicSchema#NO_VERSION} for the newest
   */
  private record Key(Connection connection, String topic, String era, long version) {}

  private final Registry registry;
  private final Map<Key, TopicSchema> known =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, TopicSchema> eldest) {
          return size() > MAX_VERSIONS;
        }
      };

  /** Creates a memory that has met nothing. */
  ExecutorSchemas(Registry registry) {
    this.registry = registry;
  }

  /**
   * A version of a topic's schema.
   *
   * @param era another one knows nothing of this one's versions
   * @param version as a message carries it, null for the newest
   * @throws io.sluice.SluiceException if the registry does not have it or cannot be asked
   */
  TopicSchema of(Connection connection, String topic, String era, byte @Nullable [] version) {
    Key key =
        new Key(
            connection,
            topic,
            era,
            version == null ? TopicSchema.NO_VERSION : SchemaCatalog.number(version));
    synchronized (known) {
      TopicSchema met = known.get(key);
      if (met != null) {
        return met;
      }
    }
    // Outside of the lock: two tasks that ask for the same at once do no harm.
    TopicSchema asked = registry.writtenWith(connection, topic, version);
    synchronized (known) {
      known.put(key, asked);
    }
    return asked;
  }
}
