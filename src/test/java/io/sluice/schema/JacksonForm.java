package io.sluice.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes Avro's generic values as Jackson's data binding writes the same values of a Java class:
 * fields in any order, null left out, names that the schema lacks now and then.
 */
final class JacksonForm {

  private final Random random;

  JacksonForm(Random random) {
    this.random = random;
  }

  byte[] write(Schema schema, @Nullable Object value) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      write(json, schema, value);
    }
    return bytes.toByteArray();
  }

  private void write(JsonGenerator json, Schema schema, @Nullable Object value) throws IOException {
    if (schema.getType() == Schema.Type.UNION) {
      write(json, schema.getTypes().get(GenericData.get().resolveUnion(schema, value)), value);
    } else if (value == null) {
      json.writeNull();
    } else if (value instanceof Boolean b) {
      json.writeBoolean(b);
    } else if (value instanceof Integer i) {
      json.writeNumber(i);
    } else if (value instanceof Long l) {
      json.writeNumber(l);
    } else if (value instanceof Float f) {
      json.writeNumber(f);
    } else if (value instanceof Double d) {
      json.writeNumber(d);
    } else if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      binary(json, schema, bytes);
    } else if (value instanceof GenericFixed fixed) {
      binary(json, schema, fixed.bytes());
    } else if (value instanceof IndexedRecord record) {
      record(json, schema, record);
    } else if (value instanceof List<?> items) {
      json.writeStartArray();
      for (Object item : items) {
        write(json, schema.getElementType(), item);
      }
      json.writeEndArray();
    } else if (value instanceof Map<?, ?> map) {
      json.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        json.writeFieldName(entry.getKey().toString());
        write(json, schema.getValueType(), entry.getValue());
      }
      json.writeEndObject();
    } else {
      json.writeString(value.toString());
    }
  }

  private static void binary(JsonGenerator json, Schema schema, byte[] bytes) throws IOException {
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      json.writeNumber(new BigDecimal(new BigInteger(bytes), decimal.getScale()));
    } else {
      json.writeBinary(bytes);
    }
  }

  private void record(JsonGenerator json, Schema schema, IndexedRecord record) throws IOException {
    json.writeStartObject();
    List<Schema.Field> fields = new ArrayList<>(schema.getFields());
    Collections.shuffle(fields, random);
    for (Schema.Field field : fields) {
      if (random.nextInt(10) == 0) {
        json.writeFieldName("unknown");
        json.writeStartArray();
        json.writeStartObject();
        json.writeNumberField("f0", 1);
        json.writeEndObject();
        json.writeEndArray();
      }
      Object value = record.get(field.pos());
      if (value != null || random.nextBoolean()) {
        json.writeFieldName(field.name());
        write(json, field.schema(), value);
      }
    }
    json.writeEndObject();
  }
}
