package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.testing.RawSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.KeyValue;
import org.apache.pulsar.common.schema.SchemaType;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * What a connector has published while a workload ran against a real database: every message of
 * every topic, in the order of the topics. The captures and the final state of the tables lie in
 * {@code captures} among the test resources; their README tells how they were made.
 */
final class Capture {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TABLE_TOPIC = "/shop.ecommerce.";

  private final String name;
  private final Map<String, List<RawMessage>> byTopic = new HashMap<>();
  private final Map<String, List<Integer>> partitions = new HashMap<>();
  private final Map<WriterSchema, RawSchema> registered = new HashMap<>();

  private Capture(String name) {
    this.name = name;
  }

  /** Reads a capture, such as {@code pg-rec}. */
  static Capture of(String name) {
    var capture = new Capture(name);
    Map<String, WriterSchema> schemas = capture.schemas();
    List<JsonNode> lines = lines(name + ".jsonl.xz");
    lines.sort(
        Comparator.<JsonNode>comparingLong(line -> line.path("ledgerId").longValue())
            .thenComparingLong(line -> line.path("entryId").longValue())
            .thenComparingInt(line -> line.path("batchIndex").intValue()));
    for (JsonNode line : lines) {
      String topic = line.path("topic").textValue().replaceFirst("-partition-\\d+$", "");
      WriterSchema schema =
          schemas.getOrDefault(
              topic + "@" + line.path("schemaVersion").asText(), WriterSchema.none());
      capture
          .partitions
          .computeIfAbsent(topic, each -> new ArrayList<>())
          .add(Math.max(0, line.path("partition").intValue()));
      capture
          .byTopic
          .computeIfAbsent(topic, each -> new ArrayList<>())
          .add(
              new RawMessage(
                  topic,
                  schema,
                  key(line),
                  value(line),
                  text(line.path("properties").get("__debezium.oldkey")),
                  text(line.path("properties").get("__debezium.newkey"))));
    }
    return capture;
  }

  boolean isPostgres() {
    return name.startsWith("pg-");
  }

  /** The messages of a table's topic, with the table's own name. */
  List<RawMessage> table(String table) {
    return ofTable(byTopic, table);
  }

  /** The partition that each of these messages was in; 0 where the topic had none. */
  List<Integer> partitions(String table) {
    return ofTable(partitions, table);
  }

  private static <T> T ofTable(Map<String, T> byTopic, String table) {
    String suffix = TABLE_TOPIC + table.replace(' ', '_');
    return byTopic.entrySet().stream()
        .filter(topic -> topic.getKey().endsWith(suffix))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  /** The messages of topics that hold no table. */
  List<RawMessage> others() {
    return byTopic.entrySet().stream()
        .filter(topic -> !topic.getKey().contains(TABLE_TOPIC))
        .flatMap(topic -> topic.getValue().stream())
        .toList();
  }

  /** What the registry holds for messages of this schema of key and value, word for word. */
  RawSchema registered(WriterSchema schema) {
    RawSchema found = registered.get(schema);
    if (found == null) {
      throw new IllegalArgumentException("Not registered in " + name);
    }
    return found;
  }

  /** The rows that a table has at the end, as text. */
  List<Map<String, @Nullable String>> oracle(String table) {
    List<Map<String, @Nullable String>> rows = new ArrayList<>();
    for (JsonNode line : lines(oracles() + "/" + table + ".jsonl")) {
      Map<String, @Nullable String> row = new HashMap<>();
      line.properties().forEach(field -> row.put(field.getKey(), text(field.getValue())));
      rows.add(row);
    }
    return rows;
  }

  /** The tables' definitions: name, primaryKey, and columns with name and type. */
  List<JsonNode> definitions() {
    return lines(oracles() + "/_schema.jsonl");
  }

  private String oracles() {
    return isPostgres() ? "oracle-pg" : "oracle-my";
  }

  private static byte @Nullable [] key(JsonNode line) {
    String key = text(line.get("key"));
    if (key == null) {
      return null;
    }
    return line.path("keyBase64Encoded").booleanValue()
        ? Base64.getDecoder().decode(key)
        : key.getBytes(StandardCharsets.UTF_8);
  }

  private static byte @Nullable [] value(JsonNode line) {
    String value = text(line.get("value"));
    if (value == null) {
      return null;
    }
    return line.path("valueEncoding").textValue().equals("base64")
        ? Base64.getDecoder().decode(value)
        : value.getBytes(StandardCharsets.UTF_8);
  }

  private Map<String, WriterSchema> schemas() {
    Map<String, WriterSchema> schemas = new HashMap<>();
    for (JsonNode line : lines(name + ".schemas.jsonl")) {
      if (!line.path("type").textValue().equals("KEY_VALUE")) {
        continue;
      }
      JsonNode properties = line.path("properties");
      WriterSchema.Part key =
          part(
              line.path("keyType"),
              line.path("keySchema"),
              properties.path("key.schema.properties"));
      WriterSchema.Part value =
          part(
              line.path("valueType"),
              line.path("valueSchema"),
              properties.path("value.schema.properties"));
      WriterSchema schema =
          properties.path("kv.encoding.type").textValue().equals("INLINE")
              ? WriterSchema.inlined(key, value)
              : WriterSchema.separated(key, value);
      schemas.put(line.path("topic").textValue() + "@" + line.path("version").asText(), schema);
      registered.put(schema, raw(line));
    }
    return schemas;
  }

  private static RawSchema raw(JsonNode line) {
    byte[] definition =
        KeyValue.encode(
            DatabaseText.utf8(line.path("keySchema").textValue()),
            Schema.BYTES,
            DatabaseText.utf8(line.path("valueSchema").textValue()),
            Schema.BYTES);
    Map<String, String> properties = new HashMap<>();
    line.path("properties")
        .properties()
        .forEach(property -> properties.put(property.getKey(), property.getValue().textValue()));
    return new RawSchema(SchemaType.KEY_VALUE, definition, properties);
  }

  private static WriterSchema.Part part(JsonNode type, JsonNode definition, JsonNode properties) {
    return switch (type.textValue()) {
      case "JSON" -> WriterSchema.Part.json(definition.textValue());
      case "AVRO" ->
          WriterSchema.Part.avro(
              definition.textValue(),
              parsed(properties.textValue()).path("__AVRO_READ_OFFSET__").asInt());
      default -> WriterSchema.Part.text();
    };
  }

  private static List<JsonNode> lines(String resource) {
    List<JsonNode> lines = new ArrayList<>();
    try (InputStream file = Capture.class.getResourceAsStream("captures/" + resource)) {
      if (file == null) {
        throw new IllegalArgumentException("No capture " + resource);
      }
      InputStream text = resource.endsWith(".xz") ? new XZInputStream(file) : file;
      var reader = new BufferedReader(new InputStreamReader(text, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(parsed(line));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }

  private static JsonNode parsed(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable String text(@Nullable JsonNode node) {
    return node == null || node.isNull() ? null : node.asText();
  }
}
