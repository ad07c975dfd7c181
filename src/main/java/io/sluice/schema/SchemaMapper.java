package io.sluice.schema;

import io.sluice.SluiceException;
import io.sluice.pulsar.KeyValueParts;
import io.sluice.pulsar.TopicSchema;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.avro.SchemaConverters;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/** Pulsar schemas as Spark types: Avro definitions map as {@code SchemaConverters} maps them. */
public final class SchemaMapper {

  /** The one column of a payload that is no record; beside a key, the column of the value. */
  public static final String VALUE_COLUMN = "value";

  /** The column of the key, where key and value have a schema each. */
  public static final String KEY_COLUMN = "key";

  private SchemaMapper() {}

  /**
   * The payload columns of a topic: a record gives its top-level fields, a key and a value give
   * {@value #KEY_COLUMN} and {@value #VALUE_COLUMN}, every other payload gives one column {@value
   * #VALUE_COLUMN}.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA, naming the field where there is one
   */
  public static StructType payloadType(TopicSchema schema) {
    return switch (schema.type()) {
      case AVRO, JSON -> {
        Schema definition = AvroDefinition.parse(schema);
        SchemaConverters.SchemaType mapped = sqlType(definition, "");
        yield mapped.dataType() instanceof StructType fields
                && definition.getType() == Schema.Type.RECORD
            ? fields
            : new StructType().add(VALUE_COLUMN, mapped.dataType(), mapped.nullable());
      }
      case KEY_VALUE -> {
        KeyValueParts parts = KeyValueParts.of(schema);
        yield new StructType()
            .add(KEY_COLUMN, partType(parts.key(), KEY_COLUMN), true)
            .add(VALUE_COLUMN, partType(parts.value(), VALUE_COLUMN), true);
      }
      case PROTOBUF, PROTOBUF_NATIVE -> ProtobufTypes.columns(ProtobufDefinition.parse(schema), "");
      default -> new StructType().add(VALUE_COLUMN, partType(schema, ""), true);
    };
  }

  /** Whether the schema has payload columns. */
  public static boolean isMapped(TopicSchema schema) {
    try {
      payloadType(schema);
      return true;
    } catch (SluiceException unmapped) {
      return false;
    }
  }

  /**
   * The first field at which a record of an AVRO or JSON schema begins within itself, as a path;
   * such a field is a column of JSON text.
   */
  public static Optional<String> recursiveField(TopicSchema schema) {
    if (schema.type() == SchemaType.KEY_VALUE) {
      KeyValueParts parts = KeyValueParts.of(schema);
      return recursiveField(parts.key())
          .map(path -> AvroDefinition.join(KEY_COLUMN, path))
          .or(
              () ->
                  recursiveField(parts.value())
                      .map(path -> AvroDefinition.join(VALUE_COLUMN, path)));
    }
    return isMapped(schema) && AvroDefinition.isOf(schema)
        ? RecursiveValue.first(AvroDefinition.parse(schema))
        : Optional.empty();
  }

  /** The type of the one column that holds a payload, or a part of it. */
  static DataType partType(TopicSchema schema, String path) {
    if (ProtobufDefinition.isOf(schema)) {
      return ProtobufTypes.columns(ProtobufDefinition.parse(schema), path);
    }
    return AvroDefinition.isOf(schema)
        ? sqlType(AvroDefinition.parse(schema), path).dataType()
        : PrimitivePayload.of(schema.type()).type();
  }

  /** The one type of a union with null, else the type itself. */
  static Schema withoutNull(Schema schema) {
    if (schema.getType() != Schema.Type.UNION) {
      return schema;
    }
    List<Schema> values =
        schema.getTypes().stream().filter(b -> b.getType() != Schema.Type.NULL).toList();
    return values.size() == 1 ? values.get(0) : schema;
  }

  /**
   * The type of one Avro schema, by Spark's own rules.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA, naming the innermost field that has no type
   */
  static SchemaConverters.SchemaType sqlType(Schema schema, String path) {
    try {
      return SchemaConverters.toSqlType(schema, false, "", -1);
    } catch (RuntimeException e) {
      switch (schema.getType()) {
        case RECORD ->
            schema
                .getFields()
                .forEach(f -> sqlType(f.schema(), AvroDefinition.join(path, f.name())));
        case ARRAY -> sqlType(schema.getElementType(), AvroDefinition.join(path, "element"));
        case MAP -> sqlType(schema.getValueType(), AvroDefinition.join(path, "value"));
        case UNION -> schema.getTypes().forEach(branch -> sqlType(branch, path));
        default -> {}
      }
      throw AvroDefinition.unsupported(path, "Spark has no type for %s".formatted(schema));
    }
  }
}
