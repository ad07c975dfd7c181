package io.sluice.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one message has that its columns do not hold, by the names of fields: values as JSON, and
 * the same of records whose columns hold a part of them.
 */
final class Rescued {

  private static final JsonFactory FACTORY = new JsonFactory();

  private final Map<String, String> values = new LinkedHashMap<>();
  private final Map<String, Rescued> records = new LinkedHashMap<>();

  /** Where the fields of a record go that is the value of this field. */
  Rescued within(String field) {
    return records.computeIfAbsent(field, absent -> new Rescued());
  }

  /**
   * Keeps a value, and nothing else of its field.
   *
   * @param json null if there is nothing to keep
   */
  void put(String field, @Nullable String json) {
    forget(field);
    if (json != null) {
      values.put(field, json);
    }
  }

  /** Keeps nothing of this field. */
  void forget(String field) {
    values.remove(field);
    Rescued record = records.get(field);
    if (record != null) {
      record.clear();
    }
  }

  /** Keeps nothing. */
  void clear() {
    values.clear();
    records.values().forEach(Rescued::clear);
  }

  private boolean isEmpty() {
    return values.isEmpty() && records.values().stream().allMatch(Rescued::isEmpty);
  }

  /** All that is kept as one JSON object, null if nothing is. */
  @Nullable String text() {
    if (isEmpty()) {
      return null;
    }
    StringWriter text = new StringWriter();
    try (JsonGenerator out = FACTORY.createGenerator(text)) {
      write(out);
    } catch (IOException cannotHappenInMemory) {
      throw new UncheckedIOException(cannotHappenInMemory);
    }
    return text.toString();
  }

  private void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    for (Map.Entry<String, String> value : values.entrySet()) {
      out.writeFieldName(value.getKey());
      out.writeRawValue(value.getValue());
    }
    for (Map.Entry<String, Rescued> record : records.entrySet()) {
      if (!record.getValue().isEmpty()) {
        out.writeFieldName(record.getKey());
        record.getValue().write(out);
      }
    }
    out.writeEndObject();
  }
}
