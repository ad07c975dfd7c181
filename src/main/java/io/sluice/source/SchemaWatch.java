package io.sluice.source;

import io.sluice.SluiceException;
import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.CurrentSchemas;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.pulsar.RegisteredSchemas.Version;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.SchemaRules;
import io.sluice.pulsar.SchemaRules.StopOn;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.SchemaDifference;
import io.sluice.schema.SchemaMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's eye on the schema registry: a version that the columns do not hold stops a stream
 * before a batch with its messages is planned.
 *
 * <p>The registry is asked after the tails are known, so that every message of a batch has a
 * version that was registered by then, and only about topics that have something new. Whether there
 * is another version than before is asked of the brokers; only when there is one, the admin
 * endpoint is asked for all of them.
 */
final class SchemaWatch {

  private static final Logger LOG = LoggerFactory.getLogger(SchemaWatch.class);

  /** The registry, by the questions that are asked of it. */
  interface Registry {

    /**
     * The version that each topic has now, to be compared with an earlier answer only; cheap enough
     * for every trigger.
     */
    Map<String, Version> current(Collection<String> topics);

    /** The newest version of each topic, {@link TopicSchema#none} for a topic without a schema. */
    Map<String, TopicSchema> newest(Collection<String> topics);

    /** All versions of each topic in ascending order. */
    Map<String, List<TopicSchema>> versions(Collection<String> topics);

    /** The registry of a cluster. */
    static Registry of(Cluster cluster) {
      return new Registry() {
        @Override
        public Map<String, Version> current(Collection<String> topics) {
          return CurrentSchemas.of(cluster, topics);
        }

        @Override
        public Map<String, TopicSchema> newest(Collection<String> topics) {
          return SchemaCatalog.newest(cluster, topics);
        }

        @Override
        public Map<String, List<TopicSchema>> versions(Collection<String> topics) {
          return SchemaCatalog.versions(cluster, topics);
        }
      };
    }
  }

  private final PulsarOptions options;
  private final StructType columns;
  private final Registry registry;
  private final Map<String, Version> seen = new HashMap<>();
  private final Map<String, Version> looked = new HashMap<>();
  private final String stream = UUID.randomUUID().toString();
  private @Nullable RegisteredSchemas accepted;
  private int resets;

  /**
   * Creates a watch that has asked nothing yet.
   *
   * @param columns the payload's columns
   */
  SchemaWatch(PulsarOptions options, StructType columns, Registry registry) {
    this.options = options;
    this.columns = SourceSchema.withoutRescued(columns, options);
    this.registry = registry;
    this.accepted = options.schemas().accepted();
  }

  /**
   * Looks at the versions that are new since the last look.
   *
   * @param topics those that have something new to read
   * @param all every topic of the source, for what is accepted where the options do not say
   * @throws SluiceException SCHEMA_CHANGED if one of the versions stops the stream, naming every
   *     topic, version and field
   */
  void check(Collection<String> topics, Collection<String> all) {
    if (topics.isEmpty() || SourceSchema.forcedSchema(options.payload()) != null) {
      return;
    }
    RegisteredSchemas before = accepted(all);
    Map<String, Version> current = registry.current(topics);
    List<String> changed =
        topics.stream()
            .filter(topic -> !Objects.equals(current.get(topic), looked.get(topic)))
            .toList();
    if (changed.isEmpty()) {
      return;
    }
    Map<String, List<TopicSchema>> versions = registry.versions(changed);
    Map<String, List<String>> stops = new TreeMap<>();
    Map<String, Version> now = new HashMap<>();
    for (String topic : changed) {
      List<TopicSchema> known = versions.getOrDefault(topic, List.of());
      Version reference = seen.getOrDefault(topic, before.of(topic));
      List<String> reasons = reasons(topic, reference, known);
      if (!reasons.isEmpty()) {
        stops.put(topic, reasons);
      }
      now.put(
          topic, Version.of(known.isEmpty() ? TopicSchema.none() : known.get(known.size() - 1)));
    }
    if (!stops.isEmpty()) {
      throw changed(stops);
    }
    seen.putAll(now);
    looked.putAll(current);
  }

  /** What tasks need to know. */
  SchemaSnapshot snapshot(Collection<String> all) {
    boolean forced = SourceSchema.forcedSchema(options.payload()) != null;
    return new SchemaSnapshot(
        stream + "-" + resets,
        forced ? RegisteredSchemas.none() : accepted(all),
        new RegisteredSchemas(seen),
        !forced);
  }

  private RegisteredSchemas accepted(Collection<String> all) {
    RegisteredSchemas known = accepted;
    if (known == null) {
      known = RegisteredSchemas.of(registry.newest(all));
      accepted = known;
    }
    return known;
  }

  private List<String> reasons(
      String topic, @Nullable Version reference, List<TopicSchema> versions) {
    boolean stopping = options.schemas().stopOn() != StopOn.NONE;
    String reset = reference == null ? null : reset(reference, versions);
    if (reset != null) {
      resets++;
      if (stopping) {
        return List.of(reset);
      }
      LOG.warn("{}: {}", topic, reset);
    }
    long from = reset != null || reference == null ? TopicSchema.NO_VERSION : reference.version();
    List<String> reasons = new ArrayList<>();
    for (TopicSchema version : versions) {
      if (stopping && version.version() > from) {
        stop(version).ifPresent(reasons::add);
      }
    }
    return reasons;
  }

  /** Why a version stops the stream, if it does. */
  private Optional<String> stop(TopicSchema version) {
    try {
      SchemaDifference difference =
          SchemaDifference.between(columns, SchemaMapper.payloadType(version));
      return SchemaSnapshot.stops(options.schemas(), difference)
          ? Optional.of("version " + version.version() + " (" + difference + ")")
          : Optional.empty();
    } catch (SluiceException unmapped) {
      return options.schemas().mode() == SchemaRules.Mode.PERMISSIVE
          ? Optional.empty()
          : Optional.of("version " + version.version() + " (" + unmapped.getMessage() + ")");
    }
  }

  /** Says that the registry forgot what it had, or null if it did not. */
  private static @Nullable String reset(Version reference, List<TopicSchema> versions) {
    Map<Long, TopicSchema> byNumber = new HashMap<>();
    versions.forEach(version -> byNumber.put(version.version(), version));
    long newest =
        versions.isEmpty() ? TopicSchema.NO_VERSION : versions.get(versions.size() - 1).version();
    if (newest < reference.version()) {
      return "its newest version is "
          + (newest < 0 ? "none" : newest)
          + ", but version "
          + reference.version()
          + " was there before: the schema was deleted";
    }
    TopicSchema same = byNumber.get(reference.version());
    return same == null || same.fingerprint().equals(reference.fingerprint())
        ? null
        : "version "
            + reference.version()
            + " is another schema than before: the schema was deleted, and its numbers were given"
            + " anew";
  }

  private static SluiceException changed(Map<String, List<String>> stops) {
    StringBuilder text = new StringBuilder("The columns of the query do not hold every schema of ");
    text.append("its topics:");
    stops.forEach(
        (topic, reasons) ->
            text.append(' ')
                .append(topic)
                .append(": ")
                .append(String.join("; ", reasons))
                .append('.'));
    return SchemaSnapshot.changed(text.toString());
  }
}
