package io.sluice.schema;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;

/** The default values of Avro fields, as Spark's values. */
final class AvroDefaults {

  private AvroDefaults() {}

  /**
   * The default of a field that has one, in the column's type.
   *
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if the default is not of the field's type
   */
  static @Nullable Object valueOf(Schema.Field field, StructField column) {
    byte[] encoded = encode(field);
    var in = new AvroInput();
    in.reset(encoded, 0, encoded.length);
    var slot = new GenericInternalRow(1);
    new ReaderCompiler(RecordReader.InOrder::new)
        .value(field.schema(), null, column.dataType(), column.nullable(), field.name())
        .read(in, slot, 0);
    return slot.get(0, column.dataType());
  }

  private static byte[] encode(Schema.Field field) {
    var bytes = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    try {
      new GenericDatumWriter<>(field.schema())
          .write(GenericData.get().getDefaultValue(field), encoder);
    } catch (AvroRuntimeException | ClassCastException e) {
      throw AvroDefinition.unsupported(
          field.name(), "its default is not of its type " + field.schema());
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    }
    return bytes.toByteArray();
  }
}
