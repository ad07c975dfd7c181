package io.sluice.schema;

import org.apache.avro.Schema;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A position in a payload and the values that can be taken from it, for the types of an Avro
 * definition. The protocol for items follows {@code org.apache.avro.io.Decoder}.
 *
 * <p>Every method throws {@link UndecodablePayloadException} if the next value is of another kind.
 */
interface PayloadInput {

  boolean readBoolean();

  int readInt();

  long readLong();

  float readFloat();

  double readDouble();

  /** The next string; it may point into the payload. */
  UTF8String readString();

  /** The next bytes, as an array of their own. */
  byte[] readBytes();

  byte[] readFixed(int size);

  /** The position of the next symbol in its enum. */
  int readEnum(Schema type);

  /** The unscaled value of the next decimal, a {@code bytes} or {@code fixed} type. */
  java.math.BigInteger readUnscaled(Schema type, int scale);

  /** The position of the next value's branch in the union. */
  int readBranch(Schema union);

  /**
   * Enters an array.
   *
   * @param emptyItems whether an item may take no byte of the payload
   * @return how many items come before the next {@link #moreItems}; 0 ends the array
   */
  long startItems(boolean emptyItems);

  long moreItems(boolean emptyItems);

  /** Enters a map; as {@link #startItems}, each item being a {@link #readKey} and a value. */
  long startEntries();

  long moreEntries();

  UTF8String readKey();
}
