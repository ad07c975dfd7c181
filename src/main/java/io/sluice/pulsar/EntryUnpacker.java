package io.sluice.pulsar;

import com.scurrilous.circe.checksum.Crc32cIntChecksum;
import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.pulsar.client.api.CryptoKeyReader;
import org.apache.pulsar.client.impl.crypto.MessageCryptoBc;
import org.apache.pulsar.common.api.proto.CompressionType;
import org.apache.pulsar.common.api.proto.MessageMetadata;
import org.apache.pulsar.common.compression.CompressionCodecProvider;
import org.apache.pulsar.common.protocol.Commands;
import org.apache.pulsar.shade.io.netty.buffer.ByteBuf;
import org.apache.pulsar.shade.io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Takes an entry apart: checksum, metadata, decryption, decompression.
 *
 * <p>Pulsar's client skips an entry that it cannot take apart; here it is an error. Used by one
 * thread; the arrays are used again for the next entry.
 */
final class EntryUnpacker {

  private final TopicPartition partition;
  private final @Nullable CryptoKeyReader keys;
  private @Nullable MessageCryptoBc crypto;
  private byte[] unpacked = new byte[0];

  /**
   * Creates an unpacker.
   *
   * @param keys the private keys of encrypted messages, null if there are none
   */
  EntryUnpacker(TopicPartition partition, @Nullable CryptoKeyReader keys) {
    this.partition = partition;
    this.keys = keys;
  }

  /**
   * Reads the metadata and leaves the buffer at the payload.
   *
   * @throws SluiceException CORRUPT_ENTRY if the checksum or the metadata is wrong
   */
  void readMetadata(Pos at, ByteBuf bytes, MessageMetadata metadata) {
    try {
      Commands.skipBrokerEntryMetadataIfExist(bytes);
      if (Commands.hasChecksum(bytes)) {
        int stored = Commands.readChecksum(bytes);
        int computed = Crc32cIntChecksum.computeChecksum(bytes);
        if (stored != computed) {
          throw corrupt(
              at, "its checksum is %08x, its bytes give %08x".formatted(stored, computed), null);
        }
      }
      Commands.parseMessageMetadata(bytes, metadata);
    } catch (IllegalArgumentException | IllegalStateException | IndexOutOfBoundsException broken) {
      throw corrupt(at, "its metadata cannot be read: " + broken.getMessage(), broken);
    }
  }

  /**
   * The payload as it was before encryption; the caller releases it.
   *
   * @throws SluiceException CORRUPT_ENTRY if there is no key for it
   */
  ByteBuf decrypted(Pos at, ByteBuf payload, MessageMetadata metadata) {
    if (metadata.getEncryptionKeysCount() == 0) {
      return payload.retainedSlice();
    }
    if (keys == null) {
      throw corrupt(
          at,
          "it is encrypted with the key "
              + metadata.getEncryptionKeysList().get(0).getKey()
              + " and no private key is given; set "
              + PulsarOption.CRYPTO_PRIVATE_KEY.key(),
          null);
    }
    MessageCryptoBc decrypter = crypto;
    if (decrypter == null) {
      decrypter = new MessageCryptoBc("[" + partition + "]", /* keyGenNeeded= */ false);
      crypto = decrypter;
    }
    int size = decrypter.getMaxOutputSize(payload.readableBytes());
    ByteBuffer plain = ByteBuffer.allocate(size);
    if (!decrypter.decrypt(() -> metadata, payload.nioBuffer(), plain, keys)) {
      throw corrupt(
          at,
          "the private key given does not decrypt it; it is encrypted with the key "
              + metadata.getEncryptionKeysList().get(0).getKey(),
          null);
    }
    return Unpooled.wrappedBuffer(plain.array(), 0, plain.limit());
  }

  /**
   * Decompresses a payload into {@link #array}.
   *
   * @return how many bytes of the array it takes
   */
  int decompress(Pos at, ByteBuf payload, MessageMetadata metadata) {
    if (metadata.getCompression() == CompressionType.NONE) {
      return keep(payload);
    }
    ByteBuf plain;
    try {
      plain =
          CompressionCodecProvider.getCompressionCodec(metadata.getCompression())
              .decode(payload, metadata.getUncompressedSize());
    } catch (IOException | RuntimeException broken) {
      throw corrupt(
          at,
          "its %d bytes of %s cannot be decompressed: %s"
              .formatted(payload.readableBytes(), metadata.getCompression(), broken.getMessage()),
          broken);
    }
    try {
      return keep(plain);
    } finally {
      plain.release();
    }
  }

  private int keep(ByteBuf payload) {
    int size = payload.readableBytes();
    if (unpacked.length < size) {
      unpacked = new byte[Math.max(size, Math.min(2 * unpacked.length, 1 << 20))];
    }
    payload.readBytes(unpacked, 0, size);
    return size;
  }

  /** The bytes of the entry that was decompressed last. */
  byte[] array() {
    return unpacked;
  }

  /** The error for an entry that cannot be read. */
  SluiceException corrupt(Pos at, String what, @Nullable Throwable cause) {
    return new SluiceException(
        Condition.CORRUPT_ENTRY,
        "Cannot read entry " + at + " of " + partition + ": " + what + ". Nothing was skipped",
        cause);
  }
}
