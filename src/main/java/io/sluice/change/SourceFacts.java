package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a change comes from, for people to read. Nothing is ordered by it.
 *
 * @param micros when the database did it, in microseconds since the epoch
 * @param database the database
 * @param schema the schema in it
 * @param table the table
 * @param snapshot how far a snapshot is, null for a change that was streamed
 * @param position the place in the database's log, as JSON
 * @param transaction the transaction
 * @param oldKey what the row was called before its key changed
 * @param newKey what the row is called after its key changes
 */
record SourceFacts(
    @Nullable Long micros,
    @Nullable String database,
    @Nullable String schema,
    @Nullable String table,
    @Nullable String snapshot,
    @Nullable String position,
    @Nullable String transaction,
    @Nullable String oldKey,
    @Nullable String newKey) {

  private static final long MICROS_PER_MILLI = 1_000;

  /** What connectors call the place in a database's log. */
  private static final List<String> POSITION =
      List.of(
          "lsn",
          "sequence",
          "gtid",
          "file",
          "pos",
          "row",
          "scn",
          "commit_scn",
          "ssn",
          "rs_id",
          "commit_lsn",
          "change_lsn",
          "event_serial_no");

  /**
   * The facts of a Debezium event.
   *
   * @param source its block {@code source}, or the fields of a flattened row that stand for it
   */
  static SourceFacts of(JsonNode source, @Nullable String transaction, RawMessage message) {
    String snapshot = text(source, "snapshot");
    return new SourceFacts(
        micros(source),
        text(source, "db"),
        text(source, "schema"),
        text(source, "table"),
        snapshot == null || snapshot.equals("false") ? null : snapshot,
        position(source, POSITION),
        transaction,
        message.oldKey(),
        message.newKey());
  }

  /** The named fields as JSON, null if there is none. */
  static @Nullable String position(JsonNode source, List<String> names) {
    ObjectNode position = JsonNodeFactory.instance.objectNode();
    for (String name : names) {
      JsonNode value = source.get(name);
      if (value != null && !value.isNull()) {
        position.set(name, value);
      }
    }
    return position.isEmpty() ? null : position.toString();
  }

  private static @Nullable Long micros(JsonNode source) {
    JsonNode micros = source.path("ts_us");
    if (micros.canConvertToLong() && micros.isIntegralNumber()) {
      return micros.longValue();
    }
    return millis(source.path("ts_ms"));
  }

  /** Milliseconds as microseconds, null if there are none. */
  static @Nullable Long millis(JsonNode millis) {
    return millis.isIntegralNumber() && millis.canConvertToLong()
        ? millis.longValue() * MICROS_PER_MILLI
        : null;
  }

  /** A text or a number, null if it is neither. */
  static @Nullable String text(JsonNode node, String name) {
    JsonNode value = node.path(name);
    return value.isValueNode() && !value.isNull() ? value.asText() : null;
  }
}
