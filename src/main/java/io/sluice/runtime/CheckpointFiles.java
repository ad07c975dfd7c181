package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.StorageFailure;
import io.sluice.storage.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The small files of a checkpoint's directory, and what is said when they cannot be used.
 *
 * @param root the directory; it need not exist
 */
record CheckpointFiles(Path root, Configuration hadoop) {

  /** A directory within this one. */
  CheckpointFiles within(String directory) {
    return new CheckpointFiles(new Path(root, directory), hadoop);
  }

  /** A file's text; empty when there is no such file. */
  Optional<String> read(String file) {
    try (InputStream in = root.getFileSystem(hadoop).open(new Path(root, file))) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  /** Writes a file unless there is one. */
  void create(String file, String text) {
    try {
      WholeFile.create(new Path(root, file), text, hadoop);
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  /** Writes a file over the one that may be there. */
  void replace(String file, String text) {
    try {
      WholeFile.replace(new Path(root, file), text, hadoop);
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  /** The files of a directory that are named by numbers. */
  LongStream numbers(String directory) {
    return names(directory)
        .filter(name -> name.chars().allMatch(Character::isDigit))
        .mapToLong(Long::parseLong);
  }

  /** What a directory holds, which need not be there. */
  Stream<String> names(String directory) {
    try {
      FileStatus[] all = root.getFileSystem(hadoop).listStatus(new Path(root, directory));
      return Arrays.stream(all).map(file -> file.getPath().getName());
    } catch (FileNotFoundException e) {
      return Stream.empty();
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  /**
   * What a file's text says.
   *
   * @param parser throws an IllegalArgumentException for what it cannot read
   * @throws SluiceException CHECKPOINT_MISMATCH if it cannot
   */
  <T> T parsed(String file, String text, Function<String, T> parser) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new SluiceException(
          Condition.CHECKPOINT_MISMATCH,
          "The checkpoint %s is damaged or not of this kind: %s: %s. Restore it, or start again from what the table holds with --new-epoch; if that has nothing yet, delete the checkpoint."
              .formatted(root, file, e.getMessage()),
          e);
    }
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
