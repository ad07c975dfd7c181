package io.sluice.pulsar;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry of one message whose parts a test names; it stands for what the broker delivers.
 *
 * @param ledger the ledger
 * @param entry the entry
 * @param bytes the payload, null for a message without one
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record FakeEntry(long ledger, long entry, byte @Nullable [] bytes) implements RawEntry {

  /** An entry with an empty payload. */
  static FakeEntry at(long ledger, long entry) {
    return new FakeEntry(ledger, entry, new byte[0]);
  }

  @Override
  public boolean advance() {
    return false;
  }

  @Override
  public int batchIndex() {
    return 3;
  }

  @Override
  public byte[] payload() {
    if (bytes == null) {
      throw new IllegalStateException("The message has no payload");
    }
    return bytes;
  }

  @Override
  public int payloadOffset() {
    return 0;
  }

  @Override
  public int payloadLength() {
    return payload().length;
  }

  @Override
  public int storedSize() {
    return 0;
  }

  @Override
  public boolean isNull() {
    return bytes == null;
  }

  @Override
  public byte[] schemaVersion() {
    return new byte[] {0, 0, 0, 0, 0, 0, 1, 2};
  }

  @Override
  public byte[] key() {
    return "key".getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte @Nullable [] orderingKey() {
    return null;
  }

  @Override
  public long publishTimeMillis() {
    return 1_700_000_000_123L;
  }

  @Override
  public long eventTimeMillis() {
    return 0;
  }

  @Override
  public Map<String, String> properties() {
    return Map.of("p", "q");
  }

  @Override
  public String producerName() {
    return "producer";
  }

  @Override
  public long sequenceId() {
    return 77;
  }

  @Override
  public byte[] messageId() {
    return new byte[] {8, 9};
  }
}
