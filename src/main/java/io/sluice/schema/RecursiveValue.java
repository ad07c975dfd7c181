package io.sluice.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * Stands where a record would contain itself, in a definition that has no recursion: its type is
 * text, which is the value as JSON.
 */
final class RecursiveValue extends LogicalType {

  private final Schema written;
  private final String path;

  private RecursiveValue(Schema written, String path) {
    super("sluice-recursive");
    this.written = written;
    this.path = path;
  }

  /** The value's own type, which is recursive. */
  Schema written() {
    return written;
  }

  /** The reader of the value into a column of text. */
  ValueReader reader(boolean nullable) {
    return (in, row, ordinal) -> {
      String json = in.readText(written);
      if (json != null) {
        row.update(ordinal, UTF8String.fromString(json));
      } else if (nullable) {
        row.setNullAt(ordinal);
      } else {
        throw new UndecodablePayloadException("null, where the column allows none");
      }
    };
  }

  /** What stands at a type, or null if it is itself. */
  static @Nullable RecursiveValue at(Schema type) {
    return type.getLogicalType() instanceof RecursiveValue recursive ? recursive : null;
  }

  /** The path of the first one in a definition that {@link #cut} has given. */
  static Optional<String> first(Schema cut) {
    RecursiveValue recursive = at(cut);
    if (recursive != null) {
      return Optional.of(recursive.path);
    }
    Stream<Schema> within =
        switch (cut.getType()) {
          case RECORD -> cut.getFields().stream().map(Schema.Field::schema);
          case ARRAY -> Stream.of(cut.getElementType());
          case MAP -> Stream.of(cut.getValueType());
          case UNION -> cut.getTypes().stream();
          default -> Stream.empty();
        };
    return within.map(RecursiveValue::first).flatMap(Optional::stream).findFirst();
  }

  /** The same definition with text where a record contains itself. */
  static Schema cut(Schema definition) {
    return new Cut().of(definition, "");
  }

  /** One walk down a definition. Of what holds no recursion it gives back the very same. */
  private static final class Cut {

    private final Deque<String> enclosing = new ArrayDeque<>();

    private Schema of(Schema type, String path) {
      return switch (type.getType()) {
        case RECORD -> record(type, path);
        case ARRAY -> {
          Schema element = value(type.getElementType(), AvroDefinition.join(path, "element"));
          yield element.equals(type.getElementType()) ? type : Schema.createArray(element);
        }
        case MAP -> {
          Schema value = value(type.getValueType(), AvroDefinition.join(path, "value"));
          yield value.equals(type.getValueType()) ? type : Schema.createMap(value);
        }
        case UNION -> {
          List<Schema> branches = type.getTypes().stream().map(b -> of(b, path)).toList();
          yield branches.equals(type.getTypes()) ? type : Schema.createUnion(branches);
        }
        default -> type;
      };
    }

    /** The type of a field, an element or an entry: what begins a record again is text there. */
    private Schema value(Schema type, String path) {
      if (!beginsAgain(type)) {
        return of(type, path);
      }
      Schema text = Schema.create(Schema.Type.STRING);
      new RecursiveValue(type, path).addToSchema(text);
      return text;
    }

    private boolean beginsAgain(Schema type) {
      return type.getType() == Schema.Type.UNION
          ? type.getTypes().stream().anyMatch(this::beginsAgain)
          : type.getType() == Schema.Type.RECORD && enclosing.contains(type.getFullName());
    }

    private Schema record(Schema record, String path) {
      enclosing.push(record.getFullName());
      List<Schema> types = new ArrayList<>();
      for (Schema.Field field : record.getFields()) {
        types.add(value(field.schema(), AvroDefinition.join(path, field.name())));
      }
      enclosing.pop();
      if (types.equals(record.getFields().stream().map(Schema.Field::schema).toList())) {
        return record;
      }
      Schema copy =
          Schema.createRecord(
              record.getName(), record.getDoc(), record.getNamespace(), record.isError());
      List<Schema.Field> fields = new ArrayList<>();
      for (Schema.Field field : record.getFields()) {
        fields.add(field(field, types.get(field.pos())));
      }
      copy.setFields(fields);
      record.getAliases().forEach(copy::addAlias);
      copy.putAll(record);
      return copy;
    }

    /** The default of a field that became text is of another type, and is left out. */
    private static Schema.Field field(Schema.Field field, Schema type) {
      if (at(type) == null) {
        return new Schema.Field(field, type);
      }
      Schema.Field text = new Schema.Field(field.name(), type, field.doc());
      field.aliases().forEach(text::addAlias);
      text.putAll(field);
      return text;
    }
  }
}
