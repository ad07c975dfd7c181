package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.ChangeEvent.SkipReason;
import io.sluice.change.Document.Fields;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Messages of one format as change events. Made for one thread. */
final class ChangeReader {

  /** The length that stands for a part which is null. */
  private static final int NULL = -1;

  private final ChangeOptions options;
  private final DocumentReader documents = new DocumentReader();
  private final CanalEvents canal = new CanalEvents();

  ChangeReader(ChangeOptions options) {
    this.options = options;
  }

  /**
   * What the message says: one event, or as many as it has rows.
   *
   * @throws BadEventException if it is no message of the format
   */
  List<ChangeEvent> read(RawMessage message) {
    byte[] key = message.key();
    byte[] value = message.value();
    if (message.schema().inline() && value != null) {
      ByteBuffer pair = ByteBuffer.wrap(value);
      key = part(pair);
      value = part(pair);
      if (pair.hasRemaining()) {
        throw new BadEventException(Kind.MALFORMED, "something follows the value");
      }
    }
    if (value == null) {
      return List.of(new ChangeEvent.Skipped(SkipReason.TOMBSTONE));
    }
    Document document = documents.read(message.schema().value(), value);
    return switch (options.format()) {
      case DEBEZIUM -> {
        Document named = key(message, key);
        yield DebeziumEvents.of(named, otherKey(named, message), document, message, options);
      }
      case CANAL -> canal.of(document, options);
      case MAXWELL -> MaxwellEvents.of(document, options);
    };
  }

  private static byte @Nullable [] part(ByteBuffer pair) {
    int length = pair.remaining() < Integer.BYTES ? Integer.MAX_VALUE : pair.getInt();
    if (length == NULL) {
      return null;
    }
    if (length < 0 || length > pair.remaining()) {
      throw new BadEventException(Kind.MALFORMED, "the pair of key and value ends too early");
    }
    byte[] part = new byte[length];
    pair.get(part);
    return part;
  }

  /**
   * The key, null if the row has none: Debezium writes a word where a table has no primary key, so
   * only what looks like a document is one.
   */
  private @Nullable Document key(RawMessage message, byte @Nullable [] key) {
    WriterSchema.Part part = message.schema().key();
    if (key == null || key.length == 0) {
      return null;
    }
    if (part.form() == WriterSchema.Form.TEXT && key[0] != '{' && key[0] != '[') {
      return null;
    }
    try {
      return documents.read(part, key);
    } catch (BadEventException e) {
      throw e.within("key");
    }
  }

  /**
   * The key that the row had before, or has from now on: JSON, whatever the key itself is. One that
   * cannot be read changes nothing about what the message says.
   */
  private @Nullable Fields otherKey(@Nullable Document key, RawMessage message) {
    String other = message.oldKey() == null ? message.newKey() : message.oldKey();
    if (other == null || key == null) {
      return null;
    }
    try {
      Document document = documents.text(other.getBytes(StandardCharsets.UTF_8));
      Document typed =
          document.type() == null ? new Document(document.node(), key.type()) : document;
      return typed.fields();
    } catch (BadEventException unreadable) {
      return null;
    }
  }

  /** The names of an object's fields. */
  static List<String> names(ObjectNode object) {
    List<String> names = new ArrayList<>(object.size());
    for (Iterator<String> each = object.fieldNames(); each.hasNext(); ) {
      names.add(each.next());
    }
    return names;
  }

  /** Those fields of a row that are its key, found without regard to case, as columns are. */
  static Fields key(Fields row, List<String> keys) {
    ObjectNode key = row.values().objectNode();
    for (String name : keys) {
      String field = field(row.values(), name);
      if (field == null) {
        throw new BadEventException(Kind.MISSING_KEY, "the row has no such column").within(name);
      }
      key.set(field, row.values().get(field));
    }
    return new Fields(key, row.type());
  }

  /** The field of a row that goes to a column; null if there is none. */
  static @Nullable String field(JsonNode row, String column) {
    if (row.has(column) || !(row instanceof ObjectNode object)) {
      return row.has(column) ? column : null;
    }
    return names(object).stream().filter(column::equalsIgnoreCase).findFirst().orElse(null);
  }
}
