package io.sluice.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Values of Avro's binary encoding as the JSON that Pulsar's Java client writes for the same
 * definition: bytes in base64, enums by name, decimals as numbers, times as counts of their unit,
 * and no name of a union's branch.
 */
final class AvroText {

  private static final JsonFactory FACTORY = new JsonFactory();

  private AvroText() {}

  /** The value at the input's position, null for null. */
  static @Nullable String of(AvroInput in, Schema type) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = FACTORY.createGenerator(text)) {
      write(in, type, out);
    } catch (IOException cannotHappenInMemory) {
      throw new UncheckedIOException(cannotHappenInMemory);
    }
    String json = text.toString();
    return json.equals("null") ? null : json;
  }

  private static void write(AvroInput in, Schema type, JsonGenerator out) throws IOException {
    RecursiveValue recursive = RecursiveValue.at(type);
    if (recursive != null) {
      write(in, recursive.written(), out);
      return;
    }
    switch (type.getType()) {
      case NULL -> out.writeNull();
      case BOOLEAN -> out.writeBoolean(in.readBoolean());
      case INT -> out.writeNumber(in.readInt(type));
      case LONG -> out.writeNumber(in.readLong(type));
      case FLOAT -> out.writeNumber(in.readFloat());
      case DOUBLE -> out.writeNumber(in.readDouble());
      case STRING -> out.writeString(in.readString(type).toString());
      case ENUM -> out.writeString(type.getEnumSymbols().get(in.readEnum(type)));
      case BYTES, FIXED -> writeBytes(in, type, out);
      case RECORD -> {
        out.writeStartObject();
        for (Schema.Field field : type.getFields()) {
          out.writeFieldName(field.name());
          write(in, field.schema(), out);
        }
        out.writeEndObject();
      }
      case ARRAY -> writeArray(in, type.getElementType(), out);
      case MAP -> writeMap(in, type.getValueType(), out);
      case UNION -> write(in, type.getTypes().get(in.readBranch(type)), out);
    }
  }

  private static void writeBytes(AvroInput in, Schema type, JsonGenerator out) throws IOException {
    if (type.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      out.writeNumber(
          new BigDecimal(in.readUnscaled(type, decimal.getScale()), decimal.getScale()));
    } else {
      out.writeBinary(
          type.getType() == Schema.Type.FIXED ? in.readFixed(type.getFixedSize()) : in.readBytes());
    }
  }

  private static void writeArray(AvroInput in, Schema element, JsonGenerator out)
      throws IOException {
    boolean emptyElements = SkipReaders.mayBeEmpty(element);
    out.writeStartArray();
    for (long left = in.startItems(emptyElements); left > 0; ) {
      write(in, element, out);
      if (--left == 0) {
        left = in.moreItems(emptyElements);
      }
    }
    out.writeEndArray();
  }

  private static void writeMap(AvroInput in, Schema value, JsonGenerator out) throws IOException {
    out.writeStartObject();
    for (long left = in.startEntries(); left > 0; ) {
      out.writeFieldName(in.readKey().toString());
      write(in, value, out);
      if (--left == 0) {
        left = in.moreEntries();
      }
    }
    out.writeEndObject();
  }
}
