package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.FloatNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.sluice.change.BadEventException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.avro.Schema;

/**
 * Avro's binary encoding (Avro 1.12 specification, "Binary encoding") as the tree that JSON of the
 * same schema would be, so that everything behind knows one form. Of a union the value is kept and
 * the branch is not. Every byte has to be used: bytes of another schema rarely end where they
 * should.
 */
final class AvroTree {

  private static final int MAX_DEPTH = 100;

  /** How many items that take no byte one value may claim. */
  private static final int MAX_EMPTY_ITEMS = 1 << 12;

  private final byte[] bytes;
  private final int end;
  private int position;

  private AvroTree(byte[] bytes, int offset, int end) {
    this.bytes = bytes;
    this.position = offset;
    this.end = end;
  }

  /** What the bytes from the offset on say. */
  static JsonNode read(Schema schema, byte[] bytes, int offset) {
    if (offset > bytes.length) {
      throw malformed("the value is shorter than what stands before it");
    }
    var tree = new AvroTree(bytes, offset, bytes.length);
    JsonNode node = tree.value(schema, 0);
    if (tree.position != tree.end) {
      throw malformed("something follows the Avro value");
    }
    return node;
  }

  private JsonNode value(Schema schema, int depth) {
    if (depth > MAX_DEPTH) {
      throw malformed("the value is nested too deeply");
    }
    return switch (schema.getType()) {
      case NULL -> NullNode.instance;
      case BOOLEAN -> bool();
      case INT -> LongNode.valueOf(integer());
      case LONG -> LongNode.valueOf(varint());
      case FLOAT -> FloatNode.valueOf(Float.intBitsToFloat((int) littleEndian(Float.BYTES)));
      case DOUBLE -> DoubleNode.valueOf(Double.longBitsToDouble(littleEndian(Double.BYTES)));
      case STRING -> TextNode.valueOf(text());
      case BYTES -> BinaryNode.valueOf(take(length()));
      case FIXED -> BinaryNode.valueOf(take(schema.getFixedSize()));
      case ENUM ->
          TextNode.valueOf(schema.getEnumSymbols().get(index(schema.getEnumSymbols().size())));
      case UNION -> value(schema.getTypes().get(index(schema.getTypes().size())), depth + 1);
      case RECORD -> record(schema, depth);
      case ARRAY -> array(schema, depth);
      case MAP -> map(schema, depth);
    };
  }

  private ObjectNode record(Schema schema, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (Schema.Field field : schema.getFields()) {
      object.set(field.name(), value(field.schema(), depth + 1));
    }
    return object;
  }

  private ArrayNode array(Schema schema, int depth) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (long count = block(); count != 0; count = block()) {
      for (long i = 0; i < count; i++) {
        if (array.size() > bytes.length + MAX_EMPTY_ITEMS) {
          throw malformed("more items are announced than the value can hold");
        }
        array.add(value(schema.getElementType(), depth + 1));
      }
    }
    return array;
  }

  private ObjectNode map(Schema schema, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (long count = block(); count != 0; count = block()) {
      for (long i = 0; i < count; i++) {
        object.set(text(), value(schema.getValueType(), depth + 1));
      }
    }
    return object;
  }

  private long block() {
    long count = varint();
    if (count < 0) {
      varint();
      count = -count;
    }
    if (count < 0) {
      throw malformed("a number of items is out of range");
    }
    return count;
  }

  private BooleanNode bool() {
    byte value = bytes[skip(1)];
    if ((value & ~1) != 0) {
      throw malformed("a boolean is neither 0 nor 1");
    }
    return BooleanNode.valueOf(value == 1);
  }

  private int integer() {
    long value = varint();
    if (value != (int) value) {
      throw malformed("an int is out of range");
    }
    return (int) value;
  }

  private int index(int size) {
    int index = integer();
    if (index < 0 || index >= size) {
      throw malformed("a union or an enum has no such member");
    }
    return index;
  }

  private String text() {
    int length = length();
    int from = skip(length);
    String text = new String(bytes, from, length, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      try {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
      } catch (CharacterCodingException e) {
        throw malformed("a text is not UTF-8");
      }
    }
    return text;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte b = bytes[skip(1)];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw malformed("a number takes more than ten bytes");
  }

  private long littleEndian(int size) {
    int from = skip(size);
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | (bytes[from + i] & 0xff);
    }
    return value;
  }

  private byte[] take(int size) {
    int from = skip(size);
    return Arrays.copyOfRange(bytes, from, from + size);
  }

  private int length() {
    long length = varint();
    if (length < 0 || length > end - position) {
      throw malformed("the value ends too early");
    }
    return (int) length;
  }

  private int skip(int size) {
    int from = position;
    if (size > end - from) {
      throw malformed("the value ends too early");
    }
    position = from + size;
    return from;
  }

  private static BadEventException malformed(String message) {
    return new BadEventException(Kind.MALFORMED, message);
  }
}
