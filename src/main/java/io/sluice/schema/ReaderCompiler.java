package io.sluice.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecificInternalRow;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The one walk over a writer's Avro schema and the type of a row, side by side. It leaves a tree of
 * readers in the writer's order; what an encoding does in its own way is behind {@link
 * PayloadInput} and {@link RecordReader.Layout}.
 */
final class ReaderCompiler {

  private static final ValueReader NULL = (in, row, ordinal) -> row.setNullAt(ordinal);

  private static final ValueReader FORBIDDEN_NULL =
      (in, row, ordinal) -> {
        throw new UndecodablePayloadException("null, where the column allows none");
      };

  private final RecordReader.Layout layout;
  private final boolean withinItems;
  private final @Nullable Rescued rescued;

  /** A compiler for the payload's outermost value. */
  ReaderCompiler(RecordReader.Layout layout) {
    this(layout, /* rescued= */ null);
  }

  /**
   * A compiler for the payload's outermost value.
   *
   * @param rescued where values go that no column holds, null to pass over those without a column
   *     and to refuse those of another type than their column's
   */
  ReaderCompiler(RecordReader.Layout layout, @Nullable Rescued rescued) {
    this(layout, rescued, false);
  }

  /**
   * A compiler.
   *
   * @param withinItems whether the values are within an array or a map, where each needs rows of
   *     its own
   */
  private ReaderCompiler(
      RecordReader.Layout layout, @Nullable Rescued rescued, boolean withinItems) {
    this.layout = layout;
    this.rescued = rescued;
    this.withinItems = withinItems;
  }

  /**
   * The reader of a record's fields.
   *
   * @param writer the record as it was written
   * @param newest the record as the target was made from, for the defaults of fields that the
   *     writer lacks
   * @throws io.sluice.SluiceException UNSUPPORTED_SCHEMA if a column that allows no null has no
   *     value
   */
  RecordReader record(Schema writer, @Nullable Schema newest, StructType target, String path) {
    Map<String, String> renamed = renamed(writer, newest, target);
    var written = new ArrayList<RecordReader.Field>();
    for (Schema.Field field : writer.getFields()) {
      String column = renamed.getOrDefault(field.name(), field.name());
      written.add(field(field, column, newestField(newest, column), target, path));
    }
    var constants = new ArrayList<RecordReader.Constant>();
    StructField[] columns = target.fields();
    for (int ordinal = 0; ordinal < columns.length; ordinal++) {
      String name = columns[ordinal].name();
      if (writer.getField(name) == null && !renamed.containsValue(name)) {
        constants.add(
            new RecordReader.Constant(
                ordinal,
                missing(
                    newestField(newest, name), columns[ordinal], AvroDefinition.join(path, name))));
      }
    }
    return layout.reader(written, constants, rows(target), rescued);
  }

  /**
   * Where the row of a nested record comes from. Of one that a payload has but once there is one
   * row, used again as the outermost is.
   */
  private Supplier<InternalRow> rows(StructType type) {
    if (withinItems) {
      int width = type.length();
      return () -> new GenericInternalRow(width);
    }
    InternalRow row = new SpecificInternalRow(type);
    return () -> row;
  }

  /**
   * The columns that fields of the writer fill under another name: the newest schema calls the
   * field's name an alias of the column's, and neither does the writer know the column, nor is
   * there a column of the field's own name.
   */
  private static Map<String, String> renamed(
      Schema writer, @Nullable Schema newest, StructType target) {
    Map<String, String> renamed = new HashMap<>();
    if (newest == null || newest.getType() != Schema.Type.RECORD) {
      return renamed;
    }
    for (StructField column : target.fields()) {
      Schema.Field now = newest.getField(column.name());
      if (now == null || writer.getField(column.name()) != null) {
        continue;
      }
      now.aliases().stream()
          .filter(old -> writer.getField(old) != null && target.getFieldIndex(old).isEmpty())
          .findFirst()
          .ifPresent(old -> renamed.putIfAbsent(old, column.name()));
    }
    return renamed;
  }

  private RecordReader.Field field(
      Schema.Field field,
      String columnName,
      Schema.@Nullable Field newest,
      StructType target,
      String path) {
    String fieldPath = AvroDefinition.join(path, field.name());
    if (target.getFieldIndex(columnName).isEmpty()) {
      return new RecordReader.Field(
          field.name(),
          RecordReader.Field.SKIPPED,
          withoutColumn(field.name(), field.schema()),
          NULL);
    }
    int ordinal = target.fieldIndex(columnName);
    StructField column = target.fields()[ordinal];
    ValueReader reader =
        column(
            field.name(),
            field.schema(),
            newest == null ? null : newest.schema(),
            column,
            fieldPath);
    return new RecordReader.Field(field.name(), ordinal, reader, absent(field, column));
  }

  /**
   * What a payload that may leave fields out means by doing so: null where the writer's type has
   * it, else the default, else null if at least the column has it.
   */
  private ValueReader absent(Schema.Field field, StructField column) {
    boolean writesNull = field.schema().isNullable();
    if (field.hasDefaultValue() && !(writesNull && column.nullable())) {
      try {
        Object value = AvroDefaults.valueOf(field, column);
        return (in, row, ordinal) -> row.update(ordinal, value);
      } catch (UndecodablePayloadException misfit) {
        return rescued != null
            ? NULL
            : (in, row, ordinal) -> {
              throw misfit;
            };
      }
    }
    return column.nullable()
        ? NULL
        : (in, row, ordinal) -> {
          throw new UndecodablePayloadException("the field is missing and has no default");
        };
  }

  private static @Nullable Object missing(
      Schema.@Nullable Field newest, StructField column, String path) {
    if (column.nullable()) {
      return null;
    }
    if (newest != null && newest.hasDefaultValue()) {
      try {
        return AvroDefaults.valueOf(newest, column);
      } catch (UndecodablePayloadException misfit) {
        // The column is not of the newest schema's type, so its default means nothing here.
      }
    }
    throw AvroDefinition.unsupported(
        path, "an older version of the schema lacks it, and it has no default");
  }

  /** The reader of a value that no column is for. */
  ValueReader withoutColumn(String name, Schema writer) {
    Rescued kept = rescued;
    return kept == null
        ? SkipReaders.of(writer)
        : (in, row, ordinal) -> kept.put(name, in.readText(writer));
  }

  /**
   * The reader of a value that is named and has a column.
   *
   * @param name the value's name in the payload
   */
  ValueReader column(
      String name, Schema writer, @Nullable Schema newest, StructField column, String path) {
    if (rescued == null) {
      return value(writer, newest, column.dataType(), column.nullable(), path);
    }
    boolean isRecord =
        SchemaMapper.withoutNull(writer).getType() == Schema.Type.RECORD
            && column.dataType() instanceof StructType;
    ReaderCompiler within =
        new ReaderCompiler(layout, isRecord ? rescued.within(name) : null, withinItems);
    ValueReader reader = within.value(writer, newest, column.dataType(), column.nullable(), path);
    if (isRecord) {
      return (in, row, ordinal) -> {
        rescued.forget(name);
        reader.read(in, row, ordinal);
      };
    }
    StructType written = new StructType().add(name, SchemaMapper.sqlType(writer, path).dataType());
    SchemaDifference difference =
        SchemaDifference.between(new StructType().add(name, column.dataType()), written);
    return difference.loses()
        ? new RescuingReader(rescued, name, writer, reader, difference.addsFields())
        : reader;
  }

  /** The reader of one value. */
  ValueReader value(
      Schema writer, @Nullable Schema newest, DataType target, boolean nullable, String path) {
    RecursiveValue recursive = RecursiveValue.at(writer);
    if (recursive != null) {
      return target.equals(DataTypes.StringType)
          ? recursive.reader(nullable)
          : misfit(recursive.written(), target);
    }
    ValueReader reader =
        switch (writer.getType()) {
          case NULL -> nullable ? NULL : FORBIDDEN_NULL;
          case UNION -> union(writer, newest, target, nullable, path);
          case RECORD ->
              target instanceof StructType fields
                  ? record(writer, branch(newest, writer), fields, path)
                  : null;
          case ARRAY ->
              target instanceof ArrayType array
                  ? array(writer, branch(newest, writer), array, path)
                  : null;
          case MAP ->
              target instanceof MapType map && map.keyType().equals(DataTypes.StringType)
                  ? map(writer, branch(newest, writer), map, path)
                  : null;
          default -> ScalarReaders.of(writer, target);
        };
    return reader == null ? misfit(writer, target) : reader;
  }

  /** The reader of values whose type no value of the column has. */
  private static ValueReader misfit(Schema written, DataType column) {
    String type =
        written.getLogicalType() == null
            ? written.getType().getName()
            : written.getType().getName() + " (" + written.getLogicalType().getName() + ")";
    String reason = "Avro's %s does not fit the column's %s".formatted(type, column.sql());
    return (in, row, ordinal) -> {
      throw new UndecodablePayloadException(
          UndecodablePayloadException.Kind.VALUE_DOES_NOT_FIT, reason);
    };
  }

  private ReaderCompiler items() {
    return new ReaderCompiler(layout, /* rescued= */ null, true);
  }

  private ValueReader array(Schema writer, @Nullable Schema newest, ArrayType target, String path) {
    ValueReader element =
        items()
            .value(
                writer.getElementType(),
                newest == null ? null : newest.getElementType(),
                target.elementType(),
                target.containsNull(),
                AvroDefinition.join(path, "element"));
    return CollectionReaders.array(element, SkipReaders.mayBeEmpty(writer.getElementType()));
  }

  private ValueReader map(Schema writer, @Nullable Schema newest, MapType target, String path) {
    return CollectionReaders.map(
        items()
            .value(
                writer.getValueType(),
                newest == null ? null : newest.getValueType(),
                target.valueType(),
                target.valueContainsNull(),
                AvroDefinition.join(path, "value")));
  }

  private ValueReader union(
      Schema writer, @Nullable Schema newest, DataType target, boolean nullable, String path) {
    List<Schema> branches = writer.getTypes();
    long values = branches.stream().filter(b -> b.getType() != Schema.Type.NULL).count();
    boolean members =
        values > 1 && SchemaMapper.sqlType(writer, path).dataType() instanceof StructType;
    var readers = new ArrayList<ValueReader>();
    int member = 0;
    for (Schema branch : branches) {
      if (branch.getType() == Schema.Type.NULL) {
        readers.add(value(branch, null, target, nullable, path));
      } else if (members) {
        readers.add(member(branch, newest, target, member++, path));
      } else {
        readers.add(value(branch, branch(newest, branch), target, nullable, path));
      }
    }
    return new UnionReader(writer, readers.toArray(ValueReader[]::new));
  }

  /** Spark's form of a union of several types: a struct with one field per branch but null. */
  private ValueReader member(
      Schema branch, @Nullable Schema newest, DataType target, int member, String path) {
    if (!(target instanceof StructType fields) || member >= fields.length()) {
      return misfit(branch, target);
    }
    StructField column = fields.fields()[member];
    ValueReader reader =
        value(
            branch,
            branch(newest, branch),
            column.dataType(),
            column.nullable(),
            AvroDefinition.join(path, column.name()));
    return new MemberReader(reader, member, rows(fields));
  }

  private static Schema.@Nullable Field newestField(@Nullable Schema newest, String name) {
    return newest == null ? null : newest.getField(name);
  }

  /** The part of the newest schema that stands where {@code written} stood, if there is one. */
  private static @Nullable Schema branch(@Nullable Schema newest, Schema written) {
    if (newest == null) {
      return null;
    }
    if (newest.getType() == Schema.Type.UNION) {
      var candidates =
          newest.getTypes().stream().filter(b -> b.getType() == written.getType()).toList();
      return candidates.size() == 1
          ? candidates.get(0)
          : candidates.stream()
              .filter(b -> b.getFullName().equals(written.getFullName()))
              .findFirst()
              .orElse(null);
    }
    return newest.getType() == written.getType() ? newest : null;
  }
}
