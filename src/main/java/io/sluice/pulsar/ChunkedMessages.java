package io.sluice.pulsar;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.pulsar.common.api.proto.MessageMetadata;
import org.apache.pulsar.shade.io.netty.buffer.ByteBuf;
import org.apache.pulsar.shade.io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Large messages that a producer has cut into several entries, which may lie between those of
 * others (PIP-37).
 *
 * <p>A message belongs to the range that holds its last chunk. Chunks that lie before the range are
 * looked for behind the reader's back.
 */
final class ChunkedMessages {

  /** Finds the chunks of a message that lie before what was read. */
  interface Lookback {
    /**
     * Fills in the missing chunks as far as they are found.
     *
     * @param before the position of the message's last chunk
     */
    void fill(String uuid, Parts parts, Pos before);
  }

  /** The chunks of one message. */
  static final class Parts {
    private final byte[] @Nullable [] bytes;
    private final @Nullable Pos[] at;
    private long size;

    Parts(int count) {
      bytes = new byte[count][];
      at = new Pos[count];
    }

    /** Keeps a chunk; a later one takes the place of an earlier one with the same number. */
    void put(int chunk, Pos position, byte[] part) {
      if (chunk >= 0 && chunk < bytes.length) {
        bytes[chunk] = part;
        at[chunk] = position;
        size += part.length;
      }
    }

    /** Takes over the chunks that are missing here. */
    void fillFrom(Parts other) {
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] == null) {
          bytes[i] = other.bytes[i];
          at[i] = other.at[i];
        }
      }
    }

    /** How many chunks the message has. */
    int count() {
      return bytes.length;
    }

    boolean complete() {
      for (byte[] part : bytes) {
        if (part == null) {
          return false;
        }
      }
      return true;
    }

    /** Where the first chunk lies; only of a complete message. */
    Pos first() {
      Pos first = at[0];
      if (first == null) {
        throw new IllegalStateException("The first chunk is missing");
      }
      return first;
    }

    /** All chunks one after the other; only of a complete message. */
    ByteBuf joined() {
      return Unpooled.wrappedBuffer(bytes);
    }
  }

  private static final long MAX_HELD_BYTES = 64L << 20;

  private final Map<String, Parts> open = new LinkedHashMap<>();
  private final Lookback lookback;
  private long held;

  ChunkedMessages(Lookback lookback) {
    this.lookback = lookback;
  }

  /** Whether an entry is one of several chunks. */
  static boolean isChunk(MessageMetadata metadata) {
    return metadata.hasNumChunksFromMsg() && metadata.getNumChunksFromMsg() > 1;
  }

  /**
   * Takes in a chunk.
   *
   * @return the whole message if this was its last chunk, null if others follow, or incomplete
   *     parts if earlier chunks are nowhere to be found
   */
  @Nullable Parts add(MessageMetadata metadata, Pos at, ByteBuf payload) {
    String uuid = metadata.getUuid();
    int count = metadata.getNumChunksFromMsg();
    int chunk = metadata.getChunkId();
    byte[] part = new byte[payload.readableBytes()];
    payload.readBytes(part);
    if (chunk == 0) {
      // The producer began again: what it sent before is not part of the message.
      remove(uuid);
    }
    Parts parts = open.computeIfAbsent(uuid, first -> new Parts(count));
    parts.put(chunk, at, part);
    held += part.length;
    if (chunk < count - 1) {
      keepWithinBounds();
      return null;
    }
    remove(uuid);
    if (!parts.complete()) {
      lookback.fill(uuid, parts, at);
    }
    return parts;
  }

  /** Where the oldest of the messages begins whose last chunk has not come, null if none. */
  @Nullable Pos oldestOpen() {
    Pos oldest = null;
    for (Parts parts : open.values()) {
      Pos first = parts.at[0];
      if (first != null && (oldest == null || first.isBefore(oldest))) {
        oldest = first;
      }
    }
    return oldest;
  }

  private void remove(String uuid) {
    Parts parts = open.remove(uuid);
    held -= parts == null ? 0 : parts.size;
  }

  /** Drops what was begun first while it is too much; it is looked for again at its end. */
  private void keepWithinBounds() {
    Iterator<Parts> eldestFirst = open.values().iterator();
    while (held > MAX_HELD_BYTES && eldestFirst.hasNext()) {
      held -= eldestFirst.next().size;
      eldestFirst.remove();
    }
  }
}
