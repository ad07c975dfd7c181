package io.sluice.pulsar;

import org.jspecify.annotations.Nullable;

/** Where readers of ranges get their sources, and where they leave them. */
interface EntrySources {

  /** A source at the position that was left by another range, or null. */
  @Nullable EntrySource resume(TopicPartition partition, Pos start);

  /**
   * Opens a new source.
   *
   * @throws io.sluice.SluiceException named, if the topic cannot be opened
   */
  EntrySource open(TopicPartition partition, Pos start) throws InterruptedException;

  /** Takes a source back that has given everything before a position, and nothing from it on. */
  void leave(TopicPartition partition, Pos next, EntrySource source);
}
