package io.sluice.schema;

import org.apache.avro.Schema;

/** Readers that pass over a value of Avro's binary encoding and leave the row alone. */
final class SkipReaders {

  private SkipReaders() {}

  /** The reader that passes over a value of this type. */
  static ValueReader of(Schema schema) {
    RecursiveValue recursive = RecursiveValue.at(schema);
    if (recursive != null) {
      return (in, row, ordinal) -> in.readText(recursive.written());
    }
    return switch (schema.getType()) {
      case NULL -> (in, row, ordinal) -> {};
      case BOOLEAN -> (in, row, ordinal) -> in.readBoolean();
      case INT -> (in, row, ordinal) -> in.readInt(schema);
      case LONG -> (in, row, ordinal) -> in.readLong(schema);
      case FLOAT -> skipBytes(Float.BYTES);
      case DOUBLE -> skipBytes(Double.BYTES);
      case STRING, BYTES -> (in, row, ordinal) -> ((AvroInput) in).skipBytes();
      case FIXED -> skipBytes(schema.getFixedSize());
      case ENUM -> (in, row, ordinal) -> in.readEnum(schema);
      case RECORD -> record(schema);
      case ARRAY -> array(of(schema.getElementType()), mayBeEmpty(schema.getElementType()));
      case MAP -> map(of(schema.getValueType()));
      case UNION ->
          new UnionReader(
              schema, schema.getTypes().stream().map(SkipReaders::of).toArray(ValueReader[]::new));
    };
  }

  /** Whether a value of this type may take no byte in Avro's binary encoding. */
  static boolean mayBeEmpty(Schema schema) {
    return switch (schema.getType()) {
      case NULL -> true;
      case FIXED -> schema.getFixedSize() == 0;
      case RECORD -> schema.getFields().stream().allMatch(f -> mayBeEmpty(f.schema()));
      default -> false;
    };
  }

  private static ValueReader skipBytes(int size) {
    return (in, row, ordinal) -> ((AvroInput) in).skip(size);
  }

  private static ValueReader record(Schema schema) {
    ValueReader[] fields =
        schema.getFields().stream().map(f -> of(f.schema())).toArray(ValueReader[]::new);
    return (in, row, ordinal) -> {
      for (ValueReader field : fields) {
        field.read(in, row, ordinal);
      }
    };
  }

  private static ValueReader array(ValueReader element, boolean emptyElements) {
    return (in, row, ordinal) -> {
      for (long left = in.startItems(emptyElements); left > 0; ) {
        element.read(in, row, ordinal);
        if (--left == 0) {
          left = in.moreItems(emptyElements);
        }
      }
    };
  }

  private static ValueReader map(ValueReader value) {
    return (in, row, ordinal) -> {
      for (long left = in.startEntries(); left > 0; ) {
        in.readKey();
        value.read(in, row, ordinal);
        if (--left == 0) {
          left = in.moreEntries();
        }
      }
    };
  }
}
