package io.sluice.pulsar;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.sluice.SluiceException;
import java.io.IOException;
import java.io.Serializable;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The newest schema version of topics, as somebody has seen it in the registry. A topic without a
 * schema is left out.
 *
 * <pre>{"persistent://t/n/x":{"version":3,"fingerprint":"0123456789abcdef"}}</pre>
 *
 * @param byTopic the version by the topic's full name, sorted
 */
public record RegisteredSchemas(Map<String, Version> byTopic) implements Serializable {

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * One version of a topic's schema.
   *
   * @param version the registry's number, from 0
   * @param fingerprint tells it from another schema that got the same number, see {@link
   *     TopicSchema#fingerprint}
   */
  public record Version(long version, String fingerprint) implements Serializable {

    /** The version of a schema. */
    public static Version of(TopicSchema schema) {
      return new Version(schema.version(), schema.fingerprint());
    }
  }

  /** Keeps a sorted copy that nobody can change. */
  public RegisteredSchemas {
    byTopic = Collections.unmodifiableSortedMap(new TreeMap<>(byTopic));
  }

  /** No topic has a schema that anybody has seen. */
  public static RegisteredSchemas none() {
    return new RegisteredSchemas(Map.of());
  }

  /** The versions of these schemas; a topic without a schema is left out. */
  public static RegisteredSchemas of(Map<String, TopicSchema> newest) {
    Map<String, Version> versions = new TreeMap<>();
    newest.forEach(
        (topic, schema) -> {
          if (schema.version() != TopicSchema.NO_VERSION) {
            versions.put(topic, Version.of(schema));
          }
        });
    return new RegisteredSchemas(versions);
  }

  /**
   * Asks the registry for the newest version of every topic of a source.
   *
   * @param sourceOptions the options of {@code format("pulsar")}
   * @throws SluiceException INVALID_JOB for options that cannot be used, TOPIC_NOT_FOUND,
   *     NOT_AUTHORIZED or BROKER_UNREACHABLE if the topics cannot be asked
   */
  public static RegisteredSchemas read(Map<String, String> sourceOptions) {
    PulsarOptions options = PulsarOptions.parse(sourceOptions);
    try (Cluster cluster = Cluster.open(options.connection())) {
      TopicCatalog catalog =
          new TopicCatalog(
              cluster, options.topics(), options.discoveryInterval(), System::nanoTime);
      return of(SchemaCatalog.newest(cluster, catalog.topics()));
    }
  }

  /** The version of a topic's schema, or null if the topic has none here. */
  public @Nullable Version of(String topic) {
    return byTopic.get(topic);
  }

  /** The form that {@link #parse} reads. */
  public String toJson() {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartObject();
      for (Map.Entry<String, Version> each : byTopic.entrySet()) {
        out.writeObjectFieldStart(each.getKey());
        out.writeNumberField("version", each.getValue().version());
        out.writeStringField("fingerprint", each.getValue().fingerprint());
        out.writeEndObject();
      }
      out.writeEndObject();
    } catch (IOException cannotHappenInMemory) {
      throw new UncheckedIOException(cannotHappenInMemory);
    }
    return text.toString();
  }

  /**
   * Reads what {@link #toJson} writes.
   *
   * @throws SluiceException INVALID_JOB if the text is nothing of the kind
   */
  public static RegisteredSchemas parse(String json) {
    Map<String, Version> versions = new TreeMap<>();
    try (JsonParser in = JSON.createParser(json)) {
      in.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      expect(in.nextToken() == JsonToken.START_OBJECT, json);
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String topic = PulsarOptions.fullTopicName(in.currentName());
        expect(in.nextToken() == JsonToken.START_OBJECT, json);
        versions.put(topic, version(in, json));
      }
      expect(in.currentToken() == JsonToken.END_OBJECT && in.nextToken() == null, json);
    } catch (IOException malformed) {
      throw unreadable(json);
    }
    return new RegisteredSchemas(versions);
  }

  private static Version version(JsonParser in, String json) throws IOException {
    long version = TopicSchema.NO_VERSION;
    String fingerprint = "";
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      JsonToken value = in.nextToken();
      if (name.equals("version") && value == JsonToken.VALUE_NUMBER_INT) {
        version = in.getLongValue();
      } else if (name.equals("fingerprint") && value == JsonToken.VALUE_STRING) {
        fingerprint = in.getText();
      } else {
        throw unreadable(json);
      }
    }
    expect(version >= 0 && !fingerprint.isEmpty(), json);
    return new Version(version, fingerprint);
  }

  private static void expect(boolean holds, String json) {
    if (!holds) {
      throw unreadable(json);
    }
  }

  private static SluiceException unreadable(String json) {
    return PulsarOptions.invalid(
        "Invalid acceptedSchemas '%s': need JSON of the form"
            + " {\"persistent://t/n/topic\":{\"version\":3,\"fingerprint\":\"0123456789abcdef\"}}",
        json);
  }

  @Override
  public String toString() {
    return toJson();
  }
}
