package io.sluice.schema;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import java.nio.charset.StandardCharsets;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.pulsar.common.schema.SchemaType;

/** Parses the Avro definition of a topic's schema and refuses what cannot become a row. */
final class AvroDefinition {

  /** Deeper than any schema met in practice, shallow enough for every thread's stack. */
  private static final int MAX_DEPTH = 64;

  /** Bounds what a definition that uses its records many times over can unfold to. */
  private static final int MAX_NODES = 100_000;

  private int nodes;

  private AvroDefinition() {}

  /** Whether the schema's definition is an Avro schema. */
  static boolean isOf(TopicSchema schema) {
    return schema.type() == SchemaType.AVRO || schema.type() == SchemaType.JSON;
  }

  /**
   * The definition as an Avro schema, with {@link RecursiveValue} where a record contains itself.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA, naming the field where there is one
   */
  static Schema parse(TopicSchema schema) {
    Schema parsed;
    try {
      var parser = new Schema.Parser(NameValidator.NO_VALIDATION);
      parser.setValidateDefaults(false);
      parsed = parser.parse(new String(schema.definition(), StandardCharsets.UTF_8));
    } catch (AvroRuntimeException e) {
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          "Version %d of the %s schema cannot be read: its definition is no Avro schema (%s). Register a valid schema."
              .formatted(schema.version(), schema.type(), e.getMessage()),
          e);
    }
    Schema cut = RecursiveValue.cut(parsed);
    new AvroDefinition().check(cut, "", 0);
    return cut;
  }

  private void check(Schema schema, String path, int depth) {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
      throw unsupported(
          path,
          "the schema is too large: at most %d levels and %d fields are allowed"
              .formatted(MAX_DEPTH, MAX_NODES));
    }
    switch (schema.getType()) {
      case RECORD -> {
        for (Schema.Field field : schema.getFields()) {
          check(field.schema(), join(path, field.name()), depth + 1);
        }
      }
      case ARRAY -> check(schema.getElementType(), join(path, "element"), depth + 1);
      case MAP -> check(schema.getValueType(), join(path, "value"), depth + 1);
      case UNION -> schema.getTypes().forEach(branch -> check(branch, path, depth + 1));
      default -> {}
    }
  }

  static String join(String path, String step) {
    return path.isEmpty() ? step : path + "." + step;
  }

  static SluiceException unsupported(String path, String reason) {
    return new SluiceException(
        Condition.UNSUPPORTED_SCHEMA,
        "%s cannot be mapped: %s. Read the topic as bytes, or change its schema."
            .formatted(path.isEmpty() ? "The payload" : "Field `" + path + "`", reason));
  }
}
