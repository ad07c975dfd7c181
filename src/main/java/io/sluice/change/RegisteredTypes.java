package io.sluice.change;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.change.WireType.Scalar;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Registered definitions, each parsed once. They are Avro schemas that Confluent's {@code AvroData}
 * has made of Kafka Connect's: {@code connect.name} and {@code connect.parameters} tell the logical
 * type.
 */
final class RegisteredTypes {

  /**
   * A definition.
   *
   * @param schema for Avro's binary encoding
   * @param type what the values mean
   */
  record Registered(Schema schema, WireType type) {}

  private final Map<String, Registered> byDefinition = new HashMap<>();

  /**
   * The definition.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA if it is no Avro schema
   */
  Registered of(String definition) {
    Registered known = byDefinition.get(definition);
    if (known == null) {
      known = parsed(definition);
      byDefinition.put(definition, known);
    }
    return known;
  }

  private static Registered parsed(String definition) {
    try {
      var parser = new Schema.Parser(NameValidator.NO_VALIDATION);
      parser.setValidateDefaults(false);
      Schema schema = parser.parse(definition);
      return new Registered(schema, new Walk().type(schema));
    } catch (AvroRuntimeException e) {
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          "The registered schema of a change topic is no Avro schema (%s). Register the schema that the connector writes, or read the topic as bytes."
              .formatted(e.getMessage()),
          e);
    }
  }

  /** One walk through a definition; a record that is used again is the same type. */
  private static final class Walk {

    private final IdentityHashMap<Schema, WireType.Struct> records = new IdentityHashMap<>();

    WireType type(Schema schema) {
      String name = text(schema.getProp("connect.name"));
      return switch (schema.getType()) {
        case BOOLEAN -> scalar(schema, name, ScalarKind.BOOLEAN);
        case INT -> scalar(schema, name, integer(schema));
        case LONG -> scalar(schema, name, ScalarKind.INT64);
        case FLOAT -> scalar(schema, name, ScalarKind.FLOAT32);
        case DOUBLE -> scalar(schema, name, ScalarKind.FLOAT64);
        case STRING, ENUM -> scalar(schema, name, ScalarKind.STRING);
        case BYTES, FIXED -> scalar(schema, name, ScalarKind.BYTES);
        case RECORD ->
            ScalarKind.isScalar(name) ? scalar(schema, name, ScalarKind.STRING) : struct(schema);
        case ARRAY -> new WireType.ListOf(type(schema.getElementType()));
        case MAP -> new WireType.MapOf(type(schema.getValueType()));
        case UNION -> union(schema);
        case NULL -> new WireType.Unknown();
      };
    }

    private WireType union(Schema schema) {
      List<Schema> values =
          schema.getTypes().stream().filter(each -> each.getType() != Schema.Type.NULL).toList();
      return values.size() == 1 ? type(values.get(0)) : new WireType.Unknown();
    }

    private WireType struct(Schema schema) {
      WireType.Struct known = records.get(schema);
      if (known != null) {
        return known.names().size() == schema.getFields().size() ? known : new WireType.Unknown();
      }
      var struct = new WireType.Struct();
      records.put(schema, struct);
      for (Schema.Field field : schema.getFields()) {
        struct.add(field.name(), type(field.schema()));
      }
      return struct;
    }

    private static ScalarKind integer(Schema schema) {
      return switch (text(schema.getProp("connect.type"))) {
        case "int8" -> ScalarKind.INT8;
        case "int16" -> ScalarKind.INT16;
        default -> ScalarKind.INT32;
      };
    }

    private static Scalar scalar(Schema schema, String name, ScalarKind base) {
      ScalarKind kind = ScalarKind.of(name, base);
      Object scale = parameter(schema, "scale");
      if (scale == null) {
        scale = schema.getObjectProp("scale");
      }
      if (kind == ScalarKind.DECIMAL && scale == null) {
        throw new AvroRuntimeException("a decimal has no scale");
      }
      return new Scalar(
          kind,
          number(scale),
          number(parameter(schema, "connect.decimal.precision")),
          number(parameter(schema, "length")));
    }

    private static @Nullable Object parameter(Schema schema, String name) {
      return schema.getObjectProp("connect.parameters") instanceof Map<?, ?> parameters
          ? parameters.get(name)
          : null;
    }

    private static int number(@Nullable Object value) {
      try {
        return value == null ? 0 : Integer.parseInt(value.toString());
      } catch (NumberFormatException e) {
        throw new AvroRuntimeException("a parameter is no number", e);
      }
    }

    private static String text(@Nullable String property) {
      return property == null ? "" : property;
    }
  }
}
