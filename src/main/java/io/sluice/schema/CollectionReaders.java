package io.sluice.schema;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Readers of arrays and maps. They grow with what arrives, never with what is announced. A reader
 * collects into the same slots each time: no reader is within itself.
 */
final class CollectionReaders {

  private static final int FIRST_CAPACITY = 16;
  private static final int KEPT_CAPACITY = 1_024;

  private CollectionReaders() {}

  /**
   * The reader of an array.
   *
   * @param element reads one element
   * @param emptyElements whether an element may take no byte of the payload
   */
  static ValueReader array(ValueReader element, boolean emptyElements) {
    var elements = new Slots();
    return (in, row, ordinal) -> {
      elements.clear();
      try {
        for (long left = in.startItems(emptyElements); left > 0; ) {
          element.read(in, elements.next(), elements.last());
          if (--left == 0) {
            left = in.moreItems(emptyElements);
          }
        }
      } catch (UndecodablePayloadException e) {
        throw e.within("element");
      }
      row.update(ordinal, new GenericArrayData(elements.take()));
    };
  }

  /**
   * The reader of a map. Of entries with the same key the last one counts, as in Avro's reader.
   *
   * @param value reads one value
   */
  static ValueReader map(ValueReader value) {
    var keys = new Slots();
    var values = new Slots();
    return (in, row, ordinal) -> {
      Map<UTF8String, Integer> positions = new HashMap<>();
      keys.clear();
      values.clear();
      try {
        for (long left = in.startEntries(); left > 0; ) {
          UTF8String key = in.readKey();
          Integer known = positions.get(key);
          if (known == null) {
            keys.next().update(keys.last(), key);
            value.read(in, values.next(), values.last());
            positions.put(key, values.last());
          } else {
            value.read(in, values.row(), known);
          }
          if (--left == 0) {
            left = in.moreEntries();
          }
        }
      } catch (UndecodablePayloadException e) {
        throw e.within("value");
      }
      row.update(
          ordinal,
          new ArrayBasedMapData(
              new GenericArrayData(keys.take()), new GenericArrayData(values.take())));
    };
  }

  /** Values in order, each set through a row, which is where readers put them. */
  private static final class Slots {

    private Object[] values = new Object[FIRST_CAPACITY];
    private GenericInternalRow row = new GenericInternalRow(values);
    private int size;

    /** Makes room for one more value, at {@link #last}. */
    GenericInternalRow next() {
      if (size == values.length) {
        values = Arrays.copyOf(values, size * 2);
        row = new GenericInternalRow(values);
      }
      size++;
      return row;
    }

    GenericInternalRow row() {
      return row;
    }

    int last() {
      return size - 1;
    }

    /** The values, in an array of their own. */
    Object[] take() {
      Object[] taken = Arrays.copyOf(values, size);
      clear();
      return taken;
    }

    /** Forgets the values, and the room for them where there were uncommonly many. */
    void clear() {
      if (values.length > KEPT_CAPACITY) {
        values = new Object[FIRST_CAPACITY];
        row = new GenericInternalRow(values);
      } else {
        Arrays.fill(values, 0, size, null);
      }
      size = 0;
    }
  }
}
