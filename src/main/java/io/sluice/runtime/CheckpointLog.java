package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.StorageFailure;
import io.sluice.delta.TopicPositions;
import io.sluice.storage.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What lies in a checkpoint's directory: Spark's record of batches, and Sluice's epoch beside it.
 *
 * <p>Spark keeps a batch's end in {@code offsets/N}, written before the batch runs; {@code
 * commits/N} says that it is done; {@code sources/0/0} is where the first batch begins.
 */
final class CheckpointLog {

  private static final String EPOCH = "sluice.json";
  private static final String COLUMNS = "columns";
  private static final String WRITTEN = "written";

  private final Path root;
  private final Configuration hadoop;

  CheckpointLog(String checkpoint, Configuration hadoop) {
    this.root = new Path(checkpoint);
    this.hadoop = hadoop;
  }

  /** The checkpoint's directory, for messages. */
  String location() {
    return root.toString();
  }

  /** The newest batch whose end is recorded; empty when there is none. */
  OptionalLong newestBatch() {
    return batches("offsets").max();
  }

  /** Whether Spark's identity file is there. */
  boolean hasMetadata() {
    return read("metadata").isPresent();
  }

  /** The end of a batch; empty when it is not recorded, or no longer. */
  Optional<TopicPositions> end(long batch) {
    return read("offsets/" + batch).map(text -> positions("offsets/" + batch, text, 2));
  }

  /** The start of a batch: the end of the one before, or where the source began. */
  Optional<TopicPositions> start(long batch) {
    return batch == 0
        ? read("sources/0/0").map(text -> positions("sources/0/0", text, 1))
        : end(batch - 1);
  }

  /** The epoch; empty in a checkpoint that Sluice has not begun. */
  Optional<Epoch> epoch() {
    return read(EPOCH)
        .map(
            text -> {
              try {
                return Epoch.parse(text);
              } catch (IllegalArgumentException e) {
                throw unreadable(EPOCH, e);
              }
            });
  }

  /**
   * Keeps an epoch unless there is one.
   *
   * @return the epoch that is kept now: the given one, or that of another driver that was first
   */
  Epoch keep(Epoch epoch) {
    try {
      WholeFile.create(new Path(root, EPOCH), epoch.toJson(), hadoop);
    } catch (IOException e) {
      throw failed("write", e);
    }
    return epoch().orElse(epoch);
  }

  /**
   * The first batch that was written into the table, or was to be; empty when there is none. Where
   * no note was taken of it, the first one that columns were kept for.
   */
  OptionalLong firstWritten() {
    return read(WRITTEN)
        .map(text -> OptionalLong.of(Long.parseLong(text.strip())))
        .orElseGet(() -> batches(COLUMNS).min());
  }

  /** Takes note, before a batch is written into the table, unless one was before. */
  void keepWritten(long batch) {
    try {
      WholeFile.create(new Path(root, WRITTEN), Long.toString(batch), hadoop);
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  /** Whether a batch is recorded as done. */
  boolean isDone(long batch) {
    return read("commits/" + batch).isPresent();
  }

  /** The columns that hold for a batch; empty when none were kept for it or one before. */
  Optional<PinnedColumns> columns(long batch) {
    OptionalLong from = batches(COLUMNS).filter(each -> each <= batch).max();
    if (from.isEmpty()) {
      return Optional.empty();
    }
    String file = COLUMNS + "/" + from.getAsLong();
    return read(file)
        .map(
            text -> {
              try {
                return PinnedColumns.parse(text);
              } catch (IllegalArgumentException e) {
                throw unreadable(file, e);
              }
            });
  }

  /** Keeps the columns that hold from a batch on, which has not been decided yet. */
  void keep(long batch, PinnedColumns columns) {
    try {
      WholeFile.replace(new Path(root, COLUMNS + "/" + batch), columns.toJson(), hadoop);
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  /**
   * Moves the checkpoint out of the way, whole.
   *
   * @param suffix what its name gets
   * @return where it is now
   */
  String moveAside(String suffix) {
    Path aside = root.suffix(suffix);
    try {
      FileSystem store = root.getFileSystem(hadoop);
      if (store.exists(root) && !store.rename(root, aside)) {
        throw new IOException("cannot rename it to " + aside);
      }
    } catch (IOException e) {
      throw failed("move", e);
    }
    return aside.toString();
  }

  private LongStream batches(String directory) {
    try {
      FileStatus[] files = root.getFileSystem(hadoop).listStatus(new Path(root, directory));
      return Arrays.stream(files)
          .map(file -> file.getPath().getName())
          .filter(name -> name.chars().allMatch(Character::isDigit))
          .mapToLong(Long::parseLong);
    } catch (FileNotFoundException e) {
      return LongStream.empty();
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  private Optional<String> read(String file) {
    try (InputStream in = root.getFileSystem(hadoop).open(new Path(root, file))) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  private TopicPositions positions(String file, String text, int line) {
    List<String> lines = text.lines().toList();
    if (lines.size() != line + 1) {
      throw unreadable(file, new IllegalArgumentException("it has " + lines.size() + " lines"));
    }
    try {
      return TopicPositions.parse(lines.get(line));
    } catch (IllegalArgumentException e) {
      throw unreadable(file, e);
    }
  }

  private SluiceException unreadable(String file, IllegalArgumentException e) {
    return new SluiceException(
        Condition.CHECKPOINT_MISMATCH,
        "The checkpoint %s is damaged or not of this kind: %s: %s. Restore it, or start again from what the table holds with --new-epoch."
            .formatted(root, file, e.getMessage()),
        e);
  }

  private SluiceException failed(String what, IOException e) {
    return StorageFailure.find(e, "the checkpoint " + root)
        .orElseGet(
            () ->
                new SluiceException(
                    Condition.STORAGE_FAILED,
                    "Cannot %s the checkpoint %s: %s. Check that its storage is there."
                        .formatted(what, root, e.getMessage()),
                    e));
  }
}
