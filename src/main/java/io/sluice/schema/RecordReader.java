package io.sluice.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.sql.catalyst.InternalRow;
import org.jspecify.annotations.Nullable;

/** Moves the fields of one record into a row, and sets every column of it. */
abstract class RecordReader implements ValueReader {

  private final Supplier<InternalRow> rows;

  /**
   * Creates the reader.
   *
   * @param rows gives the row of a record that is a value within another row
   */
  RecordReader(Supplier<InternalRow> rows) {
    this.rows = rows;
  }

  /** Reads the record at the input's position into {@code row}, whatever the row held before. */
  abstract void readInto(PayloadInput in, InternalRow row);

  @Override
  public final void read(PayloadInput in, InternalRow row, int ordinal) {
    InternalRow nested = rows.get();
    readInto(in, nested);
    row.update(ordinal, nested);
  }

  /** How the encoding lays out a record's fields. */
  @FunctionalInterface
  interface Layout {

    /**
     * The reader of one record.
     *
     * @param written the writer's fields, in the writer's order
     * @param constants the columns that the writer does not know
     * @param rows gives the row of a record that is a value within another row
     * @param rescued where values go that no column holds, null to pass over them
     */
    RecordReader reader(
        List<Field> written,
        List<Constant> constants,
        Supplier<InternalRow> rows,
        @Nullable Rescued rescued);
  }

  /**
   * A field that the writer knows.
   *
   * @param ordinal its column, or {@link #SKIPPED}
   * @param absent what the column holds when a payload leaves the field out
   */
  record Field(String name, int ordinal, ValueReader reader, ValueReader absent) {

    /** The ordinal of a field that no column wants. */
    static final int SKIPPED = -1;
  }

  /** A column that has the same value in every row. */
  record Constant(int ordinal, @Nullable Object value) {}

  /** Avro's layout: every field, one after the other, in the writer's order. */
  static final class InOrder extends RecordReader {

    private final Field[] fields;
    private final Constant[] constants;

    InOrder(
        List<Field> written,
        List<Constant> constants,
        Supplier<InternalRow> rows,
        @Nullable Rescued rescued) {
      super(rows);
      this.fields = written.toArray(Field[]::new);
      this.constants = constants.toArray(Constant[]::new);
    }

    @Override
    void readInto(PayloadInput in, InternalRow row) {
      for (Constant constant : constants) {
        row.update(constant.ordinal, constant.value);
      }
      int i = 0;
      try {
        for (; i < fields.length; i++) {
          fields[i].reader.read(in, row, fields[i].ordinal);
        }
      } catch (UndecodablePayloadException e) {
        throw e.within(fields[i].name);
      }
    }
  }

  /**
   * JSON's layout: the fields that the payload names, in any order. Of fields with the same name
   * the last one counts, as in Jackson's data binding; a name that the writer's schema lacks is
   * passed over or rescued. What stands for a record without fields is passed over whole: that is
   * how the Java client describes {@code java.util.Date}, which it writes as a number.
   */
  static final class ByName extends RecordReader {

    private final Map<String, Integer> positions = new HashMap<>();
    private final Field[] fields;
    private final Constant[] constants;
    private final boolean opaque;
    private final int[] readIn;
    private final @Nullable Rescued rescued;
    private int generation;

    ByName(
        List<Field> written,
        List<Constant> constants,
        Supplier<InternalRow> rows,
        @Nullable Rescued rescued) {
      super(rows);
      this.rescued = rescued;
      this.fields = written.stream().filter(f -> f.ordinal != Field.SKIPPED).toArray(Field[]::new);
      this.constants = constants.toArray(Constant[]::new);
      this.opaque = written.isEmpty();
      this.readIn = new int[fields.length];
      for (int i = 0; i < fields.length; i++) {
        positions.put(fields[i].name, i);
      }
    }

    @Override
    void readInto(PayloadInput in, InternalRow row) {
      for (Constant constant : constants) {
        row.update(constant.ordinal, constant.value);
      }
      var json = (JsonInput) in;
      if (opaque) {
        json.skipValue();
        return;
      }
      generation++;
      String name = "";
      try {
        for (long left = json.startEntries(); left > 0; left = json.moreEntries()) {
          name = json.readName();
          Integer known = positions.get(name);
          if (known == null) {
            passOver(json, name);
          } else {
            fields[known].reader.read(json, row, fields[known].ordinal);
            readIn[known] = generation;
          }
        }
        for (int i = 0; i < fields.length; i++) {
          if (readIn[i] != generation) {
            name = fields[i].name;
            fields[i].absent.read(json, row, fields[i].ordinal);
          }
        }
      } catch (UndecodablePayloadException e) {
        throw positions.containsKey(name) ? e.within(name) : e;
      }
    }

    private void passOver(JsonInput json, String name) {
      if (rescued == null) {
        json.skipValue();
      } else {
        rescued.put(name, json.readText());
      }
    }
  }
}
