package io.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.explain.Explanation;
import io.sluice.explain.Judged;
import io.sluice.explain.KeyMessage;
import io.sluice.explain.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An explanation for machines: one JSON object a line, the key first, then its messages. */
final class ExplanationJson {

  private static final JsonMapper JSON = new JsonMapper();

  private ExplanationJson() {}

  static List<String> lines(Explanation explanation) {
    List<String> lines = new ArrayList<>();
    ObjectNode key = JSON.createObjectNode();
    key.put("type", "key");
    key.put("job", explanation.job());
    key.put("table", explanation.table());
    explanation.key().forEach(key.putObject("key")::put);
    var rows = key.putArray("rows");
    explanation
        .rows()
        .forEach(
            row -> {
              ObjectNode node = rows.addObject();
              node.set("_position", node(row.position()));
              node.set("row", tree(row.json()));
            });
    key.put("explained", explanation.agrees());
    explanation.notes().forEach(key.putArray("notes")::add);
    lines.add(key.toString());
    explanation.messages().forEach(each -> lines.add(message(each).toString()));
    return lines;
  }

  private static ObjectNode message(Judged judged) {
    KeyMessage message = judged.message();
    ObjectNode node = JSON.createObjectNode();
    node.put("type", "message");
    node.put("message_id", message.position().id());
    node.set("_position", node(message.position()));
    node.put("publish_time", text(message.publishTime()));
    node.put("schema_version", message.schemaVersion());
    node.put("gone", message.gone());
    node.put("event", lower(message.kind()));
    node.set("sequence", message.point() == null ? JSON.nullNode() : tree(message.point()));
    ObjectNode values = node.putObject("values");
    message.content().forEach((column, json) -> values.set(column, tree(json)));
    new TreeSet<>(message.written()).forEach(node.putArray("written")::add);
    node.put("outcome", lower(judged.outcome()));
    node.put("late", judged.late());
    node.put("certain", judged.certain());
    node.put("stands", judged.stands());
    new TreeSet<>(judged.columns()).forEach(node.putArray("columns")::add);
    Position by = judged.by();
    node.set("by", by == null ? JSON.nullNode() : node(by));
    Judged.Taken taken = judged.taken();
    node.put("batch", taken == null ? null : taken.batch());
    node.put("epoch", taken == null ? null : taken.epoch());
    node.put("table_version", taken == null ? null : taken.version());
    node.put("commit_time", taken == null ? null : taken.time().toString());
    node.put("reason", message.reason());
    return node;
  }

  private static ObjectNode node(Position position) {
    ObjectNode node = JSON.createObjectNode();
    node.put("topic", position.topic());
    node.put("partition", position.partition());
    node.put("ledger", position.ledger());
    node.put("entry", position.entry());
    node.put("batch_index", position.batchIndex());
    return node;
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Spark gave no JSON", e);
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable String text(@Nullable Object value) {
    return value == null ? null : value.toString();
  }
}
