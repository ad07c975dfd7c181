package io.sluice.schema;

import io.sluice.pulsar.RawEntry;
import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.InternalRow;
import org.jspecify.annotations.Nullable;

/**
 * Decodes pairs of a key and a value. Either the payload holds both, each after its length as a
 * big-endian {@code int} (as {@code org.apache.pulsar.common.schema.KeyValue} writes it), or it
 * holds the value and the message's key is the key.
 */
final class KeyValueDecoder implements PayloadDecoder {

  /** The length that stands for a part which is null. */
  private static final int NULL = -1;

  private final boolean separated;
  private final Part key;
  private final Part value;
  private final InternalRow row;

  /**
   * One of the two.
   *
   * @param column its column's name
   * @param ordinal its column, or {@link RecordReader.Field#SKIPPED}
   * @param nullable whether the column may be null
   * @param reader null if nothing wants the part
   */
  record Part(String column, int ordinal, boolean nullable, @Nullable PayloadReader reader) {

    private void read(byte[] bytes, int offset, int length, InternalRow row) {
      if (reader == null) {
        return;
      }
      try {
        reader.readInto(bytes, offset, length, row);
      } catch (UndecodablePayloadException e) {
        throw e.within(column);
      }
    }

    private void readNull(InternalRow row) {
      if (ordinal == RecordReader.Field.SKIPPED) {
        return;
      }
      if (!nullable) {
        throw new UndecodablePayloadException("null, where the column allows none").within(column);
      }
      row.setNullAt(ordinal);
    }
  }

  /**
   * Creates the decoder.
   *
   * @param separated whether the message's key is the key
   * @param row what every call returns
   */
  KeyValueDecoder(boolean separated, Part key, Part value, InternalRow row) {
    this.separated = separated;
    this.key = key;
    this.value = value;
    this.row = row;
  }

  @Override
  public @Nullable InternalRow decode(RawEntry message) {
    if (!separated) {
      return PayloadDecoder.super.decode(message);
    }
    if (key.reader != null) {
      byte[] bytes = message.key();
      if (bytes == null) {
        key.readNull(row);
      } else {
        key.read(bytes, 0, bytes.length, row);
      }
    }
    if (message.isNull()) {
      value.readNull(row);
    } else {
      value.read(message.payload(), message.payloadOffset(), message.payloadLength(), row);
    }
    return row;
  }

  /** Decodes a payload; where the message's key is the key, there is none. */
  @Override
  public InternalRow decode(byte[] bytes, int offset, int length) {
    if (separated) {
      key.readNull(row);
      value.read(bytes, offset, length, row);
    } else {
      ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
      next(key, bytes, in);
      next(value, bytes, in);
      if (in.hasRemaining()) {
        throw new UndecodablePayloadException("something follows the value");
      }
    }
    return row;
  }

  private void next(Part part, byte[] bytes, ByteBuffer in) {
    int size = in.remaining() < Integer.BYTES ? Integer.MAX_VALUE : in.getInt();
    if (size == NULL) {
      part.readNull(row);
    } else if (size < 0 || size > in.remaining()) {
      throw new UndecodablePayloadException(
              size < 0 ? "a length is negative" : "the payload ends too early")
          .within(part.column);
    } else {
      part.read(bytes, in.position(), size, row);
      in.position(in.position() + size);
    }
  }
}
