package io.sluice.runtime;

import io.sluice.testing.RawSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * The versions that the schema of an order goes through, each as the next one's producers see it.
 */
enum OrderVersions {
  FIRST(
      """
      {"name":"id","type":"long"},
      {"name":"amount","type":"int"},
      {"name":"ratio","type":"float"},
      {"name":"note","type":"string","default":""},
      {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"lat","type":"double"}]}}
      """),
  NULLABLE_ADDED(
      """
      {"name":"id","type":"long"},
      {"name":"amount","type":"int"},
      {"name":"ratio","type":"float"},
      {"name":"note","type":"string","default":""},
      {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"lat","type":"double"}]}},
      {"name":"email","type":["null","string"],"default":null}
      """),
  DEFAULT_ADDED(
      """
      {"name":"id","type":"long"},
      {"name":"amount","type":"int"},
      {"name":"ratio","type":"float"},
      {"name":"note","type":"string","default":""},
      {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"lat","type":"double"}]}},
      {"name":"email","type":["null","string"],"default":null},
      {"name":"country","type":"string","default":"??"}
      """),
  REMOVED_AND_REORDERED(
      """
      {"name":"country","type":"string","default":"??"},
      {"name":"amount","type":"int"},
      {"name":"ratio","type":"float"},
      {"name":"id","type":"long"},
      {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"lat","type":"double"}]}},
      {"name":"email","type":["null","string"],"default":null}
      """),
  PROMOTED(
      """
      {"name":"country","type":"string","default":"??"},
      {"name":"amount","type":"long"},
      {"name":"ratio","type":"double"},
      {"name":"id","type":"long"},
      {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"lat","type":"double"}]}},
      {"name":"email","type":["null","string"],"default":null}
      """),
  RENAMED(
      """
      {"name":"country","type":"string","default":"??"},
      {"name":"amount","type":"long"},
      {"name":"ratio","type":"double"},
      {"name":"id","type":"long"},
      {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"lat","type":"double"}]}},
      {"name":"mail","aliases":["email"],"type":["null","string"],"default":null}
      """),
  NESTED_ADDED(
      """
      {"name":"country","type":"string","default":"??"},
      {"name":"amount","type":"long"},
      {"name":"ratio","type":"double"},
      {"name":"id","type":"long"},
      {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"lat","type":"double"},{"name":"lon","type":["null","double"],"default":null}]}},
      {"name":"mail","aliases":["email"],"type":["null","string"],"default":null}
      """);

  private final Schema definition;

  OrderVersions(String fields) {
    this.definition =
        new Schema.Parser()
            .parse("{\"type\":\"record\",\"name\":\"Order\",\"fields\":[" + fields + "]}");
  }

  /** The schema as a producer registers it. */
  RawSchema schema() {
    return new RawSchema(definition);
  }

  /** An order in this version: every field has a value that follows from the number. */
  GenericRecord order(long number, long amount, double ratio) {
    GenericRecord order = new GenericData.Record(definition);
    for (Schema.Field field : definition.getFields()) {
      order.put(field.pos(), value(field, number, amount, ratio));
    }
    return order;
  }

  private static @Nullable Object value(
      Schema.Field field, long number, long amount, double ratio) {
    return switch (field.name()) {
      case "id" -> number;
      case "amount" -> field.schema().getType() == Schema.Type.INT ? (Object) (int) amount : amount;
      case "ratio" ->
          field.schema().getType() == Schema.Type.FLOAT ? (Object) (float) ratio : ratio;
      case "place" -> {
        GenericRecord place = new GenericData.Record(field.schema());
        place.put("lat", number / 2.0);
        if (field.schema().getField("lon") != null) {
          place.put("lon", number % 3 == 0 ? null : number / 4.0);
        }
        yield place;
      }
      default -> field.schema().isNullable() && number % 3 == 0 ? null : field.name() + number;
    };
  }

  /** Avro's binary form of an order, by Avro's own writer. */
  static byte[] encode(GenericRecord order) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    try {
      new GenericDatumWriter<GenericRecord>(order.getSchema()).write(order, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }

  /** What the table has to hold of an order: its own fields, and null for what it lacks. */
  static Map<String, @Nullable Object> row(GenericRecord order) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    for (String column : List.of("id", "amount", "ratio", "note", "email", "country", "mail")) {
      Object value = order.hasField(column) ? order.get(column) : null;
      row.put(column, value instanceof Number number ? number.doubleValue() : value);
    }
    GenericRecord place = (GenericRecord) order.get("place");
    row.put("lat", place.get("lat"));
    row.put("lon", place.hasField("lon") ? place.get("lon") : null);
    return row;
  }
}
