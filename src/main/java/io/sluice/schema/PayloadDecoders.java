package io.sluice.schema;

import io.sluice.pulsar.KeyValueParts;
import io.sluice.pulsar.TopicSchema;
import java.util.Arrays;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecificInternalRow;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/** Compiles decoders. The work is done once per pair of schemas, not per message. */
public final class PayloadDecoders {

  private PayloadDecoders() {}

  /**
   * Compiles the decoder for messages written with {@code writer} into rows of {@code target}. A
   * column that the writer lacks is null.
   *
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if the writer's schema cannot be read, or
   *     a column that allows no null has no value
   */
  public static PayloadDecoder compile(TopicSchema writer, StructType target) {
    return compile(writer, writer, target);
  }

  /**
   * Compiles the decoder for messages written with {@code writer} into rows of {@code target}. A
   * column that the writer lacks is null; one that allows no null has the default that {@code
   * newest} gives it.
   *
   * @param newest the schema that the target was made from
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if the writer's schema cannot be read, or
   *     a column that allows no null has no value
   */
  public static PayloadDecoder compile(TopicSchema writer, TopicSchema newest, StructType target) {
    if (writer.type() == SchemaType.KEY_VALUE) {
      return keyValue(KeyValueParts.of(writer), newest, target);
    }
    PayloadReader reader = reader(writer, newest, target, /* rescued= */ null);
    var row = new SpecificInternalRow(target);
    return (bytes, offset, length) -> {
      reader.readInto(bytes, offset, length, row);
      return row;
    };
  }

  /** Whether {@link #rescuing} keeps what messages of this schema have without a column. */
  public static boolean canRescue(TopicSchema writer) {
    return AvroDefinition.isOf(writer);
  }

  /**
   * As {@link #compile(TopicSchema, TopicSchema, StructType)}, where the last column takes as JSON
   * what the others do not hold: fields without a column, and values that do not fit theirs, which
   * are null there. It is null if there is nothing of that, and always for a writer that {@link
   * #canRescue} denies.
   *
   * @param target at least one column, the last of type STRING
   */
  public static PayloadDecoder rescuing(TopicSchema writer, TopicSchema newest, StructType target) {
    if (!canRescue(writer)) {
      return compile(writer, newest, target);
    }
    int last = target.length() - 1;
    StructType columns = new StructType(Arrays.copyOf(target.fields(), last));
    var rescued = new Rescued();
    PayloadReader reader = reader(writer, newest, columns, rescued);
    var row = new SpecificInternalRow(target);
    return (bytes, offset, length) -> {
      rescued.clear();
      reader.readInto(bytes, offset, length, row);
      String text = rescued.text();
      row.update(last, text == null ? null : UTF8String.fromString(text));
      return row;
    };
  }

  /** The reader of a payload: a record's fields are the columns, anything else is one column. */
  private static PayloadReader reader(
      TopicSchema writer, TopicSchema newest, StructType target, @Nullable Rescued rescued) {
    if (AvroDefinition.isOf(writer)) {
      Schema written = AvroDefinition.parse(writer);
      if (written.getType() == Schema.Type.RECORD) {
        return encoded(
            writer,
            written,
            compiler(writer.type(), rescued).record(written, definition(newest), target, "")
                ::readInto);
      }
    }
    if (ProtobufDefinition.isOf(writer)) {
      return ProtobufReader.ofColumns(ProtobufDefinition.parse(writer), target);
    }
    refuseOthers(target, Set.of(SchemaMapper.VALUE_COLUMN));
    int ordinal = ordinal(target, SchemaMapper.VALUE_COLUMN);
    if (ordinal != RecordReader.Field.SKIPPED) {
      return value(writer, newest, target.fields()[ordinal], ordinal, "", rescued);
    }
    if (rescued == null) {
      return (bytes, offset, length, row) -> {};
    }
    Schema written = AvroDefinition.parse(writer);
    ValueReader reader =
        compiler(writer.type(), rescued).withoutColumn(SchemaMapper.VALUE_COLUMN, written);
    return encoded(writer, written, (in, row) -> reader.read(in, row, ordinal));
  }

  private static PayloadDecoder keyValue(
      KeyValueParts writer, TopicSchema newest, StructType target) {
    KeyValueParts last = newest.type() == SchemaType.KEY_VALUE ? KeyValueParts.of(newest) : writer;
    refuseOthers(target, Set.of(SchemaMapper.KEY_COLUMN, SchemaMapper.VALUE_COLUMN));
    return new KeyValueDecoder(
        writer.separated(),
        part(SchemaMapper.KEY_COLUMN, writer.key(), last.key(), target),
        part(SchemaMapper.VALUE_COLUMN, writer.value(), last.value(), target),
        new SpecificInternalRow(target));
  }

  private static KeyValueDecoder.Part part(
      String name, TopicSchema writer, TopicSchema newest, StructType target) {
    int ordinal = ordinal(target, name);
    if (ordinal == RecordReader.Field.SKIPPED) {
      return new KeyValueDecoder.Part(name, ordinal, true, (bytes, offset, length, row) -> {});
    }
    StructField column = target.fields()[ordinal];
    return new KeyValueDecoder.Part(
        name, ordinal, column.nullable(), value(writer, newest, column, ordinal, name, null));
  }

  /** The reader of bytes that are the value of one column, whatever they are. */
  private static PayloadReader value(
      TopicSchema writer,
      TopicSchema newest,
      StructField column,
      int ordinal,
      String path,
      @Nullable Rescued rescued) {
    if (ProtobufDefinition.isOf(writer)) {
      return ProtobufReader.ofColumn(ProtobufDefinition.parse(writer), column.dataType(), ordinal);
    }
    if (!AvroDefinition.isOf(writer)) {
      return new PrimitiveReader(
          PrimitivePayload.of(writer.type())
              .into(column.dataType(), path.isEmpty() ? column.name() : ""),
          ordinal);
    }
    Schema written = AvroDefinition.parse(writer);
    ValueReader reader =
        compiler(writer.type(), rescued)
            .column(column.name(), written, definition(newest), column, path);
    return encoded(writer, written, (in, row) -> reader.read(in, row, ordinal));
  }

  private static ReaderCompiler compiler(SchemaType encoding, @Nullable Rescued rescued) {
    return new ReaderCompiler(
        encoding == SchemaType.AVRO ? RecordReader.InOrder::new : RecordReader.ByName::new,
        rescued);
  }

  /** Moves what the input stands at into the row. */
  @FunctionalInterface
  private interface Columns {
    void readInto(PayloadInput in, InternalRow row);
  }

  private static PayloadReader encoded(TopicSchema writer, Schema written, Columns columns) {
    if (writer.type() == SchemaType.AVRO) {
      int readOffset = readOffset(writer, written);
      var in = new AvroInput();
      return (bytes, offset, length, row) -> {
        in.reset(bytes, offset, length);
        in.skip(readOffset);
        columns.readInto(in, row);
      };
    }
    var in = new JsonInput();
    return (bytes, offset, length, row) -> {
      in.reset(bytes, offset, length);
      columns.readInto(in, row);
      in.expectEnd();
    };
  }

  private static @Nullable Schema definition(TopicSchema newest) {
    return AvroDefinition.isOf(newest) ? AvroDefinition.parse(newest) : null;
  }

  private static int ordinal(StructType target, String name) {
    return target.getFieldIndex(name).isEmpty()
        ? RecordReader.Field.SKIPPED
        : target.fieldIndex(name);
  }

  private static void refuseOthers(StructType target, Set<String> columns) {
    for (StructField column : target.fields()) {
      if (!columns.contains(column.name()) && !column.nullable()) {
        throw AvroDefinition.unsupported(
            column.name(), "an older version of the schema lacks it, and it has no default");
      }
    }
  }

  /** Pulsar's connectors say it beside the definition, its own reader looks into both. */
  private static int readOffset(TopicSchema writer, Schema written) {
    String beside = writer.properties().get(TopicSchema.AVRO_READ_OFFSET);
    Object offset = beside == null ? written.getObjectProp(TopicSchema.AVRO_READ_OFFSET) : beside;
    if (offset == null) {
      return 0;
    }
    try {
      return Integer.parseUnsignedInt(offset.toString());
    } catch (NumberFormatException e) {
      throw AvroDefinition.unsupported(
          "", TopicSchema.AVRO_READ_OFFSET + " is no number of bytes: " + offset);
    }
  }
}
