package io.sluice.schema;

import io.sluice.pulsar.TopicSchema;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.expressions.SpecificInternalRow;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Compiles decoders. The work is done once per pair of schemas, not per message. */
public final class PayloadDecoders {

  /** The property with which a writer says how many bytes precede the Avro data. */
  private static final String AVRO_READ_OFFSET = "__AVRO_READ_OFFSET__";

  private PayloadDecoders() {}

  /**
   * Compiles the decoder for messages written with {@code writer} into rows of {@code target}. A
   * column that the writer lacks is null.
   *
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if the target cannot hold the values
   */
  public static PayloadDecoder compile(TopicSchema writer, StructType target) {
    return compile(writer, writer, target);
  }

  /**
   * Compiles the decoder for messages written with {@code writer} into rows of {@code target}. A
   * column that the writer lacks has the default that {@code newest} gives it, or is null.
   *
   * @param newest the schema that the target was made from
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if the target cannot hold the values
   */
  public static PayloadDecoder compile(TopicSchema writer, TopicSchema newest, StructType target) {
    return switch (writer.type()) {
      case AVRO -> avro(writer, newest, target);
      case JSON -> json(writer, newest, target);
      default -> primitive(PrimitivePayload.of(writer.type()), target);
    };
  }

  private static PayloadDecoder avro(TopicSchema writer, TopicSchema newest, StructType target) {
    Schema written = AvroDefinition.parse(writer);
    int readOffset = readOffset(written);
    RecordReader reader = root(written, newest, target, RecordReader.InOrder::new);
    var row = new SpecificInternalRow(target);
    var in = new AvroInput();
    return (bytes, offset, length) -> {
      in.reset(bytes, offset, length);
      in.skip(readOffset);
      reader.readInto(in, row);
      return row;
    };
  }

  private static PayloadDecoder json(TopicSchema writer, TopicSchema newest, StructType target) {
    RecordReader reader =
        root(AvroDefinition.parse(writer), newest, target, RecordReader.ByName::new);
    var row = new SpecificInternalRow(target);
    var in = new JsonInput();
    return (bytes, offset, length) -> {
      in.reset(bytes, offset, length);
      reader.readInto(in, row);
      in.expectEnd();
      return row;
    };
  }

  private static RecordReader root(
      Schema writer, TopicSchema newest, StructType target, RecordReader.Layout layout) {
    Schema last = AvroDefinition.isOf(newest) ? AvroDefinition.parse(newest) : null;
    var compiler = new ReaderCompiler(layout);
    if (writer.getType() == Schema.Type.RECORD) {
      return compiler.record(writer, last, target, "");
    }
    int ordinal = valueOrdinal(target);
    if (ordinal == RecordReader.Field.SKIPPED) {
      return new RecordReader.Single((in, row, at) -> {}, ordinal);
    }
    StructField column = target.fields()[ordinal];
    return new RecordReader.Single(
        compiler.value(writer, last, column.dataType(), column.nullable(), ""), ordinal);
  }

  private static PayloadDecoder primitive(PrimitivePayload payload, StructType target) {
    int ordinal = valueOrdinal(target);
    if (ordinal != RecordReader.Field.SKIPPED
        && !target.fields()[ordinal].dataType().equals(payload.type())) {
      throw AvroDefinition.unsupported(
          SchemaMapper.VALUE_COLUMN,
          "%s does not fit the column's %s"
              .formatted(payload.type().sql(), target.fields()[ordinal].dataType().sql()));
    }
    return new PrimitiveDecoder(payload, ordinal, new SpecificInternalRow(target));
  }

  private static int valueOrdinal(StructType target) {
    for (StructField column : target.fields()) {
      if (!column.name().equals(SchemaMapper.VALUE_COLUMN) && !column.nullable()) {
        throw AvroDefinition.unsupported(
            column.name(), "an older version of the schema lacks it, and it has no default");
      }
    }
    return target.getFieldIndex(SchemaMapper.VALUE_COLUMN).isEmpty()
        ? RecordReader.Field.SKIPPED
        : target.fieldIndex(SchemaMapper.VALUE_COLUMN);
  }

  private static int readOffset(Schema schema) {
    Object offset = schema.getObjectProp(AVRO_READ_OFFSET);
    if (offset == null) {
      return 0;
    }
    try {
      return Integer.parseUnsignedInt(offset.toString());
    } catch (NumberFormatException e) {
      throw AvroDefinition.unsupported("", AVRO_READ_OFFSET + " is no number of bytes: " + offset);
    }
  }
}
