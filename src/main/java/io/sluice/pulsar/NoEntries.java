package io.sluice.pulsar;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The source of a topic that does not exist any more. */
final class NoEntries implements EntrySource {

  @Override
  public @Nullable RawEntry poll(Duration timeout) {
    return null;
  }

  @Override
  public void giveBack() {}

  @Override
  public @Nullable Pos passed() {
    return null;
  }

  @Override
  public long heldBytes() {
    return 0;
  }

  @Override
  public @Nullable Pos oldestOpenChunk() {
    return null;
  }

  @Override
  public boolean rest() {
    return false;
  }

  @Override
  public boolean resume() {
    return false;
  }

  @Override
  public void close() {}
}
