package io.sluice.schema;

import java.math.BigInteger;
import java.util.Arrays;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * Avro's binary encoding over a byte array (Avro 1.12 specification, "Binary encoding").
 *
 * <p>As Avro's own reader does, it ignores what follows the value. It is stricter where that reader
 * lets damage pass: a boolean is 0 or 1, a block's byte size is not negative.
 */
final class AvroInput implements PayloadInput {

  /**
   * How many items that take no byte one payload may claim; what takes none costs no one to lie.
   */
  private static final int MAX_EMPTY_ITEMS = 1 << 16;

  private byte[] bytes = new byte[0];
  private int position;
  private int end;
  private long emptyItemsLeft;

  /** Places the input at the start of a payload. */
  void reset(byte[] payload, int offset, int length) {
    bytes = payload;
    position = offset;
    end = offset + length;
    emptyItemsLeft = MAX_EMPTY_ITEMS;
  }

  /** Passes over a length and as many bytes. */
  void skipBytes() {
    skip(nextLong());
  }

  /** Passes over bytes. */
  void skip(long count) {
    position += checkedLength(count);
  }

  @Override
  public boolean readBoolean() {
    byte value = next();
    if ((value & ~1) != 0) {
      throw new UndecodablePayloadException("a boolean is neither 0 nor 1");
    }
    return value == 1;
  }

  @Override
  public int readInt(Schema type) {
    return nextInt();
  }

  private int nextInt() {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte b = next();
      value |= (b & 0x7f) << shift;
      if (b >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new UndecodablePayloadException("an int takes more than five bytes");
  }

  @Override
  public long readLong(Schema type) {
    return nextLong();
  }

  @Override
  public long readMicros(Schema type, long microsPerUnit) {
    try {
      return Math.multiplyExact(nextLong(), microsPerUnit);
    } catch (ArithmeticException e) {
      throw new UndecodablePayloadException("a timestamp is out of range");
    }
  }

  private long nextLong() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte b = next();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new UndecodablePayloadException("a long takes more than ten bytes");
  }

  @Override
  public float readFloat() {
    return Float.intBitsToFloat((int) littleEndian(Float.BYTES));
  }

  @Override
  public double readDouble() {
    return Double.longBitsToDouble(littleEndian(Double.BYTES));
  }

  private long littleEndian(int size) {
    int at = take(size);
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    return value;
  }

  @Override
  public UTF8String readString(Schema type) {
    return readKey();
  }

  @Override
  public byte[] readBytes() {
    return readFixed(checkedLength(nextLong()));
  }

  @Override
  public byte[] readFixed(int size) {
    int from = take(size);
    return Arrays.copyOfRange(bytes, from, from + size);
  }

  @Override
  public int readEnum(Schema type) {
    int symbol = nextInt();
    if (symbol < 0 || symbol >= type.getEnumSymbols().size()) {
      throw new UndecodablePayloadException("the enum has no such symbol");
    }
    return symbol;
  }

  @Override
  public BigInteger readUnscaled(Schema type, int scale) {
    int length =
        type.getType() == Schema.Type.FIXED ? type.getFixedSize() : checkedLength(nextLong());
    if (length == 0) {
      throw new UndecodablePayloadException("a decimal has no bytes");
    }
    return new BigInteger(bytes, take(length), length);
  }

  @Override
  public int readBranch(Schema union) {
    int branch = nextInt();
    if (branch < 0 || branch >= union.getTypes().size()) {
      throw new UndecodablePayloadException("the union has no such branch");
    }
    return branch;
  }

  @Override
  public long startItems(boolean emptyItems) {
    return moreItems(emptyItems);
  }

  @Override
  public long moreItems(boolean emptyItems) {
    long count = nextLong();
    if (count < 0) {
      count = -count;
      checkedLength(nextLong());
    }
    if (count < 0 || count > (emptyItems ? emptyItemsLeft : end - position)) {
      throw new UndecodablePayloadException("more items are announced than the payload can hold");
    }
    if (emptyItems) {
      emptyItemsLeft -= count;
    }
    return count;
  }

  @Override
  public long startEntries() {
    return moreItems(false);
  }

  @Override
  public long moreEntries() {
    return moreItems(false);
  }

  @Override
  public UTF8String readKey() {
    int length = checkedLength(nextLong());
    return UTF8String.fromBytes(bytes, take(length), length);
  }

  @Override
  public @Nullable String readText(Schema type) {
    return AvroText.of(this, type);
  }

  @Override
  public @Nullable String readOrText(RescuingReader reader, InternalRow row, int ordinal) {
    int start = position;
    if (reader.holds(this, row, ordinal) && !reader.partial()) {
      return null;
    }
    position = start;
    emptyItemsLeft = MAX_EMPTY_ITEMS;
    return readText(reader.written());
  }

  private byte next() {
    return bytes[take(1)];
  }

  private int take(int size) {
    int from = position;
    if (size > end - from) {
      throw new UndecodablePayloadException("the payload ends too early");
    }
    position = from + size;
    return from;
  }

  private int checkedLength(long length) {
    if (length < 0 || length > end - position) {
      throw new UndecodablePayloadException(
          length < 0 ? "a length is negative" : "the payload ends too early");
    }
    return (int) length;
  }
}
