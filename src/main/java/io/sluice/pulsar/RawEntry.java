package io.sluice.pulsar;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One stored entry, walked message by message: a batch of a producer, or a single message.
 *
 * <p>The accessors speak of the message that the last {@link #advance} reached.
 */
public interface RawEntry {

  /** The entry's ledger. */
  long ledger();

  /** The entry's id in its ledger. */
  long entry();

  /**
   * Moves to the next message; false when there is none.
   *
   * @throws io.sluice.SluiceException CORRUPT_ENTRY if the entry cannot be unpacked
   */
  boolean advance();

  /** The message's index in its batch, from 0; -1 if the entry is not a batch. */
  int batchIndex();

  /**
   * An array that holds the payload, from {@link #payloadOffset} on, until the entry is done with;
   * see {@link #isNull}.
   */
  byte[] payload();

  /** Where the payload begins in {@link #payload}. */
  int payloadOffset();

  /** The payload's size in bytes. */
  int payloadLength();

  /** Whether the message has no payload at all, which is not the same as an empty one. */
  boolean isNull();

  /** The version of the schema it was written with, as the broker encodes it, or null. */
  byte @Nullable [] schemaVersion();

  /** The message's key, or null. */
  byte @Nullable [] key();

  /** The message's ordering key, or null. */
  byte @Nullable [] orderingKey();

  /** When the producer sent it, in milliseconds since the epoch. */
  long publishTimeMillis();

  /** The time its producer gave it, in milliseconds since the epoch; 0 if none. */
  long eventTimeMillis();

  /** Its properties; empty if none. */
  Map<String, String> properties();

  /** The name of its producer. */
  String producerName();

  /** Its sequence id at its producer. */
  long sequenceId();

  /** The stored size of the whole entry in bytes, compressed; 0 if unknown. */
  int storedSize();

  /** Its id in Pulsar's own serial form. */
  byte[] messageId();
}
