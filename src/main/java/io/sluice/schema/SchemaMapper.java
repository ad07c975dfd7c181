package io.sluice.schema;

import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import org.apache.avro.Schema;
import org.apache.spark.sql.avro.SchemaConverters;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Pulsar schemas as Spark types: Avro definitions map as {@code SchemaConverters} maps them. */
public final class SchemaMapper {

  /** The one column of a payload that is no record. */
  public static final String VALUE_COLUMN = "value";

  private SchemaMapper() {}

  /**
   * The payload columns of a topic: a record gives its top-level fields, every other payload gives
   * one column {@value #VALUE_COLUMN}.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA, naming the field where there is one
   */
  public static StructType payloadType(TopicSchema schema) {
    return switch (schema.type()) {
      case AVRO, JSON -> recordType(AvroDefinition.parse(schema));
      default -> single(PrimitivePayload.of(schema.type()).type(), true);
    };
  }

  private static StructType recordType(Schema schema) {
    var mapped = sqlType(schema, "");
    return mapped.dataType() instanceof StructType fields && schema.getType() == Schema.Type.RECORD
        ? fields
        : single(mapped.dataType(), mapped.nullable());
  }

  private static StructType single(DataType type, boolean nullable) {
    return new StructType(
        new StructField[] {DataTypes.createStructField(VALUE_COLUMN, type, nullable)});
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
