package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.ChangeEvent.Op;
import io.sluice.change.ChangeEvent.SkipReason;
import io.sluice.change.ChangeEvent.Skipped;
import io.sluice.change.Document.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Maxwell's messages, as its page <a href="https://maxwells-daemon.io/dataformat/">Data Format</a>
 * describes them: one row, its numbers as JSON numbers, bytes as base64, and in {@code old} what an
 * update has changed. The key's columns are there with {@code output_primary_key_columns=true}.
 */
final class MaxwellEvents {

  private static final List<String> POSITION = List.of("position", "gtid", "xid", "xoffset");

  private MaxwellEvents() {}

  /** The row of the message, or the reason why it has none. */
  static List<ChangeEvent> of(Document message, ChangeOptions options) {
    JsonNode node = message.node();
    String type = node.path("type").asText("");
    SkipReason reason = reason(type);
    if (reason != null) {
      return List.of(new Skipped(reason));
    }
    Op op =
        switch (type) {
          case "insert" -> Op.CREATE;
          case "update" -> Op.UPDATE;
          case "delete" -> Op.DELETE;
          case "bootstrap-insert" -> Op.READ;
          default ->
              throw new BadEventException(
                  node.has("data") ? Kind.UNKNOWN_OPERATION : Kind.UNKNOWN_MESSAGE,
                  "the message is no change that Maxwell describes");
        };
    Fields row = message.fields("data");
    if (row == null) {
      throw new BadEventException(Kind.MISSING_ROW, "the message has no row").within("data");
    }
    List<String> keys = new ArrayList<>(options.keys());
    if (keys.isEmpty()) {
      node.path("primary_key_columns").forEach(name -> keys.add(name.asText()));
    }
    List<ChangeEvent> events = new ArrayList<>();
    RowEvents.add(events, op, keys, row, node.path("old"), source(node, op));
    return events;
  }

  private static @Nullable SkipReason reason(String type) {
    if (type.equals("bootstrap-start") || type.equals("bootstrap-complete")) {
      return SkipReason.BOOTSTRAP_MARK;
    }
    return type.startsWith("table-") || type.startsWith("database-")
        ? SkipReason.SCHEMA_CHANGE
        : null;
  }

  private static SourceFacts source(JsonNode node, Op op) {
    JsonNode seconds = node.path("ts");
    return new SourceFacts(
        seconds.isIntegralNumber() && seconds.canConvertToLong()
            ? TimeUnit.SECONDS.toMicros(seconds.longValue())
            : null,
        SourceFacts.text(node, "database"),
        null,
        SourceFacts.text(node, "table"),
        op == Op.READ ? "true" : null,
        SourceFacts.position(node, POSITION),
        SourceFacts.text(node, "xid"),
        null,
        null);
  }
}
