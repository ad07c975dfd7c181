package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pulsar.client.impl.EntryConsumer.Delivery;
import org.apache.pulsar.common.api.proto.CompressionType;
import org.apache.pulsar.common.api.proto.MessageMetadata;
import org.apache.pulsar.common.api.proto.SingleMessageMetadata;
import org.apache.pulsar.common.compression.CompressionCodecProvider;
import org.apache.pulsar.common.protocol.Commands;
import org.apache.pulsar.shade.io.netty.buffer.ByteBuf;
import org.apache.pulsar.shade.io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** Entries as they are stored, whole and broken. */
class StoredEntryTest {

  private static final TopicPartition TP = new TopicPartition("persistent://t/n/a", 2);

  private final List<String> lost = new ArrayList<>();
  private ChunkedMessages.Lookback lookback = (uuid, parts, before) -> {};
  private final StoredEntry entry =
      new StoredEntry(
          TP,
          new EntryUnpacker(TP, null),
          new ChunkedMessages((uuid, parts, before) -> lookback.fill(uuid, parts, before)),
          (at, uuid) -> lost.add(uuid + "@" + at));

  @Test
  void advance_overASingleMessage_givesItOnce() {
    entry.at(delivery(7, single(CompressionType.NONE, "hello", metadata -> {})));

    assertThat(messages()).containsExactly("-1 hello");
    assertThat(entry.permits()).isOne();
  }

  @Test
  void advance_overACompressedBatch_givesEveryMessageWithItsOwnMetadata() {
    entry.at(delivery(7, batch(CompressionType.ZSTD, "a", "bc", "", "d")));

    assertThat(messages()).containsExactly("0 a", "1 bc", "2 ", "3 d");
    assertThat(entry.permits()).isEqualTo(4);
  }

  @Test
  void advance_skipsMessagesThatWereCompactedAway() {
    entry.at(delivery(7, batch(CompressionType.NONE, "a", "!gone", "c", "!gone")));

    assertThat(messages()).containsExactly("0 a", "2 c");
  }

  @Test
  void at_anotherEntry_showsNothingOfTheOneBefore() {
    entry.at(delivery(7, batch(CompressionType.LZ4, "long enough to leave something", "b")));
    messages();
    entry.at(
        delivery(8, single(CompressionType.NONE, "x", metadata -> metadata.setNullValue(true))));

    assertThat(entry.advance()).isTrue();
    assertThat(entry.isNull()).isTrue();
    assertThat(entry.key()).isNull();
    assertThat(entry.properties()).isEmpty();
    assertThat(entry.batchIndex()).isEqualTo(-1);
    assertThat(entry.entry()).isEqualTo(8);
    assertThat(entry.advance()).isFalse();
  }

  @Test
  void advance_overAnEntryWithOneFlippedBit_isAnErrorThatNamesIt() {
    ByteBuf stored = single(CompressionType.NONE, "hello", metadata -> {});
    int last = stored.writerIndex() - 1;
    stored.setByte(last, stored.getByte(last) ^ 1);
    entry.at(delivery(7, stored));

    assertCorrupt("checksum");
    assertThat(entry.permits()).as("so that its reader can still be closed").isOne();
  }

  @Test
  void advance_overATruncatedEntry_isAnError() {
    ByteBuf stored = single(CompressionType.NONE, "hello", metadata -> {});
    entry.at(delivery(7, stored.slice(0, 9)));

    assertCorrupt("");
  }

  @Test
  void advance_overAPayloadThatIsNotWhatItsCompressionSays_isAnError() {
    entry.at(
        delivery(
            7,
            stored(
                metadata(CompressionType.LZ4).setUncompressedSize(1000),
                Unpooled.copiedBuffer("no lz4 at all", StandardCharsets.UTF_8))));

    assertCorrupt("decompressed");
  }

  @Test
  void advance_overABatchWithFewerMessagesThanItSays_isAnError() {
    ByteBuf body = Unpooled.buffer();
    addTo(body, "only");
    entry.at(delivery(7, stored(metadata(CompressionType.NONE).setNumMessagesInBatch(3), body)));

    assertThat(entry.advance()).isTrue();
    assertCorrupt("message 2 of 3");
  }

  @Test
  void advance_overChunksOfTwoMessages_givesEachAtItsLastChunk() {
    assertThat(chunk(1, "m", 0, "he")).isEmpty();
    assertThat(chunk(2, "n", 0, "by")).isEmpty();
    assertThat(chunk(3, "m", 1, "llo")).containsExactly("-1 hello");
    assertThat(chunk(4, "n", 1, "e")).containsExactly("-1 bye");
  }

  @Test
  void advance_whenAProducerBeganAMessageAgain_takesTheSecondAttempt() {
    assertThat(chunk(1, "m", 0, "old")).isEmpty();
    assertThat(chunk(2, "m", 0, "new ")).isEmpty();
    assertThat(chunk(3, "m", 1, "end")).containsExactly("-1 new end");
  }

  @Test
  void advance_whenTheFirstChunkLiesBefore_looksBack() {
    lookback =
        (uuid, parts, before) -> {
          var found = new ChunkedMessages.Parts(parts.count());
          found.put(0, new Pos(5, 0), "he".getBytes(StandardCharsets.UTF_8));
          parts.fillFrom(found);
        };

    assertThat(chunk(3, "m", 1, "llo")).containsExactly("-1 hello");
    assertThat(lost).isEmpty();
  }

  @Test
  void advance_whenTheFirstChunkIsNowhere_reportsTheLossAndGoesOn() {
    assertThat(chunk(3, "m", 1, "llo")).isEmpty();
    assertThat(lost).containsExactly("m@5:3");
  }

  private List<String> chunk(long at, String uuid, int chunk, String text) {
    entry.at(
        delivery(
            at,
            single(
                CompressionType.NONE,
                text,
                metadata ->
                    metadata
                        .setUuid(uuid)
                        .setNumChunksFromMsg(2)
                        .setChunkId(chunk)
                        .setTotalChunkMsgSize(10))));
    return messages();
  }

  private List<String> messages() {
    List<String> messages = new ArrayList<>();
    while (entry.advance()) {
      messages.add(
          entry.batchIndex()
              + " "
              + new String(
                  entry.payload(),
                  entry.payloadOffset(),
                  entry.payloadLength(),
                  StandardCharsets.UTF_8));
      if (entry.batchIndex() >= 0) {
        assertThat(entry.key())
            .isEqualTo(
                ("k" + messages.get(messages.size() - 1).substring(2))
                    .getBytes(StandardCharsets.UTF_8));
      }
    }
    return messages;
  }

  private void assertCorrupt(String what) {
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(entry::advance)
        .withMessageContaining("5:7 of " + TP.fullName())
        .withMessageContaining(what)
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.CORRUPT_ENTRY));
  }

  private static Delivery delivery(long id, ByteBuf stored) {
    return new Delivery(5, id, stored, stored.readableBytes(), null);
  }

  private static ByteBuf single(
      CompressionType compression, String text, Consumer<MessageMetadata> change) {
    MessageMetadata metadata = metadata(compression);
    change.accept(metadata);
    return stored(metadata, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
  }

  private static ByteBuf batch(CompressionType compression, String... texts) {
    ByteBuf body = Unpooled.buffer();
    for (String text : texts) {
      addTo(body, text);
    }
    int size = body.readableBytes();
    return stored(
        metadata(compression).setNumMessagesInBatch(texts.length).setUncompressedSize(size),
        CompressionCodecProvider.getCompressionCodec(compression).encode(body));
  }

  private static void addTo(ByteBuf body, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    SingleMessageMetadata single =
        new SingleMessageMetadata()
            .setPartitionKey("k" + text)
            .setCompactedOut(text.startsWith("!"))
            .setPayloadSize(bytes.length);
    Commands.serializeSingleMessageInBatchWithPayload(single, Unpooled.wrappedBuffer(bytes), body);
  }

  private static MessageMetadata metadata(CompressionType compression) {
    return new MessageMetadata()
        .setProducerName("p")
        .setSequenceId(1)
        .setPublishTime(1)
        .setCompression(compression);
  }

  private static ByteBuf stored(MessageMetadata metadata, ByteBuf payload) {
    return Commands.serializeMetadataAndPayload(Commands.ChecksumType.Crc32c, metadata, payload);
  }
}
