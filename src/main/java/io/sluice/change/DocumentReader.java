package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.RegisteredTypes.Registered;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values out of bytes. A schema that stands in the message is known again by its bytes, so
 * it is parsed once and costs a comparison from then on.
 */
final class DocumentReader {

  /** More than the versions of the tables that one task reads, as a rule. */
  private static final int MAX_SCHEMAS = 256;

  private static final byte[] SCHEMA = "{\"schema\":".getBytes(StandardCharsets.UTF_8);
  private static final byte[] PAYLOAD = ",\"payload\":".getBytes(StandardCharsets.UTF_8);
  private static final int ENVELOPE_FIELDS = 2;

  private final RegisteredTypes registered = new RegisteredTypes();
  private final List<Embedded> recent = new ArrayList<>();
  private final Map<JsonNode, WireType> byNode = new HashMap<>();

  /** What stands before the payload, and the type that its schema says, null for none. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by range, never as a record.
  private record Embedded(byte[] before, @Nullable WireType type) {}

  /**
   * What a key or a value says.
   *
   * @throws BadEventException if the bytes are not what they should be
   */
  Document read(WriterSchema.Part part, byte[] bytes) {
    return switch (part.form()) {
      case TEXT -> text(bytes);
      case JSON -> json(bytes, registered.of(part.definition()));
      case AVRO -> {
        Registered known = registered.of(part.definition());
        yield new Document(AvroTree.read(known.schema(), bytes, part.offset()), known.type());
      }
    };
  }

  private static Document json(byte[] bytes, Registered known) {
    return new Document(JsonTree.read(bytes, 0, bytes.length), known.type());
  }

  /** A document that says its type itself, if it does. */
  Document text(byte[] bytes) {
    if (!startsWith(bytes, SCHEMA)) {
      return unwrapped(JsonTree.read(bytes, 0, bytes.length));
    }
    for (int i = 0; i < recent.size(); i++) {
      Embedded known = recent.get(i);
      if (startsWith(bytes, known.before)) {
        if (i > 0) {
          recent.remove(i);
          recent.add(0, known);
        }
        return payload(bytes, known);
      }
    }
    Document document = unwrapped(JsonTree.read(bytes, 0, bytes.length));
    remember(bytes, document.type());
    return document;
  }

  private static Document payload(byte[] bytes, Embedded known) {
    if (bytes[bytes.length - 1] != '}') {
      throw new BadEventException(Kind.MALFORMED, "the JSON is malformed");
    }
    int from = known.before.length;
    return new Document(JsonTree.read(bytes, from, bytes.length - from - 1), known.type);
  }

  /** Takes a payload out of the object that holds its schema. */
  private Document unwrapped(JsonNode node) {
    JsonNode schema = node.get("schema");
    JsonNode payload = node.get("payload");
    if (schema == null || payload == null || node.size() != ENVELOPE_FIELDS) {
      return new Document(node, null);
    }
    if (!schema.isNull() && !schema.isObject()) {
      throw new BadEventException(Kind.MALFORMED, "the schema is no object");
    }
    if (schema.isNull()) {
      return new Document(payload, null);
    }
    WireType type = byNode.get(schema);
    if (type == null) {
      type = ConnectSchemas.of(schema);
      if (byNode.size() >= MAX_SCHEMAS) {
        byNode.clear();
      }
      byNode.put(schema, type);
    }
    return new Document(payload, type);
  }

  /** Keeps what stands before the payload of a message that was read as a whole. */
  private void remember(byte[] bytes, @Nullable WireType type) {
    int from = payloadStart(bytes);
    if (from < 0) {
      return;
    }
    if (recent.size() >= MAX_SCHEMAS) {
      recent.remove(recent.size() - 1);
    }
    recent.add(0, new Embedded(Arrays.copyOf(bytes, from), type));
  }

  /** Where the payload begins: after the schema's last brace, counted outside of strings. */
  private static int payloadStart(byte[] bytes) {
    int depth = 0;
    boolean quoted = false;
    for (int i = SCHEMA.length; i < bytes.length; i++) {
      byte b = bytes[i];
      if (quoted) {
        if (b == '\\') {
          i++;
        } else if (b == '"') {
          quoted = false;
        }
        continue;
      }
      if (b == '"') {
        quoted = true;
      } else if (b == '{' || b == '[') {
        depth++;
      } else if (b == '}' || b == ']') {
        depth--;
        if (depth == 0) {
          int end = i + 1 + PAYLOAD.length;
          return Arrays.equals(
                  bytes, i + 1, Math.min(end, bytes.length), PAYLOAD, 0, PAYLOAD.length)
              ? end
              : -1;
        }
      }
    }
    return -1;
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length > prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }
}
