package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.BadEventException.Kind;
import io.sluice.change.WireType.Scalar;
import org.jspecify.annotations.Nullable;

/**
 * Kafka Connect's schemas in JSON, as {@code org.apache.kafka.connect.json.JsonConverter} writes
 * them with {@code schemas.enable=true}.
 */
final class ConnectSchemas {

  private ConnectSchemas() {}

  /** What the schema says, null if there is none. */
  static @Nullable WireType of(JsonNode schema) {
    return schema.isNull() ? null : type(schema);
  }

  private static WireType type(JsonNode schema) {
    String name = schema.path("name").asText("");
    return switch (schema.path("type").asText("")) {
      case "boolean" -> scalar(schema, name, ScalarKind.BOOLEAN);
      case "int8" -> scalar(schema, name, ScalarKind.INT8);
      case "int16" -> scalar(schema, name, ScalarKind.INT16);
      case "int32" -> scalar(schema, name, ScalarKind.INT32);
      case "int64" -> scalar(schema, name, ScalarKind.INT64);
      case "float" -> scalar(schema, name, ScalarKind.FLOAT32);
      case "double" -> scalar(schema, name, ScalarKind.FLOAT64);
      case "string" -> scalar(schema, name, ScalarKind.STRING);
      case "bytes" -> scalar(schema, name, ScalarKind.BYTES);
      case "struct" ->
          ScalarKind.isScalar(name) ? scalar(schema, name, ScalarKind.STRING) : struct(schema);
      case "array" -> new WireType.ListOf(type(schema.path("items")));
      case "map" ->
          schema.path("keys").path("type").asText("").equals("string")
              ? new WireType.MapOf(type(schema.path("values")))
              : new WireType.Unknown();
      default -> throw new BadEventException(Kind.MALFORMED, "the schema has an unknown type");
    };
  }

  private static Scalar scalar(JsonNode schema, String name, ScalarKind base) {
    JsonNode parameters = schema.path("parameters");
    ScalarKind kind = ScalarKind.of(name, base);
    if (kind == ScalarKind.DECIMAL && !parameters.has("scale")) {
      throw new BadEventException(Kind.MALFORMED, "the schema has a decimal without a scale");
    }
    return new Scalar(
        kind,
        number(parameters, "scale"),
        number(parameters, "connect.decimal.precision"),
        number(parameters, "length"));
  }

  /** A parameter, 0 if it is not there. */
  private static int number(JsonNode parameters, String name) {
    JsonNode value = parameters.path(name);
    try {
      return value.isMissingNode() ? 0 : Integer.parseInt(value.asText());
    } catch (NumberFormatException e) {
      throw new BadEventException(Kind.MALFORMED, "the schema has a parameter that is no number");
    }
  }

  private static WireType.Struct struct(JsonNode schema) {
    var struct = new WireType.Struct();
    for (JsonNode field : schema.path("fields")) {
      String name = field.path("field").asText("");
      if (name.isEmpty() || struct.field(name) != null) {
        throw new BadEventException(
            Kind.MALFORMED, "the schema has a field without a name of its own");
      }
      struct.add(name, type(field));
    }
    return struct;
  }
}
