package io.sluice.pulsar;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.jspecify.annotations.Nullable;

/**
 * Offsets as the pulsar-spark connector writes them: topic partitions by name, each with the bytes
 * of a Pulsar message id as numbers.
 *
 * <pre>{"persistent://t/n/a-partition-0":[8,11,16,0,24,0,48,0]}</pre>
 *
 * <p>In the log of offsets such an id is the last message that was read, and its whole entry was.
 * In the option {@code startingOffsets}, and in the initial offset that is kept of it, it is the
 * first message to read.
 */
public final class PulsarSparkOffsets {

  private static final JsonFactory JSON = new JsonFactory();
  private static final Pattern PARTITION = Pattern.compile("(.+)-partition-(\\d{1,9})");

  private PulsarSparkOffsets() {}

  /** Whether the text looks like such offsets rather than like {@link Positions}. */
  static boolean isWrittenIn(String json) {
    try (JsonParser in = JSON.createParser(json)) {
      return in.nextToken() == JsonToken.START_OBJECT
          && in.nextToken() == JsonToken.FIELD_NAME
          && in.nextToken() == JsonToken.START_ARRAY;
    } catch (IOException notJson) {
      return false;
    }
  }

  /**
   * The positions in a log of offsets, of pulsar-spark or of this connector.
   *
   * @throws IllegalArgumentException if the text is of neither form
   */
  public static Positions orPositions(String json) {
    return isWrittenIn(json)
        ? read(json, id -> Pos.after(id.ledger(), id.entry()))
        : Positions.fromJson(json);
  }

  /**
   * The positions where a query was told to begin, of pulsar-spark or of this connector.
   *
   * @throws IllegalArgumentException if the text is of neither form
   */
  public static Positions orInitialPositions(String json) {
    return isWrittenIn(json) ? read(json, id -> id) : Positions.fromJson(json);
  }

  private static Positions read(String json, UnaryOperator<Pos> next) {
    Map<TopicPartition, Pos> positions = new TreeMap<>();
    try (JsonParser in = JSON.createParser(json)) {
      in.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      in.nextToken();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        Pos id = position(name, MessageId.fromByteArray(bytes(in)));
        positions.put(partition(name), id.isEarliest() ? id : next.apply(id));
      }
      if (in.currentToken() != JsonToken.END_OBJECT || in.nextToken() != null) {
        throw malformed(json, null);
      }
    } catch (IOException | IndexOutOfBoundsException | IllegalStateException unreadable) {
      throw malformed(json, unreadable);
    }
    return Positions.of(positions);
  }

  private static byte[] bytes(JsonParser in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (in.nextToken() != JsonToken.START_ARRAY) {
      throw new IOException("not an array of bytes");
    }
    while (in.nextToken() == JsonToken.VALUE_NUMBER_INT) {
      bytes.write(in.getIntValue());
    }
    if (in.currentToken() != JsonToken.END_ARRAY) {
      throw new IOException("not an array of bytes");
    }
    return bytes.toByteArray();
  }

  private static Pos position(String name, MessageId id) {
    MessageIdAdv given = (MessageIdAdv) id;
    if (given.getLedgerId() == -1 && given.getEntryId() == -1) {
      return Pos.EARLIEST;
    }
    if (given.getLedgerId() == Long.MAX_VALUE) {
      throw new IllegalArgumentException(
          "Cannot begin "
              + name
              + " at MessageId.latest: write startingOffsets=latest for all topics, or the id of a"
              + " message");
    }
    return new Pos(given.getLedgerId(), given.getEntryId(), Math.max(0, given.getBatchIndex()));
  }

  private static TopicPartition partition(String name) {
    Matcher parts = PARTITION.matcher(name);
    return parts.matches()
        ? new TopicPartition(parts.group(1), Integer.parseInt(parts.group(2)))
        : new TopicPartition(name, TopicPartition.NOT_PARTITIONED);
  }

  private static IllegalArgumentException malformed(String json, @Nullable Throwable cause) {
    return new IllegalArgumentException(
        "Cannot read offsets of pulsar-spark: not JSON of topics and bytes of message ids: " + json,
        cause);
  }
}
