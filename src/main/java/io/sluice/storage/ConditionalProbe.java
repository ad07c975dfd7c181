package io.sluice.storage;

import io.sluice.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.AWSUnsupportedFeatureException;

/** Sees whether a store on S3, and the client's settings for it, refuse to write a file twice. */
final class ConditionalProbe {

  /** The file's name. It stays: the right to delete is not needed, and a later probe finds it. */
  static final String FILE = "_conditional-writes";

  private static final String CONDITIONAL = "fs.s3a.create.conditional.enabled";
  private static final String OVERWRITING = "fs.s3a.create.performance.enabled";

  private ConditionalProbe() {}

  /**
   * Tries two conditional writes of one file.
   *
   * @throws SluiceException UNSAFE_STORAGE if the second is not refused, or settings prevent it
   * @throws IOException if the store does not answer, or does not let the file be written
   */
  static void of(FileSystem store, Path directory) throws IOException {
    checkSettings(store, directory);
    Path file = new Path(directory, FILE);
    try {
      create(store, file);
      if (create(store, file)) {
        throw S3Lake.unsafe(
            directory,
            "the store ignores the condition If-None-Match: it has let %s be written twice"
                .formatted(file),
            "Use a store that knows conditional writes, as Amazon S3 does.");
      }
    } catch (AWSUnsupportedFeatureException e) {
      throw S3Lake.unsafe(
          directory,
          "the store refuses conditional writes: status " + e.statusCode(),
          "Use a store that knows them, as Amazon S3 does.");
    }
  }

  private static void checkSettings(FileSystem store, Path directory) throws IOException {
    if (!store.hasPathCapability(directory, CONDITIONAL)) {
      throw S3Lake.unsafe(
          directory,
          CONDITIONAL + " is false, or its file system is not Hadoop's own",
          "Leave the setting out, and use hadoop-aws 3.4.2 or newer.");
    }
    if (store.hasPathCapability(directory, OVERWRITING)) {
      throw S3Lake.unsafe(
          directory,
          "fs.s3a.performance.flags holds create or *, or fs.s3a.create.performance is true, so"
              + " that files are overwritten unseen",
          "Leave these two out; the other flags may stay.");
    }
  }

  private static boolean create(FileSystem store, Path file) throws IOException {
    try {
      ConditionalCreate.create(
          store,
          file,
          "Sluice writes this once to see that S3 refuses to write it twice.\n"
              .getBytes(StandardCharsets.UTF_8));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }
}
