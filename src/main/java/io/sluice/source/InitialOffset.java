package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.PulsarSparkOffsets;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.execution.streaming.checkpointing.CheckpointFileManager;
import org.jspecify.annotations.Nullable;

/**
 * Where a query began, kept in its checkpoint.
 *
 * <p>Without it, a query that dies before its first batch is logged would find another "latest"
 * when it comes back, and leave out what was published between. The file has the place and form
 * that Spark's Kafka source uses: {@code sources/N/0}, a version line, then JSON; pulsar-spark's
 * file is read, too.
 */
final class InitialOffset {

  private static final String VERSION = "v1";

  private final CheckpointFileManager files;
  private final Path file;

  /**
   * The initial offset of the source whose metadata lies in a folder of the checkpoint.
   *
   * @param metadataFolder {@code <checkpoint>/sources/N}
   */
  InitialOffset(String metadataFolder, Configuration hadoop) {
    Path folder = new Path(metadataFolder);
    this.files = CheckpointFileManager.create(folder, hadoop);
    this.file = new Path(folder, "0");
  }

  /** The kept positions; the given ones, kept from now on, if there are none yet. */
  Positions orElseKeep(Supplier<Positions> first) {
    try {
      if (files.exists(file)) {
        return read();
      }
      Positions positions = first.get();
      files.mkdirs(file.getParent());
      var out = files.createAtomic(file, /* overwriteIfPossible= */ false);
      try {
        out.write((VERSION + "\n" + positions.toJson()).getBytes(StandardCharsets.UTF_8));
        out.close();
      } catch (IOException failure) {
        out.cancel();
        throw failure;
      }
      return positions;
    } catch (InterruptedIOException stopped) {
      // Spark takes this one for the end of a query that was stopped, and no other for it.
      throw new UncheckedIOException(stopped);
    } catch (IOException failure) {
      throw new SluiceException(
          Condition.STORAGE_FAILED,
          "Cannot keep where the query begins in "
              + file
              + ": "
              + failure.getMessage()
              + ". Check that the checkpoint can be written and its disk is not full",
          failure);
    }
  }

  private Positions read() throws IOException {
    try (InputStream in = files.open(file)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      String[] lines = text.split("\n", 2);
      if (lines.length != 2 || !lines[0].equals(VERSION)) {
        throw unreadable("the first line is '" + lines[0] + "'", null);
      }
      try {
        return PulsarSparkOffsets.orInitialPositions(lines[1].strip());
      } catch (IllegalArgumentException malformed) {
        throw unreadable(malformed.getMessage(), malformed);
      }
    }
  }

  private SluiceException unreadable(@Nullable String seen, @Nullable Throwable cause) {
    return new SluiceException(
        Condition.CHECKPOINT_MISMATCH,
        "Cannot read "
            + file
            + ": need the line "
            + VERSION
            + " and positions as JSON, but "
            + seen
            + ". Was the checkpoint written by another source?",
        cause);
  }
}
