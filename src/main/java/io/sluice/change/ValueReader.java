package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The values of one field, in Spark's external form of the column's type. */
@FunctionalInterface
interface ValueReader {

  /**
   * A value that is not null.
   *
   * @throws BadEventException if it is none of the writer's type or does not fit the column's
   */
  Object read(JsonNode node);

  /** The reader of a type that the writer says, for a column. */
  static ValueReader of(WireType type, DataType column, Fit untyped) {
    if (type instanceof WireType.Scalar scalar) {
      boolean same = scalar.natural().equals(column) && !(column instanceof DecimalType);
      return same
              && scalar.kind() != ScalarKind.DECIMAL
              && scalar.kind() != ScalarKind.VARIABLE_DECIMAL
          ? node -> scalar.kind().read(node, scalar)
          : node -> Fit.TYPED.to(column, scalar.kind().read(node, scalar));
    }
    if (type instanceof WireType.TextOf text) {
      return new TextOfReader(text.natural(), column);
    }
    if (type instanceof WireType.ListOf list && column instanceof ArrayType array) {
      return new ListReader(of(list.element(), array.elementType(), untyped));
    }
    if (type instanceof WireType.MapOf map && column instanceof MapType entries) {
      return new MapReader(of(map.value(), entries.valueType(), untyped));
    }
    if (type instanceof WireType.Struct struct && column instanceof StructType fields) {
      return StructReader.of(struct, fields, untyped);
    }
    if (type instanceof WireType.Unknown) {
      return untyped(column, untyped);
    }
    return node -> {
      throw Fit.misfit();
    };
  }

  /** The reader of JSON about which the writer says nothing. */
  static ValueReader untyped(DataType column, Fit fit) {
    if (column instanceof ArrayType array) {
      return new ListReader(untyped(array.elementType(), fit));
    }
    if (column instanceof MapType entries) {
      return new MapReader(untyped(entries.valueType(), fit));
    }
    if (column instanceof StructType fields) {
      return StructReader.untyped(fields, fit);
    }
    return node -> fit.to(column, UntypedValues.of(node));
  }

  /** Text that says a value. */
  record TextOfReader(DataType type, DataType column) implements ValueReader {

    @Override
    public Object read(JsonNode node) {
      if (!node.isTextual()) {
        throw Numbers.unexpected(node, "text");
      }
      Object value = Fit.TYPED.to(type, node.textValue());
      return type.equals(column) ? value : Fit.TYPED.to(column, value);
    }
  }

  /** A list. */
  record ListReader(ValueReader element) implements ValueReader {

    @Override
    public Object read(JsonNode node) {
      if (!(node instanceof ArrayNode array)) {
        throw Numbers.unexpected(node, "an array");
      }
      List<@Nullable Object> values = new ArrayList<>(array.size());
      for (JsonNode each : array) {
        values.add(each.isNull() ? null : element.read(each));
      }
      return values;
    }
  }

  /** A map by text. */
  record MapReader(ValueReader value) implements ValueReader {

    @Override
    public Object read(JsonNode node) {
      if (!(node instanceof ObjectNode object)) {
        throw Numbers.unexpected(node, "an object");
      }
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      for (String name : ChangeReader.names(object)) {
        JsonNode each = object.path(name);
        values.put(name, each.isNull() ? null : value.read(each));
      }
      return values;
    }
  }

  /** Named values. */
  record StructReader(List<String> names, List<ValueReader> fields, int width)
      implements ValueReader {

    static StructReader of(WireType.Struct struct, StructType columns, Fit untyped) {
      List<String> names = new ArrayList<>();
      List<ValueReader> fields = new ArrayList<>();
      for (var column : columns.fields()) {
        WireType field = struct.field(column.name());
        names.add(column.name());
        fields.add(
            field == null
                ? untyped(column.dataType(), untyped)
                : ValueReader.of(field, column.dataType(), untyped));
      }
      return new StructReader(names, fields, columns.length());
    }

    static StructReader untyped(StructType columns, Fit fit) {
      return of(new WireType.Struct(), columns, fit);
    }

    private static ValueReader untyped(DataType column, Fit fit) {
      return ValueReader.untyped(column, fit);
    }

    @Override
    public Object read(JsonNode node) {
      if (!(node instanceof ObjectNode object)) {
        throw Numbers.unexpected(node, "an object");
      }
      @Nullable Object[] values = new Object[width];
      for (int i = 0; i < width; i++) {
        JsonNode each = object.path(names.get(i));
        try {
          values[i] = each.isNull() || each.isMissingNode() ? null : fields.get(i).read(each);
        } catch (BadEventException e) {
          throw e.within(names.get(i));
        }
      }
      return RowFactory.create(values);
    }
  }
}
