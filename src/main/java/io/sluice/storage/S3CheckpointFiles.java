package io.sluice.storage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.execution.streaming.checkpointing.CheckpointFileManager.CancellableFSDataOutputStream;
import org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager;

/**
 * The files of a Spark checkpoint on S3: of two queries that write one batch's file, S3 lets one do
 * so, and the other learns of it.
 *
 * <p>{@code spark.sql.streaming.checkpointFileManagerClass} names it. A file is held in memory
 * until it is written; those of a query's logs have a few kilobytes.
 */
public final class S3CheckpointFiles extends FileSystemBasedCheckpointFileManager {

  /**
   * Created by Spark.
   *
   * @param path the checkpoint's directory, or one in it
   */
  public S3CheckpointFiles(Path path, Configuration hadoop) {
    super(path, hadoop);
  }

  @Override
  public CancellableFSDataOutputStream createAtomic(Path path, boolean overwriteIfPossible) {
    return new Draft(fs(), path, overwriteIfPossible);
  }

  /** A file that is in memory until it is closed. */
  private static final class Draft extends CancellableFSDataOutputStream {
    private final ByteArrayOutputStream content;
    private final FileSystem store;
    private final Path file;
    private final boolean overwrite;
    private boolean done;

    Draft(FileSystem store, Path file, boolean overwrite) {
      this(new ByteArrayOutputStream(), store, file, overwrite);
    }

    private Draft(ByteArrayOutputStream content, FileSystem store, Path file, boolean overwrite) {
      super(content);
      this.content = content;
      this.store = store;
      this.file = file;
      this.overwrite = overwrite;
    }

    @Override
    public void close() throws IOException {
      if (done) {
        return;
      }
      done = true;
      if (overwrite) {
        ConditionalCreate.write(store.create(file, true), content.toByteArray());
        return;
      }
      try {
        ConditionalCreate.create(store, file, content.toByteArray());
      } catch (java.nio.file.FileAlreadyExistsException e) {
        var exists = new FileAlreadyExistsException(file + " was written by another query");
        exists.addSuppressed(e);
        throw exists;
      }
    }

    @Override
    public void cancel() {
      done = true;
    }
  }
}
