package io.sluice.schema;

import java.math.BigInteger;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * A position in a payload and the values that can be taken from it, for the types of an Avro
 * definition. The protocol for items follows {@code org.apache.avro.io.Decoder}.
 *
 * <p>Every method throws {@link UndecodablePayloadException} if the next value is of another kind.
 */
interface PayloadInput {

  /** The next boolean. */
  boolean readBoolean();

  /** The next {@code int}; of a logical type, in that type's unit. */
  int readInt(Schema type);

  /** The next {@code long}; of a logical type, in that type's unit. */
  long readLong(Schema type);

  /**
   * The next timestamp in microseconds since the epoch, or since its local beginning.
   *
   * @param microsPerUnit the unit of the type, where the payload gives a plain count
   */
  long readMicros(Schema type, long microsPerUnit);

  /** The next float. */
  float readFloat();

  /** The next double. */
  double readDouble();

  /** The next string; it may point into the payload. */
  UTF8String readString(Schema type);

  /** The next bytes, as an array of their own. */
  byte[] readBytes();

  /** The next {@code fixed}, as an array of its own. */
  byte[] readFixed(int size);

  /** The position of the next symbol in its enum. */
  int readEnum(Schema type);

  /**
   * The unscaled value of the next decimal, a {@code bytes} or {@code fixed} type.
   *
   * @param scale of the type; the value has no more digits behind the point
   */
  BigInteger readUnscaled(Schema type, int scale);

  /** The position of the next value's branch in the union. */
  int readBranch(Schema union);

  /**
   * Enters an array.
   *
   * @param emptyItems whether an item may take no byte of the payload
   * @return how many items come before the next {@link #moreItems}; 0 ends the array
   */
  long startItems(boolean emptyItems);

  /** How many items come next; 0 ends the array. */
  long moreItems(boolean emptyItems);

  /** Enters a map; as {@link #startItems}, each item being a {@link #readKey} and a value. */
  long startEntries();

  /** How many entries come next; 0 ends the map. */
  long moreEntries();

  /** The key of the next entry. */
  UTF8String readKey();

  /** The next value as JSON, null for null. */
  @Nullable String readText(Schema type);

  /**
   * Moves the next value to a column.
   *
   * @return the value as JSON if the column does not hold all of it, else null
   */
  @Nullable String readOrText(RescuingReader reader, InternalRow row, int ordinal);
}
