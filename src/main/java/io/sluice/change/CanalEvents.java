package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.ChangeEvent.Op;
import io.sluice.change.ChangeEvent.RowChange;
import io.sluice.change.ChangeEvent.SkipReason;
import io.sluice.change.ChangeEvent.Skipped;
import io.sluice.change.Document.Fields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Canal's flat messages, as {@code com.alibaba.otter.canal.protocol.FlatMessage} holds them and
 * {@code MQMessageUtils.messageConverter} fills them (<a
 * href="https://github.com/alibaba/canal/blob/master/connector/core/src/main/java/com/alibaba/otter/canal/connector/core/producer/MQMessageUtils.java">source</a>):
 * the rows of one statement, every value as text, and beside them the MySQL type of each column.
 * {@code old} holds what an update has changed.
 */
final class CanalEvents {

  private static final int MAX_TYPES = 256;
  private static final List<String> POSITION = List.of("id", "gtid");

  private final Map<JsonNode, WireType.Struct> types = new HashMap<>();

  /** The rows of the message, or the reason why it has none. */
  List<ChangeEvent> of(Document message, ChangeOptions options) {
    JsonNode node = message.node();
    String type = node.path("type").asText("");
    if (type.equals("TRUNCATE")) {
      return List.of(new RowChange(Op.TRUNCATE, 0, List.of(), List.of(), false, source(node)));
    }
    if (node.path("isDdl").asBoolean(false)) {
      return List.of(new Skipped(SkipReason.SCHEMA_CHANGE));
    }
    Op op =
        switch (type) {
          case "INSERT" -> Op.CREATE;
          case "UPDATE" -> Op.UPDATE;
          case "DELETE" -> Op.DELETE;
          default ->
              throw new BadEventException(
                  node.has("data") ? Kind.UNKNOWN_OPERATION : Kind.UNKNOWN_MESSAGE,
                  "the message is no change that Canal describes");
        };
    JsonNode data = node.path("data");
    if (!data.isArray() || data.isEmpty()) {
      throw new BadEventException(Kind.MISSING_ROW, "the message has no rows").within("data");
    }
    WireType.Struct columns = columns(node.path("mysqlType"));
    List<String> keys = keys(node.path("pkNames"), options);
    List<ChangeEvent> events = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      if (!(data.get(i) instanceof ObjectNode row)) {
        throw new BadEventException(Kind.MISSING_ROW, "a row is no object").within("data");
      }
      RowEvents.add(
          events, op, keys, new Fields(row, columns), node.path("old").path(i), source(node));
    }
    return events;
  }

  private static List<String> keys(JsonNode names, ChangeOptions options) {
    List<String> keys = new ArrayList<>(options.keys());
    if (keys.isEmpty()) {
      names.forEach(name -> keys.add(name.asText()));
    }
    return keys;
  }

  private static SourceFacts source(JsonNode node) {
    return new SourceFacts(
        SourceFacts.millis(node.path("es")),
        SourceFacts.text(node, "database"),
        null,
        SourceFacts.text(node, "table"),
        null,
        SourceFacts.position(node, POSITION),
        SourceFacts.text(node, "gtid"),
        null,
        null);
  }

  private WireType.@Nullable Struct columns(JsonNode mysqlTypes) {
    if (!mysqlTypes.isObject()) {
      return null;
    }
    WireType.Struct known = types.get(mysqlTypes);
    if (known == null) {
      if (types.size() >= MAX_TYPES) {
        types.clear();
      }
      known = new WireType.Struct();
      for (String name : ChangeReader.names((ObjectNode) mysqlTypes)) {
        known.add(name, MysqlTypes.of(mysqlTypes.path(name).asText("")));
      }
      types.put(mysqlTypes, known);
    }
    return known;
  }
}
