package io.sluice.broker;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A directory that one server has to itself, until it is closed or its process is gone. */
final class DirectoryLock implements AutoCloseable {

  /** Those of this process: a file's lock keeps only other processes away. */
  private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private DirectoryLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Takes a directory, which is made if need be.
   *
   * @throws SluiceException if another server has it, of this process or of another
   */
  static DirectoryLock of(Path directory) {
    @Nullable Path real = null;
    try {
      real = Files.createDirectories(directory).toRealPath();
      if (!TAKEN.add(real)) {
        throw taken(real);
      }
      FileChannel channel =
          FileChannel.open(
              real.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        channel.close();
        TAKEN.remove(real);
        throw taken(real);
      }
      return new DirectoryLock(real, channel);
    } catch (IOException e) {
      if (real != null) {
        TAKEN.remove(real);
      }
      throw new SluiceException(
          Condition.STORAGE_FAILED, "The directory %s cannot be used.".formatted(directory), e);
    }
  }

  private static SluiceException taken(Path directory) {
    return new SluiceException(
        Condition.STORAGE_FAILED,
        "Another command runs a private Pulsar server in %s. Wait until it has ended."
            .formatted(directory));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written to it, and its lock is gone with it all the same.
    }
    TAKEN.remove(directory);
  }
}
