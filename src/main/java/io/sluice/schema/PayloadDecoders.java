package io.sluice.schema;

import io.sluice.pulsar.KeyValueParts;
import io.sluice.pulsar.TopicSchema;
import java.util.Arrays;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.pulsar.common.schema.SchemaType;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecificInternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Compiles decoders. The work is done once per pair of schemas, not per message. */
public final class PayloadDecoders {

  /** Reads nothing: the payload is no column's. */
  private static final PayloadReader NOTHING = (bytes, offset, length, row) -> {};

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
    return decoder(writer, newest, target, new SpecificInternalRow(target), /* rescued= */ null);
  }

  /**
   * As {@link #compile(TopicSchema, TopicSchema, StructType)}, where the last column takes as JSON
   * what the others do not hold: fields without a column, and values that do not fit theirs, which
   * are null there. It is null if there is nothing of that.
   *
   * @param target at least one column, the last of type STRING
   */
  public static PayloadDecoder rescuing(TopicSchema writer, TopicSchema newest, StructType target) {
    int last = target.length() - 1;
    StructType columns = new StructType(Arrays.copyOf(target.fields(), last));
    var rescued = new Rescued();
    var row = new SpecificInternalRow(target);
    return new RescuingDecoder(decoder(writer, newest, columns, row, rescued), rescued, last);
  }

  private static PayloadDecoder decoder(
      TopicSchema writer,
      TopicSchema newest,
      StructType target,
      InternalRow row,
      @Nullable Rescued rescued) {
    if (writer.type() == SchemaType.KEY_VALUE) {
      return keyValue(KeyValueParts.of(writer), newest, target, row, rescued);
    }
    PayloadReader reader = reader(writer, newest, target, rescued);
    return (bytes, offset, length) -> {
      reader.readInto(bytes, offset, length, row);
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
      return ProtobufReader.ofColumns(ProtobufDefinition.parse(writer), target, rescued);
    }
    refuseOthers(target, Set.of(SchemaMapper.VALUE_COLUMN));
    return named(SchemaMapper.VALUE_COLUMN, "", writer, newest, target, rescued);
  }

  private static PayloadDecoder keyValue(
      KeyValueParts writer,
      TopicSchema newest,
      StructType target,
      InternalRow row,
      @Nullable Rescued rescued) {
    KeyValueParts last = newest.type() == SchemaType.KEY_VALUE ? KeyValueParts.of(newest) : writer;
    refuseOthers(target, Set.of(SchemaMapper.KEY_COLUMN, SchemaMapper.VALUE_COLUMN));
    return new KeyValueDecoder(
        writer.separated(),
        part(SchemaMapper.KEY_COLUMN, writer.key(), last.key(), target, rescued),
        part(SchemaMapper.VALUE_COLUMN, writer.value(), last.value(), target, rescued),
        row);
  }

  private static KeyValueDecoder.Part part(
      String name,
      TopicSchema writer,
      TopicSchema newest,
      StructType target,
      @Nullable Rescued rescued) {
    int ordinal = ordinal(target, name);
    boolean hasColumn = ordinal != RecordReader.Field.SKIPPED;
    return new KeyValueDecoder.Part(
        name,
        ordinal,
        !hasColumn || target.fields()[ordinal].nullable(),
        hasColumn || rescued != null ? named(name, name, writer, newest, target, rescued) : null);
  }

  /**
   * The reader of bytes that are the value of one column, whatever they are.
   *
   * @param name the column's name; the target may lack it
   * @param path the column's place below the payload's root
   */
  private static PayloadReader named(
      String name,
      String path,
      TopicSchema writer,
      TopicSchema newest,
      StructType target,
      @Nullable Rescued rescued) {
    int ordinal = ordinal(target, name);
    if (ordinal == RecordReader.Field.SKIPPED) {
      return rescued == null ? NOTHING : withoutColumn(name, writer, rescued);
    }
    StructField column = target.fields()[ordinal];
    if (!AvroDefinition.isOf(writer)) {
      return ofOneType(writer, column, ordinal, path, rescued);
    }
    Schema written = AvroDefinition.parse(writer);
    ValueReader reader =
        compiler(writer.type(), rescued).column(name, written, definition(newest), column, path);
    return encoded(writer, written, (in, row) -> reader.read(in, row, ordinal));
  }

  /** The reader of a value that a column either holds by its type, or never. */
  private static PayloadReader ofOneType(
      TopicSchema writer, StructField column, int ordinal, String path, @Nullable Rescued rescued) {
    DataType type = column.dataType();
    if (rescued != null && !isHeld(writer, type)) {
      PayloadReader kept = withoutColumn(column.name(), writer, rescued);
      return (bytes, offset, length, row) -> {
        row.setNullAt(ordinal);
        kept.readInto(bytes, offset, length, row);
      };
    }
    return ProtobufDefinition.isOf(writer)
        ? ProtobufReader.ofColumn(
            ProtobufDefinition.parse(writer),
            type,
            ordinal,
            rescued == null ? null : rescued.within(column.name()))
        : new PrimitiveReader(
            PrimitivePayload.of(writer.type()).into(type, path.isEmpty() ? column.name() : ""),
            ordinal);
  }

  private static boolean isHeld(TopicSchema writer, DataType column) {
    return ProtobufDefinition.isOf(writer)
        ? column instanceof StructType
        : PrimitivePayload.of(writer.type()).fits(column);
  }

  /** The reader of a value that no column is for. */
  private static PayloadReader withoutColumn(String name, TopicSchema writer, Rescued rescued) {
    if (AvroDefinition.isOf(writer)) {
      Schema written = AvroDefinition.parse(writer);
      ValueReader reader = compiler(writer.type(), rescued).withoutColumn(name, written);
      return encoded(
          writer, written, (in, row) -> reader.read(in, row, RecordReader.Field.SKIPPED));
    }
    StructField own =
        new StructField(name, SchemaMapper.partType(writer, name), true, Metadata.empty());
    PayloadReader reader = ofOneType(writer, own, 0, name, /* rescued= */ null);
    var value = new SpecificInternalRow(new StructType().add(own));
    var text = new ValueText(own.dataType());
    return (bytes, offset, length, row) -> {
      reader.readInto(bytes, offset, length, value);
      rescued.put(name, text.of(value.get(0, own.dataType())));
    };
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
