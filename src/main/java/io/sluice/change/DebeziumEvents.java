package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.ChangeEvent.Op;
import io.sluice.change.ChangeEvent.RowChange;
import io.sluice.change.ChangeEvent.SkipReason;
import io.sluice.change.ChangeEvent.Skipped;
import io.sluice.change.Document.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's messages: the <a
 * href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events">envelope</a>,
 * or the row that <a
 * href="https://debezium.io/documentation/reference/stable/transformations/event-flattening.html">ExtractNewRecordState</a>
 * has flattened with {@code delete.tombstone.handling.mode=rewrite}.
 *
 * <p>Of a deleted row only the key is taken, from the message's key: PostgreSQL fills the other
 * columns of {@code before} with values that never were.
 */
final class DebeziumEvents {

  /** What the flattening adds to a row begins so, but a table's own columns may, too. */
  private static final String ADDED = "__";

  private static final Set<String> FACTS =
      Set.of("deleted", "op", "db", "schema", "table", "lsn", "ts_ms", "ts_us", "ts_ns");

  private static final String TRANSACTION = "transaction_";

  private static final String DELETED = "__deleted";
  private static final String SOURCE = "source_";
  private static final String LOGICAL_MESSAGE = "m";

  private DebeziumEvents() {}

  /**
   * The event; of a row without a key that has changed, two.
   *
   * @param key the message's key, null if the row has none
   * @param otherKey the key that the row had before, or has from now on, null if it keeps its key
   */
  static List<ChangeEvent> of(
      @Nullable Document key,
      @Nullable Fields otherKey,
      Document value,
      RawMessage message,
      ChangeOptions options) {
    return of(key, value, message, options).stream().map(event -> moved(event, otherKey)).toList();
  }

  private static ChangeEvent moved(ChangeEvent event, @Nullable Fields otherKey) {
    return otherKey != null && event instanceof RowChange row
        ? new RowChange(
            row.op(), row.index(), row.keys(), row.values(), row.complete(), row.source(), otherKey)
        : event;
  }

  private static List<ChangeEvent> of(
      @Nullable Document key, Document value, RawMessage message, ChangeOptions options) {
    JsonNode node = value.node();
    if (node.has(DELETED)) {
      return List.of(flattened(key, value, message, options));
    }
    if (node.path("op").isTextual() && (node.has("after") || node.has("source"))) {
      return envelope(key, value, message, options);
    }
    SkipReason reason = reason(key, node);
    if (reason == null) {
      throw new BadEventException(
          Kind.UNKNOWN_MESSAGE,
          "the message is neither an envelope of Debezium nor a flattened row that says whether it is deleted; a flattened stream needs delete.tombstone.handling.mode=rewrite");
    }
    return List.of(new Skipped(reason));
  }

  private static @Nullable SkipReason reason(@Nullable Document key, JsonNode node) {
    if (node.has("ddl") || node.has("tableChanges")) {
      return SkipReason.SCHEMA_CHANGE;
    }
    if (node.path("status").isTextual() && node.path("id").isTextual()) {
      return SkipReason.TRANSACTION;
    }
    if (node.size() == 1 && node.path("ts_ms").isNumber()) {
      return SkipReason.HEARTBEAT;
    }
    return key != null && key.node().isArray() ? SkipReason.CONNECTOR_STATE : null;
  }

  private static List<ChangeEvent> envelope(
      @Nullable Document key, Document value, RawMessage message, ChangeOptions options) {
    String letter = value.node().path("op").textValue();
    if (letter.equals(LOGICAL_MESSAGE)) {
      return List.of(new Skipped(SkipReason.LOGICAL_MESSAGE));
    }
    Op op = Op.of(letter);
    if (op == null) {
      throw new BadEventException(Kind.UNKNOWN_OPERATION, "Debezium has no such operation");
    }
    SourceFacts source =
        SourceFacts.of(
            value.node().path("source"),
            SourceFacts.text(value.node().path("transaction"), "id"),
            message);
    Fields keyFields = key == null ? null : key.fields();
    Fields before = value.fields("before");
    return switch (op) {
      case TRUNCATE -> List.of(new RowChange(op, 0, List.of(), List.of(), false, source));
      case DELETE -> List.of(deleted(keyFields, before, source, options));
      default -> {
        Fields after = value.fields("after");
        if (after == null) {
          throw new BadEventException(Kind.MISSING_ROW, "the event has no row").within("after");
        }
        yield there(op, keys(keyFields, options), before, after, source);
      }
    };
  }

  /** A row that is there. Where no key tells which one has changed, the old one is gone first. */
  private static List<ChangeEvent> there(
      Op op, List<String> keys, @Nullable Fields before, Fields after, SourceFacts source) {
    List<ChangeEvent> events = new ArrayList<>();
    if (keys.isEmpty() && before != null) {
      events.add(new RowChange(Op.DELETE, 0, keys, List.of(before), false, source));
    }
    events.add(new RowChange(op, events.size(), keys, List.of(after), true, source));
    return events;
  }

  private static RowChange deleted(
      @Nullable Fields key, @Nullable Fields row, SourceFacts source, ChangeOptions options) {
    List<String> keys = keys(key, options);
    List<Fields> values = new ArrayList<>();
    List<String> missing = new ArrayList<>(keys);
    if (key != null) {
      List<String> given =
          keys.stream().filter(name -> ChangeReader.field(key.values(), name) != null).toList();
      values.add(ChangeReader.key(key, given));
      missing.removeAll(given);
    }
    if (row == null && !missing.isEmpty()) {
      throw new BadEventException(
          Kind.MISSING_KEY, "the event of a deleted row has neither a key nor the row before");
    }
    if (row != null && !missing.isEmpty()) {
      values.add(ChangeReader.key(row, missing));
    } else if (row != null && keys.isEmpty()) {
      values.add(row);
    }
    return new RowChange(Op.DELETE, 0, keys, values, false, source);
  }

  private static List<String> keys(@Nullable Fields key, ChangeOptions options) {
    if (!options.keys().isEmpty()) {
      return options.keys();
    }
    return key == null ? List.of() : ChangeReader.names(key.values());
  }

  private static ChangeEvent flattened(
      @Nullable Document key, Document value, RawMessage message, ChangeOptions options) {
    Fields all = value.fields();
    if (all == null) {
      throw new BadEventException(Kind.UNKNOWN_MESSAGE, "a flattened row is no object");
    }
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    ObjectNode facts = JsonNodeFactory.instance.objectNode();
    for (String name : ChangeReader.names(all.values())) {
      JsonNode field = all.values().path(name);
      String fact = name.startsWith(ADDED) ? name.substring(ADDED.length()) : "";
      if (fact.startsWith(SOURCE)) {
        facts.set(fact.substring(SOURCE.length()), field);
      } else if (FACTS.contains(fact) || fact.startsWith(TRANSACTION)) {
        facts.set(fact, field);
      } else {
        row.set(name, field);
      }
    }
    Fields keyFields = key == null ? null : key.fields();
    Fields rowFields = new Fields(row, all.type());
    SourceFacts source = SourceFacts.of(facts, SourceFacts.text(facts, "transaction_id"), message);
    return switch (facts.path("deleted").asText("")) {
      case "true" -> deleted(keyFields, rowFields, source, options);
      case "false" -> {
        String letter = facts.path("op").asText(Op.UPDATE.letter());
        Op op = Op.of(letter);
        if (op == null || op == Op.DELETE || op == Op.TRUNCATE) {
          throw new BadEventException(
              Kind.UNKNOWN_OPERATION, "a flattened row that is there has no such operation");
        }
        yield new RowChange(op, 0, keys(keyFields, options), List.of(rowFields), false, source);
      }
      default ->
          throw new BadEventException(Kind.BAD_VALUE, "neither true nor false").within(DELETED);
    };
  }
}
