package io.sluice.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;

/**
 * A small file that is there whole or not at all: written conditionally on S3, renamed elsewhere.
 */
public final class WholeFile {

  private WholeFile() {}

  /** Writes a file unless there is one already, which then stays. */
  public static void create(Path file, String text, Configuration hadoop) throws IOException {
    if (!S3Lake.holds(file, hadoop)) {
      rename(file, text, hadoop, Rename.NONE);
      return;
    }
    try {
      ConditionalCreate.create(file.getFileSystem(hadoop), file, bytes(text));
    } catch (java.nio.file.FileAlreadyExistsException e) {
      // The one that is there stays.
    }
  }

  /** Writes a file over the one that may be there. */
  public static void replace(Path file, String text, Configuration hadoop) throws IOException {
    if (S3Lake.holds(file, hadoop)) {
      ConditionalCreate.write(file.getFileSystem(hadoop).create(file, true), bytes(text));
    } else {
      rename(file, text, hadoop, Rename.OVERWRITE);
    }
  }

  private static void rename(Path file, String text, Configuration hadoop, Rename existing)
      throws IOException {
    Path draft = new Path(file.getParent(), "." + file.getName() + "." + UUID.randomUUID());
    FileContext files = FileContext.getFileContext(file.toUri(), hadoop);
    FileSystem store = file.getFileSystem(hadoop);
    store.mkdirs(file.getParent());
    try (OutputStream out = store.create(draft, true)) {
      out.write(bytes(text));
    }
    try {
      files.rename(draft, file, existing);
    } catch (FileAlreadyExistsException e) {
      store.delete(draft, false);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
