package io.sluice.change;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** What the writer says about a value. */
sealed interface WireType {

  /** The Spark type that holds every value of this one. */
  DataType natural();

  /**
   * A value without parts.
   *
   * @param scale a decimal's
   * @param precision a decimal's, 0 if unknown
   * @param length the number of bits, 0 if unknown
   */
  record Scalar(ScalarKind kind, int scale, int precision, int length) implements WireType {

    static Scalar of(ScalarKind kind) {
      return new Scalar(kind, 0, 0, 0);
    }

    @Override
    public DataType natural() {
      return kind.natural(this);
    }
  }

  /** Text that says a value of a type, as Canal writes all its values. */
  record TextOf(DataType natural) implements WireType {}

  /** A list. */
  record ListOf(WireType element) implements WireType {

    @Override
    public DataType natural() {
      return new ArrayType(element.natural(), true);
    }
  }

  /** A map by text. */
  record MapOf(WireType value) implements WireType {

    @Override
    public DataType natural() {
      return new MapType(DataTypes.StringType, value.natural(), true);
    }
  }

  /** A value of which the writer says nothing that helps: its JSON is kept. */
  record Unknown() implements WireType {

    @Override
    public DataType natural() {
      return DataTypes.StringType;
    }
  }

  /**
   * Named values. Compared by identity: one definition is parsed once, and readers are kept by it.
   */
  final class Struct implements WireType {

    private final List<String> names = new ArrayList<>();
    private final Map<String, WireType> fields = new HashMap<>();

    Struct add(String name, WireType type) {
      names.add(name);
      fields.put(name, type);
      return this;
    }

    List<String> names() {
      return names;
    }

    @Nullable WireType field(String name) {
      return fields.get(name);
    }

    /** A field that is a struct, or null. */
    @Nullable Struct struct(String name) {
      return fields.get(name) instanceof Struct struct ? struct : null;
    }

    @Override
    public StructType natural() {
      StructField[] columns = new StructField[names.size()];
      for (int i = 0; i < columns.length; i++) {
        columns[i] =
            DataTypes.createStructField(
                names.get(i), fields.getOrDefault(names.get(i), new Unknown()).natural(), true);
      }
      return new StructType(columns);
    }
  }
}
