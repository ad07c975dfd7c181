package io.sluice.pulsar;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.Serializable;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The next position to read in every partition of a source, with its stored form.
 *
 * <p>The JSON is canonical: equal positions give equal text, which is how Spark tells whether there
 * is anything new. It holds positions only, never times or names that may change.
 *
 * <pre>{"v":1,"t":{"persistent://t/n/a":{"0":"123:456","1":"124:0"}}}</pre>
 *
 * <p>The partition {@code "-1"} is a non-partitioned topic; {@code -1:-1} is the earliest entry.
 *
 * @param byPartition the position of each partition, sorted
 */
public record Positions(NavigableMap<TopicPartition, Pos> byPartition) implements Serializable {

  /** The version of the stored form that {@link #toJson} writes. */
  public static final int VERSION = 1;

  private static final JsonFactory JSON = new JsonFactory();

  /** Keeps a sorted copy that nobody can change. */
  public Positions {
    byPartition = Collections.unmodifiableNavigableMap(new TreeMap<>(byPartition));
  }

  /** Positions from any map. */
  public static Positions of(Map<TopicPartition, Pos> byPartition) {
    return new Positions(new TreeMap<>(byPartition));
  }

  /** The position of one partition, or null if the partition is not part of this value. */
  public @Nullable Pos get(TopicPartition partition) {
    return byPartition.get(partition);
  }

  /** The position of one partition, or the earliest if it is not part of this value. */
  public Pos getOrEarliest(TopicPartition partition) {
    return byPartition.getOrDefault(partition, Pos.EARLIEST);
  }

  /** The canonical stored form. */
  public String toJson() {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartObject();
      out.writeNumberField("v", VERSION);
      out.writeObjectFieldStart("t");
      String topic = null;
      for (Map.Entry<TopicPartition, Pos> each : byPartition.entrySet()) {
        if (!each.getKey().topic().equals(topic)) {
          if (topic != null) {
            out.writeEndObject();
          }
          topic = each.getKey().topic();
          out.writeObjectFieldStart(topic);
        }
        out.writeStringField(
            Integer.toString(each.getKey().partition()), each.getValue().toString());
      }
      if (topic != null) {
        out.writeEndObject();
      }
      out.writeEndObject();
      out.writeEndObject();
    } catch (IOException cannotHappenInMemory) {
      throw new UncheckedIOException(cannotHappenInMemory);
    }
    return text.toString();
  }

  /**
   * Reads the stored form.
   *
   * @throws IllegalArgumentException if the text is not of the form above, or of a later version
   */
  public static Positions fromJson(String json) {
    TreeMap<TopicPartition, Pos> positions = new TreeMap<>();
    int version = 0;
    boolean hasTopics = false;
    try (JsonParser in = JSON.createParser(json)) {
      in.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      expect(in, in.nextToken(), JsonToken.START_OBJECT);
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        JsonToken value = in.nextToken();
        if (field.equals("v")) {
          expect(in, value, JsonToken.VALUE_NUMBER_INT);
          version = in.getIntValue();
          if (version != VERSION) {
            throw new IllegalArgumentException(
                "Cannot read positions of version " + version + ": this is version " + VERSION);
          }
        } else if (field.equals("t")) {
          expect(in, value, JsonToken.START_OBJECT);
          readTopics(in, positions);
          hasTopics = true;
        } else {
          throw new IllegalArgumentException("Unexpected field '" + field + "' in " + json);
        }
      }
      expect(in, in.nextToken(), null);
    } catch (IOException malformed) {
      throw new IllegalArgumentException(
          "Cannot read positions: not JSON of the form {\"v\":1,\"t\":{topic:{partition:"
              + "\"ledger:entry\"}}}: "
              + json,
          malformed);
    }
    if (version == 0) {
      throw new IllegalArgumentException("Cannot read positions without a version: " + json);
    }
    if (!hasTopics) {
      throw new IllegalArgumentException("Cannot read positions without topics, 't': " + json);
    }
    return new Positions(positions);
  }

  private static void readTopics(JsonParser in, Map<TopicPartition, Pos> positions)
      throws IOException {
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String topic = in.currentName();
      expect(in, in.nextToken(), JsonToken.START_OBJECT);
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        int partition = partition(in.currentName());
        expect(in, in.nextToken(), JsonToken.VALUE_STRING);
        positions.put(new TopicPartition(topic, partition), Pos.parse(in.getText()));
      }
    }
  }

  private static int partition(String text) {
    try {
      int partition = Integer.parseInt(text);
      if (partition >= TopicPartition.NOT_PARTITIONED) {
        return partition;
      }
    } catch (NumberFormatException notANumber) {
      // Reported with the rest below.
    }
    throw new IllegalArgumentException(
        "Invalid partition '" + text + "': need an index from 0, or -1 for a topic without any");
  }

  private static void expect(JsonParser in, @Nullable JsonToken seen, @Nullable JsonToken wanted)
      throws IOException {
    if (seen != wanted) {
      throw new IllegalArgumentException(
          "Cannot read positions: "
              + (seen == null ? "the end" : seen)
              + " instead of "
              + (wanted == null ? "the end" : wanted)
              + " at "
              + in.currentLocation().offsetDescription());
    }
  }

  @Override
  public String toString() {
    return toJson();
  }
}
